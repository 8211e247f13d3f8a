"""What came of calls to SES in, the deliveries that say so out, together with the campaign's counters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from adapters.aws.batch_items import PATIENT, Backoff, chunks
from adapters.aws.reservation_writes import HELD, counted, held, key_of
from adapters.aws.transactions import Entry, transact, update
from domain.solicitation.sending import milliseconds
from domain.solicitation.stored import iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Row = Mapping[str, Any]
AT_ONCE = 90  # of the 100 entries of a transaction; eight are for the counters


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a row in our hands: its status, what it says besides, and the counter that it moves."""

    row: Row
    status: str
    says: Mapping[str, Any] = field(default_factory=dict)
    counter: str | None = None

    @classmethod
    def sent(cls, row: Row, message_id: str, at: datetime) -> "Outcome":
        return cls(row, "SENT", {"sentAt": iso(at), "messageId": message_id}, "sent")

    @classmethod
    def unknown(cls, row: Row, at: datetime) -> "Outcome":
        return cls(row, "UNKNOWN", {"unknownSince": iso(at)}, "unknown")

    @classmethod
    def not_sent(cls, row: Row, until: datetime) -> "Outcome":
        """Nothing was accepted: still reserved, and ours until then."""
        return cls(row, "RESERVED", {"leaseUntil": milliseconds(until)})

    @property
    def after(self) -> dict[str, Any]:
        return {**self.row, "status": self.status, **self.says}


@dataclass(frozen=True)
class Outcomes:
    """Each is written once, whoever else is at work on the same deliveries."""

    dynamodb: "DynamoDBClient"
    deliveries_table: str
    backoff: Backoff = PATIENT

    def record(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Write them down, all of one campaign; those written. A row that has left our hands is left as it is: an event has
        settled it, or its lease had ended."""
        written: list[Outcome] = []
        for some in chunks(outcomes, AT_ONCE):
            while some and (failed := transact(self.dynamodb, self._entries(some), "record outcomes", self.backoff)):
                some = [outcome for outcome in some if outcome.row["id"] not in failed]
            written += some
        return written

    def report(self, row: Row, at: datetime) -> bool:
        """Note that an unknown outcome was reported; False: it has been settled or reported meanwhile."""
        condition = "#status = :unknown AND attribute_not_exists(#reportedAt)"
        change = "SET #reportedAt = :at"
        entry = update(self.deliveries_table, key_of(row), change, condition, at=iso(at), unknown="UNKNOWN")
        return not transact(self.dynamodb, [(row["id"], entry)], f"report {row['id']}", self.backoff)

    def _entries(self, outcomes: Sequence[Outcome]) -> list[tuple[str | None, Entry]]:
        moves = [(outcome.row["id"], outcome.counter, 1) for outcome in outcomes if outcome.counter]
        counters = counted(self.deliveries_table, outcomes[0].row["campaign"], moves)
        return [
            *((outcome.row["id"], self._entry(outcome)) for outcome in outcomes),
            *((None, entry) for entry in counters),
        ]

    def _entry(self, outcome: Outcome) -> Entry:
        says = {"status": outcome.status, **outcome.says}
        sets = ", ".join(f"#{name} = :{name}" for name in says)
        change = f"SET {sets}" if outcome.status == "RESERVED" else f"SET {sets} REMOVE #holder, #leaseUntil"
        return update(self.deliveries_table, key_of(outcome.row), change, HELD, **says, **held(outcome.row))

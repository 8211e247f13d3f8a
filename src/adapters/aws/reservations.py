"""Requests for feedback as the tables hold them: reserved once each, marked before the call, given back when nobody was asked."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from adapters.aws import batch_items
from adapters.aws.batch_items import PATIENT, Backoff, chunks
from adapters.aws.reservation_writes import (
    HELD,
    WILLING,
    Tables,
    counted,
    held,
    key_of,
    profile_key,
    program_key,
    releasing,
    reserving,
    taking_up,
    uncapped,
)
from adapters.aws.transactions import Entry, check, delete, put, transact, update
from domain.solicitation.delivery import REFUSED, delivery_key
from domain.solicitation.program import Program
from domain.solicitation.sending import LEASE, Facts, milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Row = dict[str, Any]
Tagged = tuple[Hashable, Entry]
MARKED_AT_ONCE = 33  # deliveries: each takes an entry of its own and two checks, of the 100 of a transaction
WRITTEN_OFF_AT_ONCE = 45  # each takes an entry of its own and maybe an earlier campaign's; eight are for the counters


@dataclass(frozen=True, slots=True)
class Marked:
    """`rows` may be sent. Of the others, the customers of `opted_out` no longer want it, and `lost` are in other hands."""

    rows: tuple[Row, ...]
    opted_out: tuple[Row, ...]
    lost: tuple[Row, ...]


@dataclass(frozen=True)
class Reservations:
    """A row is a delivery item. One in somebody's hands has a `holder`, and a `leaseUntil` in epoch milliseconds."""

    dynamodb: "DynamoDBClient"
    tables: Tables
    backoff: Backoff = PATIENT

    def standing(self, deliveries: Iterable[str]) -> dict[str, Row]:
        """The rows there are, by delivery id."""
        keys = map(delivery_key, deliveries)
        found = batch_items.get(self.dynamodb, self.tables.deliveries, keys, consistent=True, backoff=self.backoff)
        return {row["id"]: row for row in found}

    def reserve(self, row: Row, before: Row | None, facts: Facts, at: datetime) -> bool:
        """Take the delivery, the candidate and a place under the cap, or nothing: False when any has moved since it was read."""
        entries = reserving(self.tables, row, before, facts, at)
        return not self._transact([(row["id"], entry) for entry in entries], f"reserve {row['id']}")

    def write_off(self, rows: Sequence[tuple[Row, Row | None]], counter: str | None) -> set[str]:
        """Take up deliveries that get no mail, each with the row it replaces; the ids of those that others took up meanwhile."""
        lost: set[str] = set()
        for some in chunks(rows, WRITTEN_OFF_AT_ONCE):
            while some and (failed := self._transact(self._writing_off(some, counter), "write deliveries off")):
                lost |= {row["id"] for row, _ in some if row["id"] in failed}
                some = [(row, before) for row, before in some if row["id"] not in failed]
        return lost

    def set_aside(self, row: Row) -> bool:
        """Write beside another campaign's row that this one brought its recipient no mail; False: that was written before."""
        aside = put(self.tables.deliveries, {**row, "SK": f"PAST#{row['campaign']}"}, "attribute_not_exists(PK)")
        entries = [aside, *self._count(row, "skipped")]
        return not self._transact([(row["id"], entry) for entry in entries], f"set {row['id']} aside")

    def take_over(self, row: Row, holder: str, at: datetime) -> Row | None:
        """The row in our hands, where its lease has ended; None when another was faster."""
        ours = {**row, "holder": holder, "leaseUntil": milliseconds(at + LEASE)}
        values = {"me": holder, "lease": ours["leaseUntil"], **held(row)}
        change = "SET #holder = :me, #leaseUntil = :lease"
        entry = update(self.tables.deliveries, key_of(row), change, HELD, **values)
        return None if self._transact([(row["id"], entry)], f"take over {row['id']}") else ours

    def mark(self, rows: Sequence[Row], at: datetime) -> Marked:
        """Mark at most MARKED_AT_ONCE rows as about to be sent, those whose customers still are willing: the last look."""
        lease = milliseconds(at + LEASE)
        pending, opted_out, lost = list(rows), list[Row](), list[Row]()
        while pending and (failed := self._transact(self._marking(pending, lease), f"mark {len(pending)} deliveries")):
            lost += [row for row in pending if row["id"] in failed]
            opted_out += [row for row in pending if row["id"] not in failed and failed & _wills(row).keys()]
            pending = [row for row in pending if row["id"] not in failed and not failed & _wills(row).keys()]
        sending = [
            {**row, "status": "SENDING", "leaseUntil": lease, "attempts": row["attempts"] + 1} for row in pending
        ]
        return Marked(tuple(sending), tuple(opted_out), tuple(lost))

    def release(self, row: Row, facts: Facts, program: Program, at: datetime) -> bool:
        """Forget a request that was not made: no row is left. False: the row, the cap or the candidate has moved since it was read."""
        gone = delete(self.tables.deliveries, key_of(row), HELD, **held(row))
        return self._settle(row, [gone, *releasing(self.tables, row, facts, program, at)])

    def skip(self, row: Row, reason: str, facts: Facts, program: Program, at: datetime) -> bool:
        """Give a reservation back for a reason that came up since; the row stays, and says why. False as of `release`."""
        given_back = releasing(self.tables, {**row, "reason": reason}, facts, program, at)
        return self._settle(row, [self._closed(row, "SKIPPED", reason), *given_back, *self._count(row, "skipped")])

    def refuse(self, row: Row, facts: Facts) -> bool:
        """SES will not have this mail: the place under the cap comes back, the candidate does not. False as of `release`."""
        closed = self._closed(row, "FAILED", REFUSED)
        return self._settle(row, [closed, *uncapped(self.tables, row, facts), *self._count(row, "failed")])

    def _settle(self, row: Row, entries: Sequence[Entry]) -> bool:
        return not self._transact([(row["id"], entry) for entry in entries], f"give back {row['id']}")

    def _closed(self, row: Row, status: str, reason: str) -> Entry:
        change = "SET #status = :status, #reason = :reason REMOVE #holder, #leaseUntil"
        return update(self.tables.deliveries, key_of(row), change, HELD, status=status, reason=reason, **held(row))

    def _count(self, row: Row, counter: str) -> Iterable[Entry]:
        return counted(self.tables.deliveries, row["campaign"], [(row["id"], counter, 1)])

    def _writing_off(self, some: Sequence[tuple[Row, Row | None]], counter: str | None) -> list[Tagged]:
        entries: list[Tagged] = [
            (row["id"], entry) for row, before in some for entry in taking_up(self.tables, row, before)
        ]
        if counter:
            moves = [(row["id"], counter, 1) for row, _ in some]
            entries += [(None, entry) for entry in counted(self.tables.deliveries, some[0][0]["campaign"], moves)]
        return entries

    def _marking(self, rows: Sequence[Row], lease: int) -> list[Tagged]:
        table, change = self.tables.deliveries, "SET #status = :sending, #leaseUntil = :lease ADD #attempts :one"
        values = {"sending": "SENDING", "lease": lease, "one": 1}
        wills = {name: key for row in rows for name, key in _wills(row).items()}
        return [
            *((row["id"], update(table, key_of(row), change, HELD, **values, **held(row))) for row in rows),
            *((name, check(self.tables.customers, key, WILLING, no=False)) for name, key in wills.items()),
        ]

    def _transact(self, entries: Sequence[Tagged], doing: str) -> frozenset[Hashable]:
        return transact(self.dynamodb, entries, doing, self.backoff)


def _wills(row: Row) -> Mapping[Hashable, dict[str, str]]:
    """Where a customer's opt-outs lie."""
    return {(key["PK"], key["SK"]): key for key in (profile_key(row), program_key(row))}

"""How far the entries of a stream were offered, and what became of each load's: figures in, one transaction out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.faults import aws_calls
from adapters.aws.transactions import Entry, put, transact, update
from domain.errors import Unavailable
from domain.scores.entering import FIGURES, Sums
from domain.scores.keys import Key, entries_row, watermark_row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READER = "entry_scoring"
WATERMARK_STAYS = timedelta(hours=48)
WAITING_STAYS = timedelta(days=15)  # longer than any message (SQS: 14 days)
WAITING, DONE = "WAITING", "DONE"


@dataclass(frozen=True)
class EntryLedger:
    """Every figure moves in one transaction with what says that it has moved. All methods raise Unavailable for what passes."""

    dynamodb: "DynamoDBClient"
    table: str
    backoff: Backoff = PATIENT

    def reached(self, shard: str) -> str | None:
        """The last sequence number of the shard that is settled."""
        found = self._item(watermark_row(READER, shard))
        return str(found["seq"]) if found else None

    def settle(
        self, shard: str, was: str | None, reached: str, sums: Sums, waiting: Iterable[str], now: datetime
    ) -> None:
        """Move the shard's watermark from `was`, the loads' figures, and note the names of the offers that wait.

        Unavailable: another invocation has moved it meanwhile, and nothing of this is noted.
        """
        moves = {"seq": reached, "expiresAt": _epoch(now + WATERMARK_STAYS)}
        change, values = "SET #seq = :seq, #expiresAt = :expiresAt", {**moves, **({"was": was} if was else {})}
        condition = "#seq = :was" if was else "attribute_not_exists(#seq)"
        watermark = update(self.table, watermark_row(READER, shard).attributes(), change, condition, **values)
        noted = [(name, put(self.table, self._waits(name, WAITING, now))) for name in waiting]
        entries = [("watermark", watermark), *noted, *self._figures(sums)]
        if transact(self.dynamodb, entries, f"settling entries of {shard}", self.backoff):
            raise Unavailable(f"entries of {shard}: somebody else has moved its watermark")

    def state(self, name: str) -> str | None:
        """WAITING or DONE; None: no transaction has noted that offer."""
        found = self._item(watermark_row(READER, name))
        return str(found["state"]) if found else None

    def settle_waiting(self, name: str, sums: Sums, now: datetime) -> bool:
        """Move the figures of an offer that waited. False: that was done before."""
        done = put(self.table, self._waits(name, DONE, now), "#state = :waiting", waiting=WAITING)
        return not transact(self.dynamodb, [("offer", done), *self._figures(sums)], f"settling {name}", self.backoff)

    def drop(self, name: str, now: datetime) -> None:
        """An offer that no transaction has noted is not to be made any more."""
        done = put(self.table, self._waits(name, DONE, now), "attribute_not_exists(#state)")
        if transact(self.dynamodb, [("offer", done)], f"dropping offer {name}", self.backoff):
            raise Unavailable(f"offer {name} was noted this moment")

    def _figures(self, sums: Sums) -> Iterable[tuple[tuple[str, str], Entry]]:
        change = f"ADD {', '.join(f'#{name} :{name}' for name in FIGURES)}"
        for load, figures in sums.items():
            values = {name: figures.get(name, 0) for name in FIGURES}
            yield load, update(self.table, entries_row(*load).attributes(), change, **values)

    def _waits(self, name: str, state: str, now: datetime) -> Mapping[str, Any]:
        key = watermark_row(READER, name).attributes()
        return {**key, "state": state, "expiresAt": _epoch(now + WAITING_STAYS)}

    def _item(self, key: Key) -> dict[str, Any] | None:
        with aws_calls(f"reading {key.pk}"):
            found = self.dynamodb.get_item(TableName=self.table, Key=encode_item(key.attributes()), ConsistentRead=True)
        return decode_item(found["Item"]) if "Item" in found else None


def _epoch(at: datetime) -> int:
    return int(at.timestamp())

"""The Deliveries table's telemetry: one item an event, and everything that the event changes, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.faults import aws_calls
from adapters.aws.queries import items, query
from adapters.aws.telemetry_writes import seen_of, writes
from adapters.aws.transactions import Entry, transact
from domain.errors import Unavailable
from domain.solicitation.delivery import delivery_key
from domain.solicitation.telemetry import Seen, effects, surroundings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Noted = Literal["noted", "duplicate", "unknown_delivery"]


@dataclass(frozen=True)
class Telemetry:
    """Events are noted once each, in any order."""

    dynamodb: "DynamoDBClient"
    table: str
    backoff: Backoff = PATIENT

    def note(self, delivery: str, seen: Seen, also: Sequence[Entry] = ()) -> Noted:
        """Note an event of a delivery by its id; `also` are entries that join the transaction of one that is new.

        Unavailable: out of reach, or others kept changing the delivery while we looked; nothing has happened.
        """
        for tried in range(self.backoff.tries):
            standing = self._item(delivery_key(delivery))
            if standing is None:
                return "unknown_delivery"
            near = self._near(delivery, seen)
            if any(other.sort_key == seen.sort_key for other in near):
                return "duplicate"
            change = effects(standing, near, seen)
            entries = enumerate([*writes(self.table, standing, change), *also])
            if not transact(self.dynamodb, list(entries), f"note in {self.table}", self.backoff):
                return "noted"
            self.backoff.wait(tried)
        raise Unavailable(f"{self.table}: delivery {delivery} kept changing")

    def noted(self, delivery: str, seen: Seen) -> bool:
        """Whether this very event has been noted before."""
        return self._item({**delivery_key(delivery), "SK": seen.sort_key}) is not None

    def _item(self, key: Mapping[str, str]) -> dict[str, Any] | None:
        with aws_calls(f"read {self.table}"):
            answer = self.dynamodb.get_item(TableName=self.table, Key=encode_item(key), ConsistentRead=True)
        return decode_item(answer["Item"]) if "Item" in answer else None

    def _near(self, delivery: str, seen: Seen) -> list[Seen]:
        first, last = surroundings(seen)
        values = {"pk": delivery_key(delivery)["PK"], "first": first, "last": last}
        request = query(self.table, "PK = :pk AND SK BETWEEN :first AND :last", values)
        return [seen_of(decode_item(item)) for item in items(self.dynamodb, {**request, "ConsistentRead": True})]

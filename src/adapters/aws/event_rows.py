"""The rows of an event in the Demand table: read by one query, written only where they say something else, and as they were read."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls
from adapters.aws.transactions import Entry, put, update
from domain.notifications.keys import SALE, Key, event_row
from domain.notifications.refreshed import Kept, Row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NEW, THERE = "attribute_not_exists(#PK)", "attribute_exists(#PK)"


@dataclass(frozen=True)
class EventRows:
    """`event:{id}` / `event#{id}` and `sale#{sale}`."""

    dynamodb: "DynamoDBClient"
    demand_table: str

    def read(self, event_id: str) -> Kept:
        """As they stand now. Unavailable: out of reach."""
        key = event_row(event_id)
        asked: dict[str, Any] = {
            "TableName": self.demand_table,
            "KeyConditionExpression": "PK = :pk",
            "ExpressionAttributeValues": encode_item({":pk": key.pk}),
            "ConsistentRead": True,
        }
        rows: dict[str, Row] = {}
        while True:
            with aws_calls("read an event"):
                answer: Any = self.dynamodb.query(**asked)
            rows |= {row["SK"]: row for row in map(decode_item, answer["Items"])}
            if not answer.get("LastEvaluatedKey"):
                break
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        sales = {sk.removeprefix(SALE): row for sk, row in rows.items() if sk.startswith(SALE)}
        return Kept(rows.get(key.sk), sales)

    def entries(self, old: Kept, new: Kept) -> list[tuple[Hashable, Entry]]:
        """Of a transaction, by key: what turns the one into the other, where the rows are still there as they were, or are not yet."""
        was, will = _by_key(old), _by_key(new)
        return [(key, self._entry(was.get(key), row)) for key, row in will.items() if was.get(key) != row]

    def _entry(self, old: Row | None, new: Row) -> Entry:
        if old is None:
            return put(self.demand_table, new, NEW)
        changed = {name: value for name, value in new.items() if name not in old or old[name] != value}
        sets = ", ".join(f"#{name} = :{name}" for name in changed)
        gone = ", ".join(f"#{name}" for name in old if name not in new)
        change = " ".join(part for part in (f"SET {sets}" if sets else "", f"REMOVE {gone}" if gone else "") if part)
        return update(self.demand_table, {"PK": new["PK"], "SK": new["SK"]}, change, THERE, **changed)


def _by_key(kept: Kept) -> Mapping[Key, Row]:
    rows = [*([kept.event] if kept.event else []), *kept.sales.values()]
    return {Key(row["PK"], row["SK"]): row for row in rows}

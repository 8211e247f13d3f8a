"""Notifications of the Demand table: read by key, written as they were read or not at all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws import batch_items
from adapters.aws.attribute_values import encode_item, encode_value
from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.faults import aws_calls, code
from domain.notifications.keys import Key
from domain.notifications.statuses import Row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class NotificationRows:
    """`rev` counts the writes of a row: who writes names the one that was read, so that nobody's writing is lost."""

    dynamodb: "DynamoDBClient"
    demand_table: str
    backoff: Backoff = PATIENT

    def read(self, keys: Iterable[Key]) -> dict[Key, Row]:
        """Those that exist, as they stand now. Unavailable: throttled beyond patience."""
        asked = (key.attributes() for key in keys)
        found = batch_items.get(self.dynamodb, self.demand_table, asked, consistent=True, backoff=self.backoff)
        return {Key(row["PK"], row["SK"]): row for row in found}

    def write(self, old: Row, new: Row) -> Row | None:
        """The row as it then stands, or None: somebody has written it since it was read, or it is gone. Equal rows are not written.

        Unavailable: out of reach; it may have been written, and another reading tells.
        """
        if new == old:
            return old
        written = {**new, "rev": old.get("rev", 0) + 1}
        try:
            with aws_calls("move a notification"):
                self.dynamodb.update_item(**_change(self.demand_table, old, written))
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            return None
        return written


def _change(table: str, old: Row, new: Row) -> dict[str, Any]:
    """Of the attributes at the top, those that differ; `rev` is always among them."""
    put = [name for name, value in new.items() if name not in old or old[name] != value]
    gone = [name for name in old if name not in new]
    names = {f"#{number}": name for number, name in enumerate(put + gone)}
    placed = {name: place for place, name in names.items()}
    sets = ", ".join(f"{placed[name]} = :{placed[name][1:]}" for name in put)
    removes = ", ".join(placed[name] for name in gone)
    values: dict[str, Any] = {f":{placed[name][1:]}": encode_value(new[name]) for name in put}
    return {
        "TableName": table,
        "Key": encode_item({"PK": old["PK"], "SK": old["SK"]}),
        "UpdateExpression": f"SET {sets}" + (f" REMOVE {removes}" if removes else ""),
        "ExpressionAttributeNames": {**names, "#rev": "rev", "#pk": "PK"},
        "ConditionExpression": f"attribute_exists(#pk) AND {_unmoved(old, values)}",
        "ExpressionAttributeValues": values,
    }


def _unmoved(old: Mapping[str, Any], values: dict[str, Any]) -> str:
    if "rev" not in old:
        return "attribute_not_exists(#rev)"
    values[":rev"] = encode_value(old["rev"])
    return "#rev = :rev"

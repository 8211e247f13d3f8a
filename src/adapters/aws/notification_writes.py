"""New notifications in, written where there is none yet: each fan is told of a sale once by each way of contact, whoever tries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import Item, decode_item, encode_item, encode_value
from adapters.aws.batch_items import ITEM_BYTES, size_of
from adapters.aws.faults import aws_calls, code
from domain.notifications.generation import replaceable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PK_BYTES, SK_BYTES = 2048, 1024  # AWS: of a partition key and a sort key, at most
ROOM = 5_000  # bytes, by which we and the table may count an item differently
# replaced: one that was never sent, as the sale had moved, stands no more. refused: no table can hold it.
Outcome = Literal["created", "existing", "replaced", "refused"]


@dataclass(frozen=True)
class NotificationWrites:
    dynamodb: "DynamoDBClient"
    demand_table: str

    def create(self, common: Item, own: Mapping[str, str]) -> Outcome:
        """`common`: what many have in common, typed once by `encode_item`; `own` are texts.

        Unavailable: it may have been written; trying again finds it.
        """
        item: Item = {**common, **{name: {"S": value} for name, value in own.items()}}
        standing = self._put(item, "attribute_not_exists(PK)")
        if not isinstance(standing, Mapping):
            return standing
        row = decode_item(standing)
        return self._replace(item, row) if replaceable(row) else "existing"

    def _replace(self, item: Item, row: Mapping[str, Any]) -> Outcome:
        """Only as it was read, and counting on from it: who has read the old row must not write into the new one."""
        item = {**item, "rev": encode_value(row.get("rev", 0) + 1)}
        if "rev" in row:
            done = self._put(item, "rev = :rev", ExpressionAttributeValues=encode_item({":rev": row["rev"]}))
        else:
            done = self._put(item, "attribute_not_exists(rev)")
        if done == "refused":
            return "refused"
        return "replaced" if done == "created" else "existing"

    def _put(self, item: Item, condition: str, **values: Any) -> Literal["created", "refused"] | Item:
        """Or the item that is in the way."""
        try:
            with aws_calls("write a notification"):
                self.dynamodb.put_item(
                    TableName=self.demand_table,
                    Item=item,
                    ConditionExpression=condition,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **values,
                )
        except ClientError as error:
            match code(error):
                case "ConditionalCheckFailedException":
                    return error.response.get("Item", {})  # type: ignore[return-value]
                case "ValidationException" if _too_large(item):
                    return "refused"
            raise
        return "created"


def _too_large(item: Item) -> bool:
    """Somebody wrote such demand; what else a table may refuse is our own fault."""
    keys = ((item["PK"], PK_BYTES), (item["SK"], SK_BYTES))
    return size_of({"M": item}) > ITEM_BYTES - ROOM or any(len(key["S"].encode()) > most for key, most in keys)

"""A shard of the index of what is unsettled in, its notifications out, those that have been so the longest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls
from domain.notifications.instants import iso
from domain.notifications.keys import UNSETTLED, UNSETTLED_SHARD, UNSETTLED_SINCE, unsettled_shard
from domain.notifications.statuses import Row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROWS_A_PAGE = 500


@dataclass(frozen=True)
class Unsettled:
    """The index is a little behind its table: who writes a row that it names does so under the row's `rev`."""

    dynamodb: "DynamoDBClient"
    demand_table: str
    page: int = ROWS_A_PAGE

    def pages(self, shard: int, until: datetime) -> Iterator[list[Row]]:
        """Those that are as they are since `until` or longer. Unavailable: out of reach; the pages before were whole."""
        asked: dict[str, Any] = {
            "TableName": self.demand_table,
            "IndexName": UNSETTLED,
            "KeyConditionExpression": "#shard = :shard AND #since <= :until",
            "ExpressionAttributeNames": {"#shard": UNSETTLED_SHARD, "#since": UNSETTLED_SINCE},
            "ExpressionAttributeValues": encode_item({":shard": unsettled_shard(shard), ":until": iso(until)}),
            "Limit": self.page,
        }
        while True:
            with aws_calls("look for what is unsettled"):
                answer = self.dynamodb.query(**asked)
            yield [decode_item(item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

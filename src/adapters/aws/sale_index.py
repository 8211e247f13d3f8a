"""A window of time in, the sale rows that start in it out, day by day of index `sales`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.aws.attribute_values import decode_item
from adapters.aws.faults import aws_calls
from domain.notifications.instants import iso
from domain.notifications.keys import SALES
from domain.notifications.windows import Window

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TO_THE_SECOND = len("2026-12-04T18:00:00")
AFTER_ALL = "~"  # sorts after Z, and after all fractions: others may write their instants with fewer digits


@dataclass(frozen=True)
class SaleIndex:
    """An index follows its table within moments, not at once."""

    dynamodb: "DynamoDBClient"
    demand_table: str

    def starting(self, window: Window) -> Iterator[dict[str, Any]]:
        """Plain rows, whoever wrote them; the seconds at its ends are whole, so that some are just outside. Unavailable: throttled."""
        for day in window.days():
            yield from self._of_day(day, window)

    def _of_day(self, day: str, window: Window) -> Iterator[dict[str, Any]]:
        asked: dict[str, Any] = {
            "TableName": self.demand_table,
            "IndexName": SALES,
            "KeyConditionExpression": "saleStartDate = :day AND saleStartDateTime BETWEEN :after AND :until",
            "ExpressionAttributeValues": {
                ":day": {"S": day},
                ":after": {"S": iso(window.after)[:TO_THE_SECOND]},
                ":until": {"S": iso(window.until)[:TO_THE_SECOND] + AFTER_ALL},
            },
        }
        while True:
            with aws_calls("find the sales of a window"):
                page = self.dynamodb.query(**asked)
            yield from map(decode_item, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

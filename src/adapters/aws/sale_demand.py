"""A sale in, who wants to be reminded of it out: shard by shard of index `saleDemands`, or how many by way of contact."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.aws import batch_items
from adapters.aws.attribute_values import decode_item
from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.faults import aws_calls
from domain.notifications.demand import methods_of
from domain.notifications.keys import (
    FAN,
    SALE_DEMAND_SHARD,
    SALE_DEMANDS,
    SHARDS,
    demand_row,
    sale_demand,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROWS_A_PAGE = 1000  # and at most 1 MB (AWS)
# What a reminder needs of a demand row; nothing else of it leaves the table.
WANTED = ("fanId", "contactMethod", "phoneNumber", "email", "locale", "marketId")
Row = dict[str, Any]


@dataclass(frozen=True)
class SaleDemand:
    dynamodb: "DynamoDBClient"
    demand_table: str
    backoff: Backoff = PATIENT
    page: int = ROWS_A_PAGE

    def pages(self, event: str, sale: str, shard: int, after: str | None = None) -> Iterator[list[Row]]:
        """The shard's rows ordered by fan, from behind the fan `after` on; at most `page` a page, narrowed to `WANTED`.

        Eventually consistent, as indexes are. Unavailable: throttled.
        """
        condition = "#shard = :shard" + (" AND fanId > :after" if after is not None else "")
        values = {":shard": {"S": sale_demand(event, sale, shard)}}
        if after is not None:
            values[":after"] = {"S": after}
        return self._query(condition, values, WANTED, self.page)

    def of_fans(self, event: str, sale: str, fans: Iterable[str]) -> list[Row]:
        """The rows of these fans as they stand now, narrowed to `WANTED`; in no order."""
        return self._get(event, sale, fans, WANTED)

    def waiting(self, event: str, sale: str, fans: Iterable[str]) -> set[str]:
        """Which of these fans want to be reminded of a sale."""
        return {row["PK"].removeprefix(FAN) for row in self._get(event, sale, fans, ("PK",))}

    def audience(self, event: str, sale: str) -> dict[str, int]:
        """How many by method of contact; a fan of two counts for both. Reads the whole of it: some 2,000 rows a unit of 1 MB."""
        found: Counter[str] = Counter()
        for shard in range(SHARDS):
            values = {":shard": {"S": sale_demand(event, sale, shard)}}
            for page in self._query("#shard = :shard", values, ("contactMethod",)):
                found.update(method for row in page for method in methods_of(row.get("contactMethod")))
        return dict(found)

    def _get(self, event: str, sale: str, fans: Iterable[str], attributes: tuple[str, ...]) -> list[Row]:
        keys = (demand_row(fan, event, sale).attributes() for fan in fans)
        found = batch_items.get(
            self.dynamodb, self.demand_table, keys, consistent=True, attributes=attributes, backoff=self.backoff
        )
        return list(found)

    def _query(self, condition: str, values: Row, attributes: tuple[str, ...], limit: int = 0) -> Iterator[list[Row]]:
        asked: Row = {
            "TableName": self.demand_table,
            "IndexName": SALE_DEMANDS,
            "KeyConditionExpression": condition,
            "ProjectionExpression": ", ".join(f"#{name}" for name in attributes),
            "ExpressionAttributeNames": {"#shard": SALE_DEMAND_SHARD, **{f"#{name}": name for name in attributes}},
            "ExpressionAttributeValues": values,
            **({"Limit": limit} if limit else {}),
        }
        while True:
            with aws_calls("read the demand of a sale"):
                page = self.dynamodb.query(**asked)
            yield [decode_item(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

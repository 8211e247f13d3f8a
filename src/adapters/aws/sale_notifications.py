"""A sale in, all notifications there are of it out: by the fans who want to be reminded of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.aws.notification_rows import NotificationRows
from adapters.aws.sale_demand import SaleDemand
from domain.notifications.keys import METHODS, SHARDS, notification_row
from domain.notifications.statuses import Row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class SaleNotifications:
    """Who has taken the wish back is not among them; `ovation why` tells of one of those."""

    dynamodb: "DynamoDBClient"
    demand_table: str

    def pages(self, event: str, sale: str) -> Iterator[list[Row]]:
        """Unavailable: throttled beyond patience."""
        demand, rows = SaleDemand(self.dynamodb, self.demand_table), NotificationRows(self.dynamodb, self.demand_table)
        for shard in range(SHARDS):
            for page in demand.pages(event, sale, shard):
                fans = (str(it["fanId"]) for it in page)
                yield list(
                    rows.read(notification_row(fan, event, sale, way) for fan in fans for way in METHODS).values()
                )

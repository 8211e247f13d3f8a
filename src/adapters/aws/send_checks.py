"""Notifications in, what stands of each one's sale, event and fan right before it is sent out: a few reads for all of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.aws import batch_items
from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.opt_out_list import Address, OptOutList
from domain.notifications.claiming import ADDRESS, Facts
from domain.notifications.keys import Key, demand_row, event_row, sale_row
from domain.notifications.statuses import Row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class SendChecks:
    """A hundred rows of the Demand table a call, and the opt-outs of the state table."""

    dynamodb: "DynamoDBClient"
    demand_table: str
    opt_outs: OptOutList
    backoff: Backoff = PATIENT

    def of(self, notifications: Iterable[Row]) -> dict[Key, Facts]:
        """By the notification's key. Unavailable: throttled beyond patience."""
        rows = {Key(row["PK"], row["SK"]): row for row in notifications}
        pointed = {key: _pointed(row) for key, row in rows.items()}
        found = self._rows({it for three in pointed.values() for it in three})
        out = self.opt_outs.standing({address for row in rows.values() if (address := _address(row))})
        facts = {}
        for key, row in rows.items():
            sale, event, demand = map(found.get, pointed[key])
            facts[key] = Facts(sale, event, demand, _address(row) in out)
        return facts

    def _rows(self, keys: Iterable[Key]) -> Mapping[Key, Row]:
        asked = (key.attributes() for key in keys)
        found = batch_items.get(self.dynamodb, self.demand_table, asked, consistent=True, backoff=self.backoff)
        return {Key(row["PK"], row["SK"]): row for row in found}


def _pointed(row: Row) -> tuple[Key, Key, Key]:
    """In the order that Facts has them."""
    fan, event, sale = row["fanId"], row["eventId"], row["saleId"]
    return sale_row(event, sale), event_row(event), demand_row(fan, event, sale)


def _address(row: Row) -> Address | None:
    method = row["contactMethod"]
    address = row.get(ADDRESS.get(method, ""))
    return (method, address) if address else None

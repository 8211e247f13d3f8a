"""A fan and a sale in, all rows that say why a reminder came or did not out: demand, notifications, event, sale, opt-outs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.aws import batch_items
from adapters.aws.attribute_values import decode_item
from adapters.aws.opt_out_list import OptOutList
from adapters.aws.queries import items, query
from domain.errors import Rejected
from domain.notifications.events import Event, Sale
from domain.notifications.keys import (
    DEMAND,
    EMAIL,
    FAN,
    METHODS,
    NOTIFICATION,
    SMS,
    Key,
    event_row,
    notification_row,
    opt_out,
    sale_row,
    scheduler_mark,
)
from domain.notifications.timeline import Known

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Row = dict[str, Any]


@dataclass(frozen=True)
class FanHistory:
    """Read once, for a person to look at; consistent."""

    dynamodb: "DynamoDBClient"
    demand_table: str
    state_table: str

    def of(self, fan: str, sale: str) -> Known:
        """Rejected: nothing is known of this fan and sale. Unavailable: the tables are out of reach."""
        rows = self._of_fan(fan, sale)
        if not rows:
            raise Rejected(f"nothing is known of a wish of fan {fan} to be reminded of sale {sale}")
        event = str(rows[0]["eventId"])
        demand = next((it for it in rows if it["SK"].startswith(DEMAND)), None)
        notifications = self._rows(notification_row(fan, event, sale, method) for method in METHODS)
        about = {Key(it["PK"], it["SK"]): it for it in self._rows([event_row(event), sale_row(event, sale)])}
        found, sold = about.get(event_row(event)), about.get(sale_row(event, sale))
        mark = self._state([scheduler_mark()])
        return Known(
            demand,
            sorted(notifications, key=lambda it: METHODS.index(it["contactMethod"])),
            Event.of(found) if found else None,
            Sale.of(sold) if sold else None,
            self._opted_out(rows),
            mark[0].get("until") if mark else None,
        )

    def _of_fan(self, fan: str, sale: str) -> list[Row]:
        """The fan's wish and notifications for this sale, whatever its event."""
        found: list[Row] = []
        for kind in (DEMAND, NOTIFICATION):
            asked = query(
                self.demand_table, "PK = :fan AND begins_with(SK, :kind)", {"fan": f"{FAN}{fan}", "kind": kind}
            )
            rows = map(decode_item, items(self.dynamodb, {**asked, "ConsistentRead": True}))
            found += [row for row in rows if row.get("saleId") == sale]
        return found

    def _opted_out(self, rows: list[Row]) -> dict[str, str]:
        kinds = ((SMS, "phoneNumber"), (EMAIL, "email"))
        addresses = {(method, str(row[name])) for row in rows for method, name in kinds if row.get(name)}
        standing = OptOutList(self.dynamodb, self.state_table).standing(addresses)
        since = {it["method"]: str(it["at"]) for it in self._state([opt_out(*address) for address in standing])}
        return {method: since.get(method, "") for method, _ in standing}

    def _rows(self, keys: Any) -> list[Row]:
        asked = (key.attributes() for key in keys)
        return list(batch_items.get(self.dynamodb, self.demand_table, asked, consistent=True))

    def _state(self, keys: list[Key]) -> list[Row]:
        asked = (key.attributes() for key in keys)
        return list(batch_items.get(self.dynamodb, self.state_table, asked, consistent=True))

"""A demand row in, one fan's wish to be reminded of one sale out, and back (seed 003; reference/ticketing.md, 2.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from domain.notifications.instants import iso, moment
from domain.notifications.keys import METHODS, SALE_DEMAND_SHARD, SMS, Key, demand_row, sale_demand_of


@dataclass(frozen=True, slots=True)
class Demand:
    """`methods` of contact, sms first; `phone` in E.164. `about` is what else its row tells: names of event, sale and artist."""

    fan: str
    event: str
    sale: str
    methods: tuple[str, ...]
    requested: datetime
    phone: str | None = None
    email: str | None = None
    locale: str | None = None
    market: str | None = None
    about: Mapping[str, Any] | None = None

    @property
    def key(self) -> Key:
        return demand_row(self.fan, self.event, self.sale)

    def row(self) -> dict[str, Any]:
        """A new wish's item, whole, its place in index `saleDemands` included."""
        told = {
            **(self.about or {}),
            **self.key.attributes(),
            "type": "demand",
            "fanId": self.fan,
            "eventId": self.event,
            "saleId": self.sale,
            "contactMethod": ",".join(self.methods),
            "phoneNumber": self.phone,
            "email": self.email,
            "locale": self.locale,
            "marketId": self.market,
            "demandType": "remind",
            "date": {"requested": iso(self.requested)},
            SALE_DEMAND_SHARD: sale_demand_of(self.fan, self.event, self.sale),
        }
        return {name: value for name, value in told.items() if value is not None}

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Whoever wrote it. No way of contact is told: sms, as the mission has it. Rejected: its time is no instant."""
        return cls(
            row["fanId"],
            row["eventId"],
            row["saleId"],
            methods_of(row.get("contactMethod")),
            moment((row.get("date") or {}).get("requested") or "1970-01-01T00:00:00Z"),
            row.get("phoneNumber"),
            row.get("email"),
            row.get("locale"),
            row.get("marketId"),
        )


def methods_of(told: Any) -> tuple[str, ...]:
    """Ways of contact that we know of a row's `contactMethod`, each once: `email, SMS` is sms and email. Nothing told: sms."""
    wanted = [it.strip().lower() for it in str(told or SMS).split(",")]
    return tuple(method for method in METHODS if method in wanted)

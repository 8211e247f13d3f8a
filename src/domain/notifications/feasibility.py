"""Sales, how many wait for each, and the rates of sending in; whether all can be told in time out, sale by sale as they start."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.notifications.events import Sale
from domain.notifications.keys import EMAIL, SMS

LAST_CALL = timedelta(seconds=60)  # nothing is sent with less than that left


@dataclass(frozen=True, slots=True)
class Rates:
    """A second, of all workers together: `sms` in parts, `mail` in mails."""

    sms: float
    mail: float


@dataclass(frozen=True, slots=True)
class Audience:
    """Who waits for a sale: recipients by method of contact, and the parts of one SMS."""

    recipients: Mapping[str, int]
    parts: float


@dataclass(frozen=True, slots=True)
class Plan:
    """`needed`: seconds until the last reminder of this sale has gone out, those of sales before it included; `left`: seconds
    in which that may be. A sale that has started has nothing to send, and nobody can be told.
    """

    event: str
    sale: str
    starts: datetime
    recipients: Mapping[str, int]
    parts: float
    needed: float
    left: float

    @property
    def feasible(self) -> bool:
        return not any(self.recipients.values()) or 0 < self.left >= self.needed

    def row(self) -> dict[str, object]:
        """As it is logged and shown; seconds in tenths."""
        return {
            "eventId": self.event,
            "saleId": self.sale,
            "starts": self.starts.isoformat(),
            "recipients": dict(self.recipients),
            "parts": round(self.parts, 2),
            "secondsNeeded": round(self.needed, 1),
            "secondsLeft": round(self.left, 1),
            "feasible": self.feasible,
        }


def plan_of(
    sales: Iterable[Sale], counts: Mapping[tuple[str, str], Audience], rates: Rates, now: datetime
) -> list[Plan]:
    """In the order of their starts, in which they share the rates: SMS and mail go out side by side. `counts` by event and sale id."""
    busy = {SMS: 0.0, EMAIL: 0.0}  # seconds from now on, by the channel
    plans = []
    for sale in sorted(sales, key=lambda it: (it.starts, it.id)):
        audience = counts[sale.event_id, sale.id]
        left = max(0.0, (sale.starts - LAST_CALL - now).total_seconds())
        own = _seconds(audience, rates) if left else {}
        busy = {method: busy[method] + own.get(method, 0.0) for method in busy}
        needed = max((busy[method] for method, seconds in own.items() if seconds), default=0.0)
        told = (sale.event_id, sale.id, sale.starts, audience.recipients, audience.parts)
        plans.append(Plan(*told, needed, left))
    return plans


def _seconds(audience: Audience, rates: Rates) -> dict[str, float]:
    sms, mails = (audience.recipients.get(method, 0) for method in (SMS, EMAIL))
    return {SMS: sms * audience.parts / rates.sms, EMAIL: mails / rates.mail}

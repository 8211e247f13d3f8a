"""A message of the generation queue in, what it asks for out, and the message that asks for the rest of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from domain.errors import Rejected
from domain.notifications.claiming import LEAD
from domain.notifications.events import Event, Sale
from domain.notifications.feasibility import LAST_CALL
from domain.notifications.instants import iso, moment
from domain.notifications.keys import SHARDS
from domain.notifications.statuses import SALE_MOVED

FANS_A_MESSAGE = 100
NO_EVENT, NO_SALE = "no_event", "no_sale"


@dataclass(frozen=True, slots=True)
class Order:
    """Reminders of one shard of a sale's demand, from behind the fan `after` on; or those of `fans` alone.

    `time`: when the message was written. `mark`: when the sale's first message was, since when its short link is waited for.
    `until`: the end of the window that is seen to.
    """

    time: datetime
    event: str
    sale: str
    shard: int | None = None
    after: str | None = None
    fans: tuple[str, ...] = ()
    mark: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, body: Any) -> Self:
        """Rejected: no such message; the text names the field."""
        if not isinstance(body, Mapping):
            raise Rejected("a message must be a JSON object")
        shard, fans = body.get("shard"), body.get("fanIds")
        if (shard is None) == (fans is None):
            raise Rejected("either shard or fanIds must be told")
        if shard is not None and (type(shard) is not int or not 0 <= shard < SHARDS):
            raise Rejected(f"shard must be 0 to {SHARDS - 1}")
        return cls(
            moment(_text(body, "time")),
            _text(body, "eventId"),
            _text(body, "saleId"),
            shard,
            _text(body, "after") if body.get("after") is not None else None,
            _fans(fans) if fans is not None else (),
            moment(_text(body, "mark")) if body.get("mark") is not None else None,
            moment(_text(body, "until")) if body.get("until") is not None else None,
        )

    def message(self, now: datetime, after: str | None = None) -> dict[str, Any]:
        """As it is queued at `now`, to go on behind the fan `after`."""
        told = {
            "time": iso(now),
            "eventId": self.event,
            "saleId": self.sale,
            "shard": self.shard,
            "after": after,
            "fanIds": list(self.fans) or None,
            "mark": iso(self.mark or self.time),
            "until": iso(self.until) if self.until else None,
        }
        return {name: value for name, value in told.items() if value is not None}


def refusal(event: Event | None, sale: Sale | None, order: Order) -> str | None:
    """Why nobody is to be told of this sale now; None: all are. One that moved behind the window has a window of its own,
    and so has one that single fans are to be told of too early.
    """
    if event is None or sale is None:
        return NO_EVENT if event is None else NO_SALE
    end = order.until or (order.time + LEAD if order.fans else None)
    moved = end is not None and sale.starts > end
    return event.suppressed or sale.suppressed or (SALE_MOVED if moved else None)


def too_late(sale: Sale, now: datetime) -> bool:
    return sale.starts - now < LAST_CALL


def _text(body: Mapping[str, Any], name: str) -> str:
    found = body.get(name)
    if not isinstance(found, str) or not found:
        raise Rejected(f"{name} must be a text")
    return found


def _fans(found: Any) -> tuple[str, ...]:
    """Each once."""
    if not isinstance(found, list) or not 0 < len(found) <= FANS_A_MESSAGE:
        raise Rejected(f"fanIds must be a list of 1 to {FANS_A_MESSAGE}")
    if not all(isinstance(fan, str) and fan for fan in found):
        raise Rejected("fanIds must be texts")
    return tuple(dict.fromkeys(found))

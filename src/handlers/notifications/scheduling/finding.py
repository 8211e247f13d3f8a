"""A window to search in, the sales that start in it out, their events as the vendor has them now."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger

from adapters.aws.sale_index import SaleIndex
from domain.errors import Rejected, Unavailable
from domain.notifications.events import Sale
from domain.notifications.window_sales import InWindow, Search, events_of, in_window
from handlers.notifications.events.details import Details

AT_ONCE = 25  # events asked for at a time (reference/ticketing.md, 2.8)
FRESH = timedelta(minutes=15)
REFRESHING = timedelta(seconds=120)  # then windows open with what is known: the function has 300, and fans half an hour

logger = Logger(service="notification_scheduler", child=True)
Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Found:
    """`stale`: events that could not be asked about anew."""

    sales: tuple[InWindow, ...]
    events: int
    stale: int


def find(search: Search, now: Now, index: SaleIndex, details: Details) -> Found:
    """Unavailable: the index is out of reach; nothing else is in the way of a window."""
    known = events_of(index.starting(search.whole), search)
    until = now() + REFRESHING

    def look(event: str) -> tuple[list[InWindow], bool]:
        return _asked(event, known[event], search, now, details, until)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        looked = list(pool.map(look, known))
    sales = sorted((it for found, _ in looked for it in found), key=lambda it: (it.sale.starts, it.sale.id))
    return Found(tuple(sales), len(known), sum(stale for _, stale in looked))


def _asked(
    event: str, known: Sequence[Sale], search: Search, now: Now, details: Details, until: datetime
) -> tuple[list[InWindow], bool]:
    """What is known already where nobody gives an answer in time: whether it is suppressed is looked at again by who tells of it."""
    try:
        if now() < until:
            found = details.get(event, now=now(), fresher_than=FRESH)
            return in_window(search, found.sales, found.event), found.stale
        reason = "there was no time left"
    except (Unavailable, Rejected) as why:
        reason = str(why)
    logger.warning("event not refreshed", extra={"event_id": event, "reason": reason})
    return in_window(search, known), True

"""When the vendor was asked about an event in, whether it must be asked again out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

from domain.notifications.events import Sale

SOFT = timedelta(hours=1)  # older: served as it is, while one caller asks
HARD = timedelta(hours=24)  # older: nobody is served before the vendor was asked, unless it fails
DAILY = timedelta(hours=23)  # events that fans wait for are asked about as often, by an hourly job
NEGATIVE = timedelta(minutes=10)  # how long an event that the vendor does not know is not asked about
FAILURE = timedelta(seconds=30)  # how long nobody asks about an event after the vendor has failed at it
AHEAD = timedelta(hours=1)  # another clock may go before ours by this; a time further in the future is not believed
OVER = timedelta(
    days=3
)  # after the start of its last sale nobody waits for an event any more: it may have moved until then


class Need(Enum):
    NONE = "none"
    SOON = "soon"  # what is kept may be served, and somebody should ask
    NOW = "now"


def need(checked: datetime | None, now: datetime, fresher_than: timedelta | None = None) -> Need:
    """Of what was last `checked` then; None: never, or nothing is kept. `fresher_than`: who says so is served nothing older."""
    if checked is None or checked - now > AHEAD:
        return Need.NOW
    age = now - checked
    if fresher_than is not None:
        return Need.NONE if age <= fresher_than else Need.NOW
    return Need.NONE if age < SOFT else Need.SOON if age < HARD else Need.NOW


def lately(at: datetime | None, now: datetime, length: timedelta) -> bool:
    """Whether it happened within `length`; by whose clock ever, so before and after `now`."""
    return at is not None and abs(now - at) < length


def over(sales: Sequence[Sale], now: datetime) -> bool:
    """Whether nobody waits any more for an event that has these sales; one without any may get some."""
    return bool(sales) and all(it.starts + OVER <= now for it in sales)

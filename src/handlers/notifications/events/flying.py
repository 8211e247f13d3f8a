"""The right to ask the vendor about an event in, what is kept of it then out: the answer written, or the failure remembered."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from functools import partial

from aws_lambda_powertools import Logger

from adapters.aws.event_flights import EventFlights, Flight, Landing
from adapters.aws.event_rows import EventRows
from adapters.aws.vendor_quota import Busy, Spent
from adapters.http.discovery import NotFound
from adapters.http.outside import Throttled
from domain.errors import Unavailable
from domain.notifications.refreshed import Kept, gone, refreshed
from handlers.notifications.events.telling import told
from handlers.notifications.events.vendor import Vendor

NEEDED = timedelta(seconds=10)  # of the lease, to call and to write within it: who is held up for longer does not call
TRIES = 4  # the rows may be written by others meanwhile

logger = Logger(service="events")


class Outcome(Enum):
    LANDED = "landed"
    MISSING = "missing"
    FAILED = "failed"


def fly(flight: Flight, now: datetime, rows: EventRows, flights: EventFlights, vendor: Vendor) -> tuple[Outcome, Kept]:
    """What is kept after it. Unavailable: our tables are out of reach, and the lease runs out by itself."""
    kept = rows.read(flight.event)
    change: Callable[[Kept], Kept]
    try:
        change = _answer(flight.event, now, kept, vendor, lambda: flights.left(flight) > NEEDED)
    except NotFound:
        if not kept.there:
            flights.missed(flight, now)
            return Outcome.MISSING, kept
        change = partial(gone, at=now)
    except (Busy, Spent) as reason:
        flights.give_back(flight)
        return _failed(flight, kept, reason)
    except Unavailable as reason:
        flights.failed(flight, now)
        return _failed(flight, kept, reason)
    return Outcome.LANDED, _landed(flight, now, kept, change, rows, flights)


def _answer(
    event_id: str, now: datetime, kept: Kept, vendor: Vendor, in_time: Callable[[], bool]
) -> Callable[[Kept], Kept]:
    """What it makes of what is kept."""
    document = vendor.ask(event_id, now, in_time)
    vendor.read(event_id, document, kept, now)  # what is no event is seen before anything is written

    def change(kept: Kept) -> Kept:
        found = vendor.read(event_id, document, kept, now)
        return refreshed(kept, found.event, found.sales, now)

    return change


def _landed(
    flight: Flight,
    now: datetime,
    kept: Kept,
    change: Callable[[Kept], Kept],
    rows: EventRows,
    flights: EventFlights,
) -> Kept:
    """Who was overtaken leaves the writing to whoever asked later, and still has an answer."""
    for _ in range(TRIES):
        new = change(kept)
        if flights.land(flight, now, rows.entries(kept, new)) is not Landing.ROWS_MOVED:
            return new
        kept = rows.read(flight.event)
    raise Unavailable(f"event {flight.event}: its rows were written by others {TRIES} times")


def _failed(flight: Flight, kept: Kept, reason: Unavailable) -> tuple[Outcome, Kept]:
    told("VendorThrottled" if isinstance(reason, Throttled | Busy | Spent) else "VendorFailures")
    logger.warning("the vendor gives no answer", extra={"event_id": flight.event, "reason": str(reason)})
    return Outcome.FAILED, kept

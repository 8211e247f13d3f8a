"""EventBridge Scheduler -> the vendor is asked anew, once a day, about each event that fans wait for: the longest unasked first."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from enum import Enum
from functools import cache
from itertools import islice
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.session import dynamodb
from adapters.aws.wanted_events import WantedEvents
from domain.errors import Rejected, Unavailable
from domain.notifications.freshness import DAILY, over
from domain.notifications.instants import moment
from handlers.notifications.events.details import Details
from handlers.notifications.events.telling import told
from handlers.notifications.events.wiring import details
from handlers.notifications.settings import RefreshEventsSettings

AT_ONCE = 4  # questions under way: the vendor answers five a second, and fans ask too
RESERVE = 30_000  # ms of the function's time in which nothing more is begun
STREAK = 12  # questions in a row without an answer: the vendor is not there, the next hour's run goes on

logger = Logger(service="refresh_events")


class Became(Enum):
    REFRESHED = "refreshed"
    FORGOTTEN = "forgotten"
    FAILED = "failed"


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    return refresh_events(moment(event["scheduledTime"]), context.get_remaining_time_in_millis, **live())


@cache
def live() -> dict[str, Any]:
    env = RefreshEventsSettings.from_env()
    events = details(env, share=float(env.refresh_share), rate_patience=10.0, patience=15.0)
    return {"wanted": WantedEvents(dynamodb(), env.state_table), "events": events, "at_once": AT_ONCE}


def refresh_events(
    now: datetime, remaining: Callable[[], int], *, wanted: WantedEvents, events: Details, at_once: int
) -> dict[str, int]:
    """{wanted, due, refreshed, forgotten, failed, left}; `remaining` in milliseconds. What is left has the next run's first turn.

    Unavailable: the list is out of reach. Who was last asked about more than 23 h ago is due; the day's share of the quota is not exceeded.
    """
    listed = list(wanted.all())
    due = _due(listed, events, now)
    tried = list(_tried(_affordable(due, events, now), remaining, at_once, lambda id: refresh(id, now, wanted, events)))
    counts = {it.value: tried.count(it) for it in Became}
    figures = {"wanted": len(listed), "due": len(due), **counts, "left": len(due) - len(tried)}
    logger.info("refreshed", extra=figures)
    told("EventsWanted", len(listed))
    told("EventsForgotten", counts["forgotten"])
    told("EventsOverdue", figures["left"] + counts["failed"])
    return figures


def refresh(event_id: str, now: datetime, wanted: WantedEvents, events: Details) -> Became:
    try:
        found = events.get(event_id, now=now, fresher_than=DAILY)
    except Rejected:  # there is none, or there never can be
        wanted.forget(event_id)
        return Became.FORGOTTEN
    except Unavailable as reason:
        logger.warning("not refreshed", extra={"event_id": event_id, "reason": str(reason)})
        return Became.FAILED
    if found.stale:
        return Became.FAILED
    if over(found.sales, now):
        wanted.forget(event_id)
        return Became.FORGOTTEN
    return Became.REFRESHED


def _due(listed: Sequence[str], events: Details, now: datetime) -> list[str]:
    """Who was never asked about comes first, then the longest unasked."""
    standings = events.flights.read_all(listed)
    checked = {id: standing.checked for id, standing in standings.items() if standing.checked}
    due = [id for id in listed if id not in checked or now - checked[id] > DAILY]
    return sorted(due, key=lambda id: (id in checked, checked.get(id, now), id))


def _affordable(due: list[str], events: Details, now: datetime) -> list[str]:
    quota = events.vendor.quota
    return due[: max(0, int(quota.daily * events.vendor.share) - quota.used(now))]


def _tried(
    due: Sequence[str], remaining: Callable[[], int], at_once: int, refreshed: Callable[[str], Became]
) -> Iterator[Became]:
    """Those begun, as long as there is time and the vendor answers."""
    rest, streak = iter(due), 0
    with ThreadPoolExecutor(at_once) as pool:
        while streak < STREAK and remaining() > RESERVE and (batch := list(islice(rest, at_once))):
            for became in pool.map(refreshed, batch):
                streak = streak + 1 if became is Became.FAILED else 0
                yield became

"""EventBridge Scheduler, each half hour -> generationQueue: the sales of the next window, a message for each shard of their demand."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.outbox import Outbox
from adapters.aws.sale_demand import SaleDemand
from adapters.aws.sale_index import SaleIndex
from adapters.aws.scheduler_mark import SchedulerMark
from adapters.aws.session import QUICK, client, dynamodb
from adapters.files.reminder_texts import ReminderTexts
from domain.errors import Unavailable
from domain.notifications.feasibility import Rates
from domain.notifications.generation_order import Order, too_late
from domain.notifications.instants import iso, moment
from domain.notifications.keys import SHARDS
from domain.notifications.window_sales import InWindow, Search
from domain.notifications.windows import Window, due, missed
from handlers.notifications.events.details import Details
from handlers.notifications.events.wiring import details
from handlers.notifications.noting.measuring import count
from handlers.notifications.rules.words import texts
from handlers.notifications.scheduling.finding import Found, Now, find
from handlers.notifications.scheduling.planning import gather
from handlers.notifications.settings import NotificationSchedulerSettings

RATE_PATIENCE, PATIENCE = 15.0, 20.0  # seconds, for the vendor's rate and for others' answers; a flight's lease is 30
LATEST = timedelta(hours=24)  # EventBridge Scheduler: for so long it tries; what is later is another clock

logger = Logger(service="notification_scheduler")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return notification_scheduler(event, datetime.now(UTC), desk=live())


@dataclass(frozen=True)
class Desk:
    """`wall`: whether events happen by the clock on the wall. `settle`: seconds that indexes may be behind."""

    mark: SchedulerMark
    index: SaleIndex
    details: Details
    demand: SaleDemand
    texts: ReminderTexts
    queue: Outbox
    rates: Rates
    lead: timedelta
    settle: int
    wall: bool = False


@cache
def live() -> Desk:
    env, tables = NotificationSchedulerSettings.from_env(), dynamodb()
    return Desk(
        mark=SchedulerMark(tables, env.state_table),
        index=SaleIndex(tables, env.demand_table),
        details=details(env, rate_patience=RATE_PATIENCE, patience=PATIENCE),
        demand=SaleDemand(tables, env.demand_table),
        texts=texts(),
        queue=Outbox(client("sqs", QUICK), env.generator_queue_url),
        rates=Rates(float(env.sms_rate), float(env.mail_rate)),
        lead=timedelta(seconds=float(env.lead_seconds)),
        settle=int(env.settle_seconds),
        wall=env.wall_clock == "yes",
    )


def notification_scheduler(
    event: Mapping[str, Any], wall: datetime, *, desk: Desk, seconds: Callable[[], float] = time.monotonic
) -> dict[str, Any]:
    """Open the window that is due at `scheduledTime`, or the one that `schedule` asks for; `wall` is the time where neither is told.

    Answers {sales: [{saleId, eventId}], window: {after, until} or None, messages, events, stale, suppressed, missed, notMet}.
    Unavailable: it may be run again, which does no harm. Rejected: the event tells no window.
    """
    at = moment(event["scheduledTime"]) if "scheduledTime" in event else wall
    now, asked = _clock(at, wall, desk, seconds), event.get("schedule")
    search = Search(Window.asked(asked)) if asked else opened(at, desk)
    if search is None:
        logger.info("window is open already", extra={"at": iso(at)})
        return summary(None, Found((), 0, 0), 0, now())
    found = find(search, now, desk.index, desk.details)
    sent = desk.queue.send(messages(found, search.window, now), delay_seconds=desk.settle)
    if not asked:
        desk.mark.done(search.window.until, search.told_by_then(it.sale for it in found.sales))
    told_of = summary(search.window, found, sent, now())
    tell(found, told_of)
    return {**told_of, "notMet": plan(found, now, desk)}


def opened(at: datetime, desk: Desk) -> Search | None:
    """From now on demand for these sales is told of as it comes; None: another run has seen to all of them."""
    until = at + desk.lead
    covered = desk.mark.claim(at, until)
    if lost := missed(covered.until, at):
        logger.error("windows were lost", extra={"after": iso(lost.after), "until": iso(lost.until)})
        count("WindowsLost", 1)
    window = due(covered.until, at, desk.lead)
    if window is None or covered.told is None:
        return Search(window) if window else None
    return Search(window, Window(window.after - desk.lead, window.after), covered.told)


def messages(found: Found, window: Window, now: Now) -> Iterator[dict[str, Any]]:
    """One a sale and shard, also of sales that have started: their fans' records tell why they were not told."""
    for it in told(found.sales):
        for shard in range(SHARDS):
            at = now()
            yield Order(at, it.sale.event_id, it.sale.id, shard, mark=at, until=window.until).message(at)


def told(sales: Iterable[InWindow]) -> list[InWindow]:
    return [it for it in sales if it.suppressed is None]


def summary(window: Window | None, found: Found, sent: int, now: datetime) -> dict[str, Any]:
    sales = told(found.sales)
    return {
        "sales": [{"saleId": it.sale.id, "eventId": it.sale.event_id} for it in sales],
        "window": {"after": iso(window.after), "until": iso(window.until)} if window else None,
        "messages": sent,
        "events": found.events,
        "stale": found.stale,
        "suppressed": len(found.sales) - len(sales),
        "missed": sum(too_late(it.sale, now) for it in sales),
        "notMet": 0,
    }


def tell(found: Found, summary: Mapping[str, Any]) -> None:
    """A line and a metric a sale that nobody is told of, with the reason; a line the window."""
    for it in found.sales:
        if it.suppressed is not None:
            about = {"event_id": it.sale.event_id, "sale_id": it.sale.id, "reason": it.suppressed}
            logger.info("sale is suppressed", extra=about)
            count("SalesSuppressed", 1, Reason=it.suppressed)
    logger.info("window", extra={"summary": summary})
    for name, number in (("SalesInWindow", len(summary["sales"])), ("SalesMissed", summary["missed"])):
        count(name, number)


def plan(found: Found, now: Now, desk: Desk) -> int:
    """How many sales cannot be told of in time: told, and no reason to stop, as each fan that is told counts."""
    try:
        plans = gather(found.sales, desk.demand, desk.texts, desk.rates, now())
    except Unavailable as reason:
        logger.warning("window not planned", extra={"reason": str(reason)})
        return 0
    late = [it for it in plans if not it.feasible]
    for it in late:
        logger.error("window cannot be met", extra={"plan": it.row()})
    count("WindowsNotMet", len(late))
    return len(late)


def _clock(at: datetime, wall: datetime, desk: Desk, seconds: Callable[[], float]) -> Now:
    """A run may be started late; a virtual day's clock is not the one on the wall, and tells nothing of that."""
    start = wall if desk.wall and at <= wall <= at + LATEST else at
    began = seconds()
    return lambda: start + timedelta(seconds=seconds() - began)

"""generationQueue -> Demand table: one notification a fan, sale and way of contact, a batch of a sale's demand at a time."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import orjson
from aws_lambda_powertools import Logger
from botocore.config import Config

from adapters.aws.event_rows import EventRows
from adapters.aws.notification_rows import NotificationRows
from adapters.aws.notification_writes import NotificationWrites
from adapters.aws.outbox import Outbox, waited
from adapters.aws.quick_bodies import quicken
from adapters.aws.sale_demand import SaleDemand
from adapters.aws.session import QUICK, client
from adapters.aws.short_urls import ShortUrls
from domain.errors import Rejected, Unavailable
from domain.notifications.generation_order import Order
from handlers.notifications.generating.desk import AT_ONCE, Clock, Desk, Tally
from handlers.notifications.generating.work import work_on
from handlers.notifications.noting.measuring import count
from handlers.notifications.rules import rules
from handlers.notifications.rules.words import texts
from handlers.notifications.settings import NotificationGeneratorSettings

METRICS = {  # by what became of a notification; Expired and Failed count as ends, like those of whoever sends
    "send": ("NotificationsGenerated",),
    "existing": ("NotificationsExisting",),
    "late": ("NotificationsTooLate", "Expired"),
    "no_address": ("NotificationsWithoutAddress", "Failed"),
    "refused": ("NotificationsRefused",),
}

logger = Logger(service="notification_generator")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return notification_generator(event["Records"], received=time.time(), desk=live())


@cache
def live() -> Desk:
    env = NotificationGeneratorSettings.from_env()
    tables = quicken(client("dynamodb", QUICK.merge(Config(max_pool_connections=AT_ONCE))))
    return Desk(
        events=EventRows(tables, env.demand_table),
        demand=SaleDemand(tables, env.demand_table),
        notifications=NotificationRows(tables, env.demand_table),
        writes=NotificationWrites(tables, env.demand_table),
        links=ShortUrls(tables, env.demand_table),
        queue=Outbox(client("sqs", QUICK), env.generator_queue_url),
        texts=texts(),
        rules=rules(),
        links_url=env.links_url,
        patience=timedelta(seconds=float(env.link_patience_seconds)),
        batch=int(env.batch),
        pool=ThreadPoolExecutor(AT_ONCE, thread_name_prefix="generating"),
    )


def notification_generator(
    records: Sequence[Mapping[str, Any]],
    *,
    received: float,
    desk: Desk,
    seconds: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Work on each message; name those that SQS must deliver again. `received` is in epoch seconds.

    Answers {counts: {send, existing, late, no_address, refused, skipped: {reason: fans}}, batchItemFailures}.
    """
    failures, whole = [], Tally()
    began = seconds()
    for record in records:
        tally = Tally()
        try:
            order = Order.of(document(record["body"]))
            clock = Clock(order.time + waited(record, received), seconds, began)
            tell(order, work_on(order, clock, desk, tally), tally)
        except (Unavailable, Rejected) as reason:
            failures.append({"itemIdentifier": record["messageId"]})
            told = {"message_id": record["messageId"], "kind": type(reason).__name__, "reason": str(reason)}
            logger.error("message failed", extra=told)
        finally:
            measure(tally)
        whole = replace(whole, written=whole.written + tally.written, skipped=whole.skipped + tally.skipped)
    return {"counts": whole.counts(), "batchItemFailures": failures}


def document(body: str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Rejected("not JSON") from None


def tell(order: Order, end: str, tally: Tally) -> None:
    """A line a message: ids and counts, never an address or a word."""
    about = {"event_id": order.event, "sale_id": order.sale, "shard": order.shard, "fans": len(order.fans) or None}
    logger.info("generation", extra={**about, "end": end, "counts": tally.counts()})


def measure(tally: Tally) -> None:
    for name, metrics in METRICS.items():
        for metric in metrics if tally.written[name] else ():
            count(metric, tally.written[name])
    for reason, fans in tally.skipped.items():
        if fans:
            count("NotificationsSkipped", fans, Reason=reason)

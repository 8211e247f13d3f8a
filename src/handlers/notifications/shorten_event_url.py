"""shortUrlQueue -> Bitly -> Demand table: every event of a batch gets a short link, our own where Bitly has none for it in time."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.message_delays import put_off
from adapters.aws.rate_window import RateWindow
from adapters.aws.service_secrets import ServiceSecrets
from adapters.aws.session import client, dynamodb
from adapters.aws.short_urls import ShortUrls
from adapters.http.bitly import Bitly
from adapters.http.outside import Throttled, http
from domain.errors import Rejected, Unavailable
from domain.notifications.links import own_link, page_of
from handlers.notifications.settings import NAMESPACE, ShortenEventUrlSettings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

Record = Mapping[str, Any]
CALLS = 3  # of Bitly for one message: the first and two more; then the link is our own
PATIENCE = 5.0  # seconds for a place in the shared rate
AGAIN = 5.0  # seconds between calls, at least
LONGEST = 30.0  # seconds between calls: fans are waiting
WORKING = 40.0  # seconds: no message is begun later, the function's own time is a minute

logger = Logger(service="shorten_event_url")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return shorten_event_url(event["Records"], datetime.now(UTC), **live())


@cache
def live() -> dict[str, Any]:
    env, tables = ShortenEventUrlSettings.from_env(), dynamodb()
    return {
        "desk": Desk(
            ShortUrls(tables, env.demand_table),
            Bitly(http(), env.bitly_url, ServiceSecrets(client("secretsmanager"), env.services_secret)),
            RateWindow(tables, env.state_table, "bitly"),
            float(env.bitly_rate),
            env.links_url,
            client("sqs"),
            env.short_url_queue_url,
        )
    }


@dataclass(frozen=True)
class Desk:
    """`rate`: calls a second of all workers together. `timer`: seconds, from wherever."""

    events: ShortUrls
    bitly: Bitly
    window: RateWindow
    rate: float
    links_url: str
    sqs: "SQSClient"
    queue_url: str
    timer: Callable[[], float] = time.monotonic


class Waiting(Unavailable):
    """The message is to come again after `seconds`."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


def shorten_event_url(records: Sequence[Record], now: datetime, *, desk: Desk) -> dict[str, Any]:
    """{events: [{eventId, found, updated}], batchItemFailures}; of a batch of one message those three stand at the top too.

    `found`: there is such an event. `updated`: this call has given it its link.
    """
    done, again, until = [], [], desk.timer() + WORKING
    for record in records:
        id = event_of(record)
        try:
            if desk.timer() > until:
                raise Waiting("no time is left", 0)
            done.append({"eventId": id, **(shortened(id, record, now, desk) if id else NOTHING)})
        except Waiting as reason:
            logger.warning("put off", extra={"event_id": id, "reason": str(reason), "seconds": reason.seconds})
            with suppress(Unavailable):  # then it comes when the queue thinks that nobody has it
                put_off(desk.sqs, desk.queue_url, record["receiptHandle"], reason.seconds)
            again.append({"itemIdentifier": record["messageId"]})
        except Unavailable as reason:
            logger.error("out of reach", extra={"event_id": id, "reason": str(reason)})
            again.append({"itemIdentifier": record["messageId"]})
    tell("ShortUrlsPutOff", len(again))
    alone = done[0] if len(records) == len(done) == 1 else {}
    return {**alone, "events": done, "batchItemFailures": again}


NOTHING = {"found": False, "updated": False}


def event_of(record: Record) -> str | None:
    """None: the message names none that a key could hold."""
    try:
        id = json.loads(record["body"])["id"]
    except (ValueError, TypeError, LookupError):
        id = None
    return id if isinstance(id, str) and 0 < len(id.encode("utf-8", "replace")) <= 256 and id.isprintable() else None


def shortened(id: str, record: Record, now: datetime, desk: Desk) -> dict[str, bool]:
    """Waiting: Bitly is to be asked again. Unavailable: a table is out of reach."""
    row = desk.events.event(id)
    if row is None:
        return NOTHING
    if row.get("isSuppressed") or row.get("shortUrl"):
        return {"found": True, "updated": False}
    page = page_of(row.get("url"))
    if page is None:
        logger.error("no page", extra={"event_id": id})
        return {"found": True, "updated": False}
    received = int(record["attributes"]["ApproximateReceiveCount"])
    link = of_bitly(page, received, now, desk)
    by: Any = "bitly" if link else "own"
    updated = desk.events.keep(id, link or own_link(desk.links_url, id), by)
    logger.info("short link", extra={"event_id": id, "by": by, "updated": updated})
    tell("ShortUrlsByBitly" if link else "ShortUrlsOwn", int(updated))
    return {"found": True, "updated": updated}


def of_bitly(page: str, received: int, now: datetime, desk: Desk) -> str | None:
    """None: Bitly makes none, or has been asked often enough."""
    if received > CALLS:
        return None
    try:
        place(desk)
        return desk.bitly.shorten(page, now)
    except Rejected as reason:
        logger.error("refused", extra={"reason": str(reason)})
        return None
    except Unavailable as reason:
        if received == CALLS:
            logger.error("given up", extra={"reason": str(reason)})
            return None
        asked = reason.seconds if isinstance(reason, Throttled) else AGAIN * received
        raise Waiting(str(reason), min(max(asked, AGAIN), LONGEST)) from reason


def place(desk: Desk) -> None:
    """Wait for one in the shared rate. Unavailable: there is none for so long."""
    while grant := desk.window.book(1, desk.rate, patience=PATIENCE):
        if desk.window.wait(grant):
            return
    raise Unavailable("the rate of Bitly is used up")


def tell(name: str, count: int) -> None:
    with single_metric(name, MetricUnit.Count, count, namespace=NAMESPACE):
        pass

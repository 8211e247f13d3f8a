"""Stream of the Demand table -> shortUrlQueue, notificationOutbox, generationQueue: each changed row is queued for whom it is for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.attribute_values import decode_item
from adapters.aws.demand_rows import DemandRows
from adapters.aws.outbox import Outbox
from adapters.aws.scheduler_mark import SchedulerMark
from adapters.aws.session import client, dynamodb
from adapters.aws.wanted_events import WantedEvents
from domain.errors import Rejected, Unavailable
from domain.notifications.events import Sale
from domain.notifications.latecomers import Wanted, late, messages, moved_in
from domain.notifications.routing import Announced, Routed, ToSend, Unshortened, Wish, behind, sorted_out
from handlers.notifications.settings import NAMESPACE, DemandStreamToSqsSettings

Record = Mapping[str, Any]
BAD = (AttributeError, LookupError, OverflowError, TypeError, ValueError, Rejected)  # of a record that is none

logger = Logger(service="demand_stream_to_sqs")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return demand_stream_to_sqs(event["Records"], datetime.now(UTC), **live())


@cache
def live() -> dict[str, Any]:
    env, sqs, tables = DemandStreamToSqsSettings.from_env(), client("sqs"), dynamodb()
    return {
        "desk": Desk(
            Outbox(sqs, env.short_url_queue_url),
            Outbox(sqs, env.outbox_url),
            Outbox(sqs, env.generator_queue_url),
            DemandRows(tables, env.demand_table),
            WantedEvents(tables, env.state_table),
            SchedulerMark(tables, env.state_table),
            timedelta(seconds=float(env.lead_seconds)),
        ),
        "by_the_clock": env.stream_times == "wall",
    }


@dataclass(frozen=True)
class Desk:
    """`lead`: how long before a sale its reminders go out."""

    links: Outbox
    outbox: Outbox
    generator: Outbox
    demand: DemandRows
    wanted: WantedEvents
    mark: SchedulerMark
    lead: timedelta


def demand_stream_to_sqs(
    records: Sequence[Record], now: datetime, *, desk: Desk, by_the_clock: bool = True
) -> dict[str, Any]:
    """Queue what the batch tells; {in, out: messages, failed: records that come again, batchItemFailures}.

    Each message is sent at least once. The stream delivers again all from the first record on whose errand is not done.
    `by_the_clock`: the stream's times are of the clock that tells `now`.
    """
    errands, skipped = sorted_by_errand(records, now if by_the_clock else None)
    out, failed = 0, set[str]()
    for kind, errand in ((Unshortened, shorten), (ToSend, send), (Wish, wish), (Announced, announce)):
        found = errands[kind]
        try:
            out += errand([it for _, it in found], desk) if found else 0
        except Unavailable as reason:
            failed |= {number for number, _ in found}
            logger.error("not queued", extra={"errand": errand.__name__, "records": len(found), "reason": str(reason)})
    tell({"RouterIn": len(records), "RouterOut": out, "RouterFailed": len(failed), "RouterSkipped": skipped})
    first = next((number for record in records if (number := number_of(record)) in failed), None)
    again = [] if first is None else [{"itemIdentifier": first}]
    return {"in": len(records), "out": out, "failed": len(failed), "batchItemFailures": again}


def sorted_by_errand(
    records: Iterable[Record], now: datetime | None
) -> tuple[dict[type[Routed], list[tuple[str, Any]]], int]:
    """Sequence numbers and what is to be done, by kind; and how many records were none. `now` None: nobody knows how late they are."""
    errands: dict[type[Routed], list[tuple[str, Any]]] = defaultdict(list)
    skipped = 0
    for record in records:
        try:
            routed = routed_of(record, now)
        except BAD as reason:
            skipped += 1
            why = str(reason) if isinstance(reason, Rejected) else type(reason).__name__
            logger.error("skipped", extra={"sequence_number": number_of(record), "reason": why})
        else:
            if routed is not None:
                errands[type(routed)].append((number_of(record), routed))
    return errands, skipped


def routed_of(record: Record, now: datetime | None) -> Routed | None:
    """None: it is for nobody. One of BAD: it is no record of the table's stream with new images."""
    if record["eventName"] == "REMOVE":
        return None
    change = record["dynamodb"]
    created = datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC)
    lag = behind(created, now) if now else timedelta()
    return sorted_out(decode_item(change["NewImage"]), created, lag)


def number_of(record: Record) -> str:
    try:
        return str(record["dynamodb"]["SequenceNumber"])
    except (LookupError, TypeError):
        return ""


def shorten(found: Sequence[Unshortened], desk: Desk) -> int:
    """One message an event, however often it has changed."""
    return desk.links.send([it.message() for it in {it.event: it for it in found}.values()])


def send(found: Sequence[ToSend], desk: Desk) -> int:
    by_delay: dict[int, list[ToSend]] = defaultdict(list)
    for it in found:
        by_delay[it.delay].append(it)
    return sum(
        desk.outbox.send([it.message() for it in those], delay_seconds=delay) for delay, those in by_delay.items()
    )


def wish(found: Sequence[Wish], desk: Desk) -> int:
    """The events are wanted now, the rows lie where generators look for them, and who is late is told of by a message."""
    desk.wanted.mark({it.event for it in found}, max(it.at for it in found))
    for it in found:
        if not it.placed:
            desk.demand.place(it.key, it.fan, it.event, it.sale)
    claimed = desk.mark.claimed()
    if claimed is None:
        return 0
    opened = claimed - desk.lead
    return desk.generator.send(messages(late(found, read_sales(found, desk), claimed, opened), opened))


def announce(found: Sequence[Announced], desk: Desk) -> int:
    """A sale that comes into a window that is open is told of now: the next run would be too late."""
    claimed = desk.mark.claimed()
    if claimed is None:
        return 0
    return desk.generator.send(moved_in(found, read_sales(found, desk), claimed, claimed - desk.lead))


def read_sales(found: Iterable[Wish | Announced], desk: Desk) -> dict[Wanted, Sale]:
    """Those that can be read, as they stand now: others write such rows too."""
    sales: dict[Wanted, Sale] = {}
    for row in desk.demand.sales({(it.event, it.sale) for it in found}):
        try:
            sale = Sale.of(row)
        except (KeyError, TypeError, Rejected) as reason:
            logger.error("no sale", extra={"key": [row["PK"], row["SK"]], "reason": type(reason).__name__})
        else:
            sales[sale.event_id, sale.id] = sale
    return sales


def tell(counts: Mapping[str, int]) -> None:
    logger.info("routed", extra=dict(counts))
    for name, count in counts.items():
        with single_metric(name, MetricUnit.Count, count, namespace=NAMESPACE):
            pass

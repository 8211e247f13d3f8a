"""Kinesis `smsStatusStream` -> Demand table: what became of each text, forward only; and who wants no more of them.

AWS End User Messaging tells of its texts by SNS, which may call this too.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.archive_bucket import ONE_TRY
from adapters.aws.demand_dates import DemandDates
from adapters.aws.notification_rows import NotificationRows
from adapters.aws.opt_out_list import OptOutList
from adapters.aws.parked_records import ParkedRecords
from adapters.aws.session import client, dynamodb
from adapters.aws.stray_statuses import stray_statuses
from adapters.files import rule_files
from domain.errors import Unavailable
from domain.notifications.classifying import SendingRules
from domain.notifications.status_events import Reply, Told
from handlers.notifications.noting.arriving import Arrival, arrivals, line
from handlers.notifications.noting.desk import Desk, note
from handlers.notifications.noting.measuring import count, measure
from handlers.notifications.noting.replying import heed
from handlers.notifications.rules import folder
from handlers.notifications.settings import SmsStatusConsumerSettings

NAME = "sms_status_consumer"
DONE = frozenset({"noted", "repeated", "replied", "left"})
OUTCOMES = ("noted", "repeated", "replied", "ignored", "parked", "left")
Became = dict[int, str]  # by the place of a record: what became of it

logger = Logger(service=NAME)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return sms_status_consumer(event["Records"], **live())


@cache
def live() -> dict[str, Any]:
    env = SmsStatusConsumerSettings.from_env()
    tables = dynamodb()
    return {
        "desk": Desk(
            NotificationRows(tables, env.demand_table),
            DemandDates(tables, env.demand_table),
            OptOutList(tables, env.state_table),
            SendingRules.of(rule_files.read(folder(), "sending")),
        ),
        "strays": stray_statuses(client("s3", ONE_TRY), env.notifications_bucket, NAME),
    }


def sms_status_consumer(records: Sequence[Mapping[str, Any]], *, desk: Desk, strays: ParkedRecords) -> dict[str, Any]:
    """Kinesis delivers again all from the first record on that is neither written down nor parked; SNS, the event.

    Answers {in, noted, repeated, replied, ignored, parked, left, batchItemFailures}; `in` is the sum of the six after it.
    Unavailable: not all of an event of SNS's could be written down.
    """
    arrived = arrivals(records)
    became = _noted(arrived, desk) | _replied(arrived, desk.opt_outs)
    became |= _parked(arrived, became, strays)
    told = [became.get(place, "ignored") for place in range(len(arrived))]
    counts = tell(arrived, told)
    left = [it.number for it, outcome in zip(arrived, told, strict=True) if outcome == "left"]
    if left and "Sns" in records[0]:
        raise Unavailable(f"{len(left)} of {len(arrived)} statuses could not be written down")
    return {**counts, "batchItemFailures": [{"itemIdentifier": number} for number in left[:1]]}


def _noted(arrived: Sequence[Arrival], desk: Desk) -> Became:
    told = {place: it.says for place, it in enumerate(arrived) if isinstance(it.says, Told)}
    noted = note([*told.values()], desk)
    measure(noted.moves, desk.rules)
    for why in noted.why:
        logger.error("left", extra={"reason": why})
    return dict(zip(told, noted.outcomes, strict=True))


def _replied(arrived: Sequence[Arrival], opt_outs: OptOutList) -> Became:
    told = {place: it.says for place, it in enumerate(arrived) if isinstance(it.says, Reply)}
    left = heed([*told.values()], opt_outs)
    for why in {it for it in left if it}:
        logger.error("left", extra={"reason": why})
    return {place: "left" if why else "replied" for place, why in zip(told, left, strict=True)}


def _parked(arrived: Sequence[Arrival], became: Became, strays: ParkedRecords) -> Became:
    """Those that nobody can read, and statuses of notifications that are not there (any more)."""
    whys = {place: it.stray or became.get(place, "") for place, it in enumerate(arrived)}
    aside = {place: why for place, why in whys.items() if why and became.get(place) not in DONE}
    if not aside:
        return {}
    first = arrived[min(aside)].name.replace(":", "-")
    try:
        key = strays.park(first, [line(arrived[place], why) for place, why in aside.items()])
    except Unavailable as reason:
        logger.error("not parked", extra={"records": len(aside), "reason": str(reason)})
        return dict.fromkeys(aside, "left")
    for place, why in aside.items():
        logger.error("parked", extra={"event_id": arrived[place].name, "reason": why, "key": key})
    return dict.fromkeys(aside, "parked")


def tell(arrived: Sequence[Arrival], told: Sequence[str]) -> dict[str, int]:
    """A line a batch, and the counts as metrics; never a value of a record."""
    found = Counter(told)
    counts = {"in": len(told), **{outcome: found[outcome] for outcome in OUTCOMES}}
    logger.info("statuses", extra={"since": arrived[0].name if arrived else None, "counts": counts})
    for name in ("parked", "left"):
        count(f"Statuses{name.capitalize()}", counts[name])
    return counts

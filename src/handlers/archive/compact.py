"""Archive bucket -> archive bucket: each kind and date in as few files as its size asks for, sorted, without duplicates, nightly."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from botocore.config import Config

from adapters.aws.archive_versions import ArchiveVersions
from adapters.aws.leases import Held, Lease, Lost
from adapters.aws.session import QUICK, client
from domain.archive.compaction import Partition, partitions, passes
from domain.archive.kinds import KINDS
from domain.archive.places import DATA
from domain.errors import Rejected, Unavailable, Unknown
from handlers.archive.compacting.replacing import Replaced, replace
from handlers.archive.settings import NAMESPACE, CompactSettings

# Three tries of half a minute are less than the time that a lease has left when a call begins.
FILES = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=5, read_timeout=30)
# Seconds kept back, and the deflated bytes that a second is enough for, with half a processor (measured: 1.9 MB with a whole one).
RESERVE, PACE = 15.0, 800_000

METRICS = {"PartitionsLeft": "left", "PartitionsUnreadable": "unreadable"}  # what somebody has to look at

Outcome = Replaced | Literal["left", "unreadable"]

logger = Logger(service="compact")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return compact(event, f"compact {context.aws_request_id}", context.get_remaining_time_in_millis, **live())


@cache
def live() -> dict[str, Any]:
    env = CompactSettings.from_env()
    return {
        "files": ArchiveVersions(client("s3", FILES), env.archive_bucket),
        "lease": lambda holder: Lease(client("dynamodb", QUICK), env.archive_ledger_table, holder),
        "target": int(env.target_bytes),
    }


def compact(
    event: Mapping[str, Any],
    holder: str,
    remaining: Callable[[], int],
    *,
    files: ArchiveVersions,
    lease: Callable[[str], Lease],
    target: int,
) -> dict[str, Any]:
    """`kinds` and `dates` of the event narrow what is looked at; `remaining` is in milliseconds.

    Answers {partitions, before, after, rows, duplicates, left, unreadable}. `left` is for the next night, for want of time or of an
    answer of S3's (in a quarter of an hour some 350 MB of one kind and date can be done: more stays as it is). `unreadable` has a
    file that only people can mend. Where another one rewrites the archive nothing is done, and `heldBy` says who.
    Lost: another one has begun meanwhile.
    """
    now = datetime.fromisoformat(event["scheduledTime"]).astimezone(UTC)
    try:
        with lease(holder).held() as held:
            outcomes = [
                _outcome(partition, target, now, remaining, files, held)
                for kind in event.get("kinds", KINDS)
                for partition in partitions(files.files(f"{DATA}{kind}/"))
                if partition.day in event.get("dates", (partition.day,)) and not partition.settled(target)
            ]
    except Held as reason:
        logger.warning("held", extra={"heldBy": reason.holder, "until": reason.until.isoformat()})
        return {**_answer([]), "heldBy": reason.holder}
    answer = _answer(outcomes)
    logger.info("compact", extra=answer)
    for name, part in METRICS.items():
        with single_metric(name, MetricUnit.Count, answer[part], namespace=NAMESPACE):
            pass
    return answer


def _outcome(
    partition: Partition,
    target: int,
    now: datetime,
    remaining: Callable[[], int],
    files: ArchiveVersions,
    lease: Lease,
) -> Outcome:
    """One that there is no time for is passed over: a smaller one may come behind it."""
    about: dict[str, Any] = {"kind": partition.kind, "date": partition.day, "bytes": partition.size}
    if remaining() / 1000 < RESERVE + partition.size * passes(partition.size).count / PACE:
        logger.warning("left", extra={**about, "reason": "no time"})
        return "left"
    try:
        replaced = replace(partition, target, now, files=files, lease=lease)
    except (Rejected, Unknown) as reason:
        logger.error("unreadable", extra={**about, "reason": str(reason)})
        return "unreadable"
    except Unavailable as reason:
        if isinstance(reason, Lost):
            raise
        logger.warning("left", extra={**about, "reason": str(reason)})
        return "left"
    logger.info("compacted", extra={**about, **asdict(replaced)})
    return replaced


def _answer(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    done = [one for one in outcomes if isinstance(one, Replaced)]
    total = {name: sum(getattr(one, name) for one in done) for name in asdict(Replaced())}
    return {
        "partitions": len(done),
        **total,
        "left": outcomes.count("left"),
        "unreadable": outcomes.count("unreadable"),
    }

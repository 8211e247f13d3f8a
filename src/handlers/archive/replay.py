"""Plan of a replay -> archive bucket: what could not be archived is, in the order the table changed, and leaves errors/."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.archive_bucket import ONE_TRY, ArchiveBucket
from adapters.aws.leases import Held, Lease
from adapters.aws.replay_ledger import ReplayLedger
from adapters.aws.session import client, dynamodb
from adapters.files.kind_writers import kind_writers
from domain.archive.batch import Batch, KindWriter
from domain.archive.judging import PARKED
from domain.archive.replaying import Part, parts_of, plan_in
from handlers.archive.replaying.settle import settle
from handlers.archive.settings import NAMESPACE, ReplaySettings

RESERVE = 120.0  # seconds; a part takes a few, and with all its tries less than this

logger = Logger(service="replay")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return replay(event["plan"], datetime.now(UTC), context.get_remaining_time_in_millis, **live())


@cache
def live() -> dict[str, Any]:
    env = ReplaySettings.from_env()
    return {
        "bucket": ArchiveBucket(client("s3", ONE_TRY), env.archive_bucket),
        "ledger": ReplayLedger(dynamodb(), env.archive_ledger_table),
        "lease": lambda holder: Lease(dynamodb(), env.archive_ledger_table, holder),
        "writers": kind_writers(),
    }


def replay(
    key: str,
    now: datetime,
    remaining: Callable[[], int],
    *,
    bucket: ArchiveBucket,
    ledger: ReplayLedger,
    lease: Callable[[str], Lease],
    writers: Mapping[str, KindWriter],
) -> dict[str, Any]:
    """Do the plan's parts that are left, as far as time allows; `key` is the plan's, `remaining` is in milliseconds.

    Answers {plan, left, outcomes}: call again while parts are `left`. Only one plan, compaction or erasure works at a time: where
    another one does nothing is done, and `heldBy` says who. A plan that has been done has no parts, so doing it again does nothing.
    """
    plan = plan_in(key)
    outcomes: Counter[str] = Counter()
    try:
        with lease(f"replay {plan}").held() as held:
            waiting = list(bucket.keys(parts_of(plan)))
            while waiting and remaining() / 1000 > RESERVE:
                held.keep()
                part = Part.from_json(orjson.loads(bucket.read(waiting[0])))
                batch, counts = settle(part, now, bucket=bucket, ledger=ledger, writers=writers)
                outcomes += counts
                del waiting[0]
                tell(part, batch, counts, bucket.bucket)
    except Held as reason:
        logger.warning("held", extra={"plan": plan, "heldBy": reason.holder, "until": reason.until.isoformat()})
        return {"plan": plan, "left": len(list(bucket.keys(parts_of(plan)))), "outcomes": {}, "heldBy": reason.holder}
    return {"plan": plan, "left": len(waiting), "outcomes": dict(outcomes)}


def tell(part: Part, batch: Batch, counts: Counter[str], bucket: str) -> None:
    """Names and numbers, never values: a line a file, a removal and the part, and what was archived as metrics."""
    for file in batch.files:
        about = {"kind": file.kind, "date": file.day, "records": len(file.numbers)}
        logger.info("archived", extra={**about, "s3_location": f"s3://{bucket}/{file.key}"})
    for removal in batch.removals:
        fields = {"event_id": removal.event_id, "redacted": removal.fields, "expired": removal.expired}
        logger.info("redacted", extra=fields)
    logger.info("replayed", extra={"plan": part.plan, "part": part.name, "outcomes": dict(counts)})
    metrics = {
        "ArchivedRecords": sum(len(file.numbers) for file in batch.files),
        "ArchiveFiles": len(batch.files),
        "ArchiveErrors": counts[PARKED],  # given-up records that nobody had judged before
    }
    for name, count in metrics.items():
        with single_metric(name, MetricUnit.Count, count, namespace=NAMESPACE):
            pass

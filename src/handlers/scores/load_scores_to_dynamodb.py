"""Kinesis `scoresStream` -> Scores table: every record of a load into its fan's row, or parked with its reason."""

from base64 import b64decode
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.archive_bucket import ONE_TRY
from adapters.aws.parked_records import ParkedRecords
from adapters.aws.quick_bodies import quicken
from adapters.aws.score_table import CONFIG, ScoreTable
from adapters.aws.session import client
from domain.errors import Rejected, Unavailable
from domain.scores.marks import OUTCOMES, SUPERSEDED
from domain.scores.scored import Scored, scored
from domain.scores.upsert import FAILED, INVALID, Written
from handlers.scores.settings import NAMESPACE, LoadScoresToDynamodbSettings

NAME = "load_scores_to_dynamodb"

logger = Logger(service=NAME)

Record = Mapping[str, Any]


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return load_scores_to_dynamodb(event["Records"], datetime.now(UTC), **live())


@cache
def live() -> dict[str, Any]:
    env = LoadScoresToDynamodbSettings.from_env()
    return {
        "scores": ScoreTable(quicken(client("dynamodb", CONFIG)), env.scores_table),
        "parked": ParkedRecords(client("s3", ONE_TRY), env.scoring_bucket, NAME),
    }


def load_scores_to_dynamodb(
    records: Sequence[Record], now: datetime, *, scores: ScoreTable, parked: ParkedRecords
) -> dict[str, Any]:
    """Write the batch; Kinesis delivers again all from the first record on that is neither written nor parked.

    Answers {in: records, input: those that could be read, created, updated, unchanged, success: the sum of these three, invalid,
    failed, batchItemFailures}; in = success + invalid + failed. What a newer file has overtaken counts as unchanged.
    """
    read = [_read(record) for record in records]
    written = iter(scores.upsert([it for it in read if isinstance(it, Scored)], now))
    became = [next(written) if isinstance(it, Scored) else Written(INVALID, it) for it in read]
    refused = [place for place, it in enumerate(became) if it.status == INVALID]
    if refused and (reason := _park([_line(records[it], read[it], became[it].why) for it in refused], parked)):
        for place in refused:
            became[place] = Written(FAILED, reason)
    counts = _counts(became, sum(isinstance(it, Scored) for it in read))
    tell(records, became, counts)
    first = next((place for place, it in enumerate(became) if it.status == FAILED), None)
    return {**counts, "batchItemFailures": [] if first is None else [{"itemIdentifier": _number(records[first])}]}


def _read(record: Record) -> Scored | str:
    """Or why it cannot be read."""
    try:
        return scored(orjson.loads(b64decode(record["kinesis"]["data"], validate=True)))
    except Rejected as reason:
        return str(reason)
    except ValueError:
        return "not JSON"


def _line(record: Record, it: Scored | str, why: str | None) -> dict[str, Any]:
    """The data stay base64: whatever they are, they are kept as they came."""
    kinesis, load = record["kinesis"], it.load if isinstance(it, Scored) else None
    about = {"eventId": record["eventID"], "arrived": kinesis["approximateArrivalTimestamp"]}
    return {**about, "load": load, "reason": why, "data": kinesis["data"]}


def _park(lines: Sequence[dict[str, Any]], parked: ParkedRecords) -> str | None:
    """None when they are kept; else why they are not."""
    try:
        key = parked.park(lines[0]["eventId"].replace(":", "-"), lines)
    except Unavailable as reason:
        return f"not parked: {reason}"
    for it in lines:
        about = {"event_id": it["eventId"], "load": it["load"], "reason": it["reason"]}
        logger.error("parked", extra={**about, "key": key})
    return None


def _counts(became: Sequence[Written], readable: int) -> dict[str, int]:
    found = Counter("unchanged" if it.status == SUPERSEDED else it.status for it in became)
    told = {name: found[name] for name in (*OUTCOMES[:3], INVALID, FAILED)}
    return {"in": len(became), "input": readable, "success": sum(found[name] for name in OUTCOMES[:3]), **told}


def tell(records: Sequence[Record], became: Sequence[Written], counts: Mapping[str, int]) -> None:
    """A line a batch and one a reason of what failed, and the counts as metrics; never a value of a record."""
    overtaken = sum(it.status == SUPERSEDED for it in became)
    since = records[0]["eventID"] if records else None
    logger.info("upserted", extra={"since": since, "counts": {**counts, "superseded": overtaken}})
    for why, times in Counter(it.why for it in became if it.status == FAILED).items():
        logger.error("failed", extra={"reason": why, "records": times})
    for name, count in {**counts, "superseded": overtaken}.items():
        with single_metric(f"Scores{name.capitalize()}", MetricUnit.Count, count, namespace=NAMESPACE):
            pass


def _number(record: Record) -> str:
    return str(record["kinesis"]["sequenceNumber"])

"""Stream of the Scores table -> its counts: what every change of a fan's row means for its campaign and its load, exactly once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.row_changes import row_changes
from adapters.aws.score_counts import ScoreCounts
from adapters.aws.session import dynamodb
from domain.errors import Unavailable
from domain.scores.audit import shown
from domain.scores.counting import TOUCHED, Change, slices, unseen
from handlers.scores.settings import NAMESPACE, ProcessSavedScoresSettings

READINGS = 10  # of how a shard stands; each further one means that somebody else has got further meanwhile

logger = Logger(service="process_saved_scores")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return process_saved_scores(event, lambda: datetime.now(UTC), **live())


@cache
def live() -> dict[str, Any]:
    return {"counts": ScoreCounts(dynamodb(), ProcessSavedScoresSettings.from_env().scores_table)}


def process_saved_scores(
    event: Mapping[str, Any], clock: Callable[[], datetime], *, counts: ScoreCounts, touched: int = TOUCHED
) -> dict[str, Any]:
    """Count a batch of one shard, slice by slice; Lambda delivers again all from the first change on that is in no slice.

    Answers {count: changes of fans' rows that are counted, state, batchItemFailures}. The mapping has a tumbling window, only so that
    the event names the shard: `state` stays empty. `touched`: items of one transaction. RuntimeError: the event names no shard.
    """
    if "shardId" not in event:
        raise RuntimeError("the event names no shardId: the mapping needs a tumbling window")
    changes = row_changes(event.get("Records", ()))
    left = _count(event["shardId"], changes, counts, clock, touched) if changes else []
    done = len(changes) - len(left)
    for name, number in {"SavedScores": done, "SavedScoresLeft": len(left)}.items():
        with single_metric(name, MetricUnit.Count, number, namespace=NAMESPACE):
            pass
    return {"count": done, "state": {}, "batchItemFailures": [{"itemIdentifier": it.sequence} for it in left[:1]]}


def _count(
    shard: str, changes: list[Change], counts: ScoreCounts, clock: Callable[[], datetime], touched: int
) -> list[Change]:
    """What is left of them when the table is out of reach, or others were in the way beyond patience."""
    left, told = changes, False
    try:
        for _ in range(READINGS):
            standing = counts.standing(shard, {it.campaign for it in left})
            left, watermark = unseen(left, standing.watermark), standing.watermark
            told = told or tell(left)
            for moved in slices(left, standing.fences, touched):
                if moved.touched:
                    if not counts.move(shard, moved, standing, watermark, clock()):
                        break
                    watermark = moved.upto
                left = left[moved.changes :]
            if not left:
                return []
        raise Unavailable(f"{READINGS} times somebody else came first")
    except Unavailable as reason:
        logger.error("left", extra={"shard": shard, "changes": len(left), "reason": str(reason)})
        return left


def tell(changes: Sequence[Change]) -> bool:
    """The audit: a line a change, before it is counted, so that none is counted untold."""
    for it in changes:
        about = {"campaign": it.campaign, "fan": shown(it.fan), "event": it.name, "changed": it.changed}
        logger.info("saved score", extra=about)
    return True

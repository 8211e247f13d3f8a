"""Records of loads as a table takes them, and the table on moto."""

from datetime import UTC, datetime
from typing import Any

import boto3
from score_batches import OLD
from scores_world import TABLE, ScoresWorld

from adapters.aws.batch_items import Backoff
from adapters.aws.quick_bodies import quicken
from adapters.aws.score_table import ScoreTable
from adapters.aws.session import QUICK
from domain.scores.keys import FAN, fan_row
from domain.scores.scored import Scored
from domain.scores.upsert import Written

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
IMPATIENT = Backoff(tries=3, base=0, sleep=lambda seconds: None)


def record(
    fan: str = "g1", score: float = 0.5, version: str = OLD, part: int = 0, rank: int = 0, **more: Any
) -> Scored:
    content = {"campaignId": "c1", "globalUserId": fan, "score": score, "isVerified": score >= 0.5}
    event = {str(rank): {"market": "New York", "score": score}}
    return Scored(
        key=fan_row(FAN, fan, "c1"),
        content=content | more.pop("content", {}),
        load=("a" if version == OLD else "b") * 12,
        version=version,
        part=part,
        **{"rank": rank, "nudetect": {"score": 0.1}, "events": event} | more,
    )


def row(world: ScoresWorld, fan: str = "g1") -> dict[str, Any] | None:
    return world.item(fan_row(FAN, fan, "c1"))


def table(at_once: int = 1) -> ScoreTable:
    return ScoreTable(quicken(boto3.client("dynamodb", config=QUICK)), TABLE, at_once, IMPATIENT)


def statuses(written: list[Written]) -> list[str]:
    return [it.status for it in written]

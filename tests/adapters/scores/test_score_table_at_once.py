"""Several writers of one table over real connections: none overtakes a newer one, none writes over a neighbour, nothing counts twice."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.config import Config
from keyed_tables import make_table
from score_batches import NEW, OLD

from adapters.aws.attribute_values import decode_item
from adapters.aws.batch_items import Backoff
from adapters.aws.quick_bodies import quicken
from adapters.aws.score_table import ScoreTable
from adapters.aws.session import QUICK
from domain.scores.keys import FAN, fan_row
from domain.scores.marks import read_marks
from domain.scores.scored import Scored
from sandbox.ministack import Ministack

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TABLE, AT_ONCE, FANS, PARTS = "ScoresAtOnce", 8, 25, 3
LOADS = {OLD: "a" * 12, NEW: "b" * 12}
CONFIG = QUICK.merge(Config(max_pool_connections=AT_ONCE))


@pytest.fixture(scope="module")
def table(ministack: Ministack) -> Iterator[str]:
    dynamodb = ministack.client("dynamodb")
    make_table(dynamodb, TABLE)
    yield TABLE
    dynamodb.delete_table(TableName=TABLE)


@pytest.fixture
def scores(ministack: Ministack, table: str) -> ScoreTable:
    return writer(ministack)


def writer(ministack: Ministack) -> ScoreTable:
    return ScoreTable(quicken(ministack.client("dynamodb", config=CONFIG)), TABLE, AT_ONCE, Backoff(8, 0.005, 0.05))


def record(fan: str, version: str, part: int, score: float, rank: int = 0, **more: Any) -> Scored:
    content = {"campaignId": "c1", "globalUserId": fan, "score": score, "isVerified": score >= 0.5}
    events = {str(rank): {"market": f"{version} {part}", "score": score}}
    return Scored(
        fan_row(FAN, fan, "c1"), content | more, LOADS[version], version, part, rank, {"score": score}, events
    )


def row(scores: ScoreTable, fan: str) -> dict[str, Any]:
    [found] = scores.rows([fan_row(FAN, fan, "c1")])
    return found


def load(ministack: Ministack, version: str, fans: list[str], chance: random.Random) -> None:
    """One load as Kinesis delivers it: in order, in batches, some of them more than once, and again what failed."""
    scores = writer(ministack)
    left = [record(fan, version, part, part / 10, rank=part) for part in range(PARTS) for fan in fans]
    while left:
        batch = left[: chance.randint(5, 40)]
        statuses = [it.status for it in scores.upsert(batch, NOW)]
        done = next((place for place, it in enumerate(statuses) if it == "failed"), len(batch))
        left = left[max(0, done - chance.choice([0, 0, 7])) :] if len(left) > len(batch) else left[done:]


@pytest.mark.parametrize("seed", range(2))
def test_loads_that_are_written_at_the_same_time_end_as_the_newer_one_says(ministack, scores, seed):
    chance = random.Random(seed)
    fans = [f"{seed}-{number}" for number in range(FANS)]
    with ThreadPoolExecutor(4) as workers:
        versions = [OLD, NEW, OLD, NEW]  # each by two at once, as when a batch times out and is delivered again
        runs = [workers.submit(load, ministack, it, fans, random.Random(chance.random())) for it in versions]
    assert [run.result() for run in runs] == [None] * 4
    for fan in fans:
        stands = row(scores, fan)
        assert (stands["score"], stands["rank"], stands["loadVersion"]) == (0.0, 0, NEW)
        assert stands["origin"] == {"nudetect": {"score": 0}}
        assert {rank: it["market"] for rank, it in stands["events"].items()} == {
            str(n): f"{NEW} {n}" for n in range(PARTS)
        }
        marks = {it.load: it.parts for it in read_marks(stands["loads"])}
        assert marks == {load: frozenset(range(PARTS)) for load in LOADS.values()}
        assert "olderEvents" not in stands


def test_neighbours_who_write_at_the_same_time_lose_nothing(ministack, scores):
    fans = [f"n{number}" for number in range(FANS)]
    dynamodb = ministack.client("dynamodb", config=CONFIG)

    def neighbour(fan: str) -> None:
        for turn in range(3):
            dynamodb.update_item(
                TableName=TABLE,
                Key={name: {"S": it} for name, it in fan_row(FAN, fan, "c1").attributes().items()},
                UpdateExpression="SET verdict = :yes, turn = :turn",
                ExpressionAttributeValues={":yes": {"BOOL": True}, ":turn": {"N": f"{turn}"}},
            )

    with ThreadPoolExecutor(8) as workers:
        told = [workers.submit(neighbour, fan) for fan in fans]
        load(ministack, OLD, fans, random.Random(1))
    assert [it.result() for it in told] == [None] * FANS
    for fan in fans:
        stands = row(scores, fan)
        assert (stands["verdict"], stands["turn"], stands["score"], stands["campaignId"]) == (True, 2, 0, "c1")


def test_a_row_that_would_be_larger_than_the_table_takes_is_invalid(ministack, scores):
    dynamodb = ministack.client("dynamodb")
    written = scores.upsert([record("large", OLD, 0, 0.9), record("small", OLD, 0, 0.9)], NOW)
    assert [it.status for it in written] == ["created", "created"]
    written = scores.upsert(
        [
            record("large", NEW, 0, 0.8, tags=["x" * 410_000]),
            record("small", NEW, 0, 0.8),
            record("large", NEW, 1, 0.7, rank=1),
        ],
        NOW,
    )
    assert [it.status for it in written] == ["invalid", "updated", "updated"]
    key = {name: {"S": it} for name, it in fan_row(FAN, "large", "c1").attributes().items()}
    assert decode_item(dynamodb.get_item(TableName=TABLE, Key=key)["Item"])["score"] == 0.7

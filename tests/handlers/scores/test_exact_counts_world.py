"""The table in memory that the histories run on gives the answers that a DynamoDB emulator gives."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from counting_actors import Actors
from counting_histories import AT_ONCE
from memory_table import MemoryTable, place
from scores_world import TABLE, own, scores_world

from adapters.aws.attribute_values import decode_item
from adapters.aws.score_counts import ScoreCounts
from adapters.aws.score_rows import ScoreRows
from adapters.aws.session import dynamodb
from domain.scores.counting import FIGURES, Figures, Slice
from domain.scores.reconciling import recount

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def world():
    with scores_world() as world:
        yield world


def tried(counts: ScoreCounts, seed: int) -> list[object]:
    """Moves and repairs by what stood there, now and some time ago; what each of them answered."""
    chance, stale, answers = Random(seed), None, []
    for step in range(40):
        standing = counts.standing(f"shard-{chance.randrange(2)}", ("a", "b"))
        shard, seen, at = f"shard-{chance.randrange(2)}", stale or standing, NOON + timedelta(seconds=step)
        figures = Figures(*(chance.randint(-3, 3) for _ in FIGURES))
        moved = Slice(str(100 + step), 1, {chance.choice("ab"): figures}, {("a", "3fa2c1d0e5b7"): {"records": 2}})
        if chance.random() < 0.7:
            answers.append(counts.move(shard, moved, seen, seen.watermark, at))
        else:
            answers.append(counts.repair("a", figures, seen.counts["a"], at, at))
        answers.append(counts.read(("a", "b", "c")))
        stale = standing if chance.random() < 0.5 else None
    return answers


@pytest.mark.parametrize("seed", [1, 2])
def test_conditions_sums_and_answers_are_those_of_a_dynamodb(world, seed):
    memory = MemoryTable()
    answers = tried(ScoreCounts(memory, TABLE, AT_ONCE), seed)
    assert answers == tried(ScoreCounts(dynamodb(), TABLE, AT_ONCE), seed)
    assert {True, False} <= {it for it in answers if isinstance(it, bool)}
    assert sorted(map(repr, map(decode_item, memory.items.values()))) == sorted(map(repr, world.items()))


def test_a_look_finds_the_rows_that_it_would_find_in_a_dynamodb(world):
    memory, chance = MemoryTable(page=3), Random(3)
    actors = Actors(memory.items)
    for step in range(60):
        actors.act(chance, NOON.timestamp() + step)
    for item in memory.items.values():
        own("dynamodb").put_item(TableName=TABLE, Item=item)
    for campaign in (None, "a"):
        found = recount(ScoreRows(memory, TABLE, segments=1).segment(0, campaign))
        assert found == recount(ScoreRows(dynamodb(), TABLE, segments=1).segment(0, campaign))
    assert {place(item)[0] for item in memory.items.values()} >= {"fan:1", "email:fan@people.example"}

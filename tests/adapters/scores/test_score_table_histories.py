"""The histories of a row on a true table, some of their batches written while others are on their way."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from score_batches import emptied
from score_histories import as_the_newest_say, histories
from scores_world import TABLE, scores_world

from adapters.aws.quick_bodies import quicken
from adapters.aws.score_table import ScoreTable
from adapters.aws.session import QUICK
from domain.scores.keys import FAN, fan_row
from domain.scores.marks import read_marks

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FANS = count()
NOT_OURS = {"verdict": True, "events": {"9": {"a": 1}}, "origin": {"device": "x"}, "date": {"created": "2026"}}


@pytest.fixture(scope="module")
def world():
    with scores_world() as world:
        yield emptied(world)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_a_row_ends_as_the_newest_say_beside_what_its_neighbours_wrote(world, history):
    loads, batched, chance = history
    scores = ScoreTable(quicken(boto3.client("dynamodb", config=QUICK)), TABLE, at_once=1)
    key = fan_row(FAN, f"g{next(FANS)}", "c1")
    left = [[replace(record, key=key) for record in batch] for batch in batched]
    neighbours = chance.random() < 0.5
    if neighbours:
        world.put(key, **NOT_OURS)
    while left:
        batch, between = left.pop(0), None
        if left and {it.load for it in batch}.isdisjoint(it.load for it in left[0]) and chance.random() < 0.5:
            between = left.pop(0)
        meanwhile = world.calls.before(2, lambda it=between: scores.upsert(it, NOW)) if between else nullcontext()
        before = len(world.calls.made)
        with meanwhile:
            assert len(scores.upsert(batch, NOW)) == len(batch)
        if between and len(world.calls.made) < before + 2:  # there was nothing to write, so nobody came between
            scores.upsert(between, NOW)
    row = world.item(key)
    marks, origin = {it.load: it for it in read_marks(row.pop("loads"))}, row.pop("origin", {})
    expected, nudetect = as_the_newest_say(loads)
    theirs = {name: row.pop(name) for name in ("verdict", "date") if neighbours}
    if neighbours:
        assert theirs == {"verdict": True, "date": {"created": "2026"}}
        assert (row["events"].pop("9"), origin["device"]) == ({"a": 1}, "x")
        row["olderEvents"].pop("9")  # of no load of ours, so any may write it
    assert row.pop("updated")
    row = {name: value for name, value in row.items() if name not in ("PK", "SK") and value != {}}
    assert (row, origin.get("nudetect")) == (expected, nudetect)
    assert {load: set(it.parts) for load, it in marks.items()} == {
        load[0].load: set(range(len(load))) for load in loads
    }

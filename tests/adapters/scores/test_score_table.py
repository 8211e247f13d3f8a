"""Records of loads on a true table: what the rows become, and what each record is told."""

from dataclasses import replace

import boto3
import pytest
from score_batches import NEW, OLD, emptied
from score_rows import NOW, record, row, statuses, table
from scores_world import TABLE, scores_world

from domain.scores.keys import EMAIL, FAN, fan_row
from domain.scores.marks import REMEMBERED, read_marks
from domain.scores.scored import Scored


@pytest.fixture(scope="module")
def kept():
    with scores_world() as world:
        yield world


@pytest.fixture
def world(kept):
    return emptied(kept)


@pytest.fixture
def scores(world):
    return table()


def test_rows_are_made_and_numbers_are_numbers(world, scores):
    assert statuses(scores.upsert([record(score=0.123456789012345), record("g2", 1)], NOW)) == ["created", "created"]
    assert row(world) == {
        "PK": "fan:g1",
        "SK": "campaign:c1",
        "campaignId": "c1",
        "globalUserId": "g1",
        "score": 0.123456789012345,
        "isVerified": False,
        "rank": 0,
        "origin": {"nudetect": {"score": 0.1}},
        "events": {"0": {"market": "New York", "score": 0.123456789012345}},
        "updated": "2026-11-21T12:00:00.000Z",
        "loadVersion": OLD,
        "loads": "aaaaaaaaaaaa:created:0",
    }


@pytest.mark.parametrize("at_once", [1, 16])
def test_statuses_come_in_the_order_of_the_records_whatever_is_read_together(world, at_once):
    fans = [f"g{number}" for number in range(104)]
    table(at_once).upsert([record(fan) for fan in fans[::2]], NOW)
    given = [record(fan, 0.6, NEW, part) for part in range(2) for fan in fans]
    expected = ["updated", "created"] * 52 + ["unchanged"] * 104
    assert statuses(table(at_once).upsert(given, NOW)) == expected
    assert len(world.items()) == 104
    assert world.calls.made.count("dynamodb.UpdateItem") == 52 + 104


def test_no_load_reaches_a_row_unseen_by_its_stream_however_many_reach_it_together(world, scores):
    """The stream counts a load by its mark: a load whose mark came and went in one write would never be settled."""
    many = [replace(record(), load=f"{n:012x}") for n in range(2 * REMEMBERED + 1)]
    seen = set()

    def look(**_):
        with world.calls.own():
            seen.update(mark.load for mark in read_marks(row(world)["loads"]))

    scores.dynamodb.meta.events.register("after-call.dynamodb.UpdateItem", look)
    assert statuses(scores.upsert(many, NOW)) == ["created"] + ["unchanged"] * (len(many) - 1)
    assert seen == {it.load for it in many}
    assert statuses(scores.upsert(many[-REMEMBERED:], NOW)) == ["unchanged"] * REMEMBERED


def test_nothing_to_write_asks_nothing(world, scores):
    assert scores.upsert([], NOW) == []
    scores.upsert([record()], NOW)
    before = len(world.calls.made)
    assert statuses(scores.upsert([record(), record()], NOW)) == ["unchanged", "unchanged"]
    assert world.calls.made[before:] == ["dynamodb.BatchGetItem"]


def test_neighbours_attributes_stay_to_the_byte(world, scores):
    theirs = {
        "verdict": True,
        "codes": [{"id": "x", "marketId": 1}],
        "selectedEvents": {"7": True},
        "date": {"created": "2026", "updated": "2026"},
        "origin": {"device": {"a": [1, None]}, "nudetect": {"score": 0.9}},
        "events": {"7": {"a": 1}},
    }
    world.put(fan_row(FAN, "g1", "c1"), **theirs)
    assert statuses(scores.upsert([record(), record(version=NEW, nudetect=None)], NOW)) == ["updated", "updated"]
    now = row(world)
    assert now["origin"] == {"device": {"a": [1, None]}}
    assert now["events"] == {"7": {"a": 1}, "0": {"market": "New York", "score": 0.5}}
    assert {name: now[name] for name in ("verdict", "codes", "selectedEvents", "date")} == {
        name: theirs[name] for name in ("verdict", "codes", "selectedEvents", "date")
    }


def test_a_fanlists_rows_are_of_any_of_the_three_keys(world, scores):
    key = fan_row(EMAIL, "ana@people.example", "c1")
    fan = Scored(key, {"email": "ana@people.example", "score": 0.7, "listName": "vips"}, "c" * 12, OLD, 0)
    assert statuses(scores.upsert([fan], NOW)) == ["created"]
    assert world.item(key)["listName"] == "vips"
    assert [it["score"] for it in scores.rows([key, fan_row(FAN, "none", "c1")], ("score",))] == [0.7]


@pytest.mark.parametrize("first", [None, OLD, NEW])
@pytest.mark.parametrize("call", [1, 2, 3])
def test_an_older_score_never_overwrites_a_newer_one_that_comes_in_between(world, scores, first, call):
    """D-8: whatever stands, and whenever the newer one is written while the older one is on its way."""
    if first:
        scores.upsert([record(score=0.2, version=first, part=7)], NOW)
    newer = record(score=0.9, version=NEW, content={"memberId": "m"})
    with world.calls.before(call, lambda: table().upsert([newer], NOW)):
        [late] = scores.upsert([record(score=0.1, content={"tags": ["old"]})], NOW)
        if call > 2:  # it was done before
            table().upsert([newer], NOW)
    stands = row(world)
    assert (stands["score"], stands["loadVersion"], stands["memberId"]) == (0.9, NEW, "m")
    assert "tags" not in stands
    assert stands["events"]["0"]["score"] == 0.9
    assert {one.split(":")[0] for one in stands["loads"].split(";")} == {"a" * 12, "b" * 12}
    assert late.status == ("superseded" if call < 3 or first == NEW else "created" if first is None else "updated")


@pytest.mark.parametrize("theirs", [True, False])
def test_a_row_that_goes_while_it_is_written_is_made_anew_and_whole(world, scores, theirs):
    if theirs:
        world.put(fan_row(FAN, "g1", "c1"), campaignId="c1", verdict=True)
    else:
        scores.upsert([record()], NOW)
    with world.calls.before(2, lambda: delete("g1")):
        assert statuses(scores.upsert([record(score=0.9, version=NEW)], NOW)) == ["created"]
    assert (row(world)["campaignId"], row(world)["events"]["0"]["score"]) == ("c1", 0.9)


@pytest.mark.parametrize("gone", ["events", "origin"])
def test_a_map_that_a_neighbour_takes_away_meanwhile_is_made_again(world, scores, gone):
    scores.upsert([record()], NOW)
    with world.calls.before(2, lambda: world.put(fan_row(FAN, "g1", "c1"), **without(row(world), gone))):
        assert statuses(scores.upsert([record(score=0.9, version=NEW, nudetect={"score": 0.3})], NOW)) == ["updated"]
    assert row(world)["events"] == {"0": {"market": "New York", "score": 0.9}}
    assert row(world)["origin"] == {"nudetect": {"score": 0.3}}


def without(item, *names):
    return {name: value for name, value in item.items() if name not in (*names, "PK", "SK")}


def delete(fan):
    keys = fan_row(FAN, fan, "c1").attributes().items()
    boto3.client("dynamodb").delete_item(TableName=TABLE, Key={name: {"S": value} for name, value in keys})

"""Records of loads on a true table: what the rows become, and what each record is told."""

from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from score_batches import NEW, OLD, before_each, emptied, refuse, refused
from scores_world import TABLE, scores_world

from adapters.aws.batch_items import Backoff
from adapters.aws.quick_bodies import quicken
from adapters.aws.score_table import ScoreTable
from adapters.aws.session import QUICK
from domain.scores.keys import EMAIL, FAN, fan_row
from domain.scores.scored import Scored

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
IMPATIENT = Backoff(tries=3, base=0, sleep=lambda seconds: None)


def record(fan="g1", score=0.5, version=OLD, part=0, rank=0, **more):
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


IMPOSSIBLE = record(part=1, rank=5, events={"5": {"score": 1e-200}})


def row(world, fan="g1"):
    return world.item(fan_row(FAN, fan, "c1"))


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


def table(at_once=1):
    return ScoreTable(quicken(boto3.client("dynamodb", config=QUICK)), TABLE, at_once, IMPATIENT)


def statuses(written):
    return [it.status for it in written]


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


def test_a_row_that_others_keep_writing_is_failed_and_nothing_of_it_is_written(world, scores):
    scores.upsert([record()], NOW)
    parts = iter(range(1, 100))
    before_each(
        scores.dynamodb, "UpdateItem", lambda body: table().upsert([record(part=next(parts), rank=3)], NOW) and None
    )
    [written] = scores.upsert([record(score=0.9, version=NEW)], NOW)
    assert (written.status, written.why) == ("failed", "others kept writing the row")
    assert row(world)["score"] == 0.5


def test_what_the_table_can_never_hold_is_invalid_and_harms_no_other(world, scores):
    # moto does not weigh what an update makes of an item
    refuse(scores.dynamodb, "UpdateItem", "ValidationException", holding=b'"too much"')
    endless = {}
    for _ in range(2000):
        endless = {"a": endless}
    given = [
        record("g1"),
        record("x" * 3000),
        record("g2", content={"tags": ["too much"]}),
        record("g3", content={"accountScore": 1e300}),
        record("g4", events={"0": endless}),
        record("g5"),
    ]
    assert statuses(scores.upsert(given, NOW)) == ["created", "invalid", "invalid", "invalid", "invalid", "created"]
    assert [it["globalUserId"] for it in world.items()] == ["g1", "g5"]


def test_of_several_records_of_a_row_only_the_impossible_one_is_invalid(world, scores):
    assert statuses(scores.upsert([record(score=0.2), IMPOSSIBLE, record(score=0.8, part=2)], NOW)) == [
        "created",
        "invalid",
        "updated",
    ]
    assert (row(world)["score"], row(world)["loads"]) == (0.8, "aaaaaaaaaaaa:created:0,2")


def test_foreign_marks_make_a_record_invalid_and_stay(world, scores):
    world.put(fan_row(FAN, "g1", "c1"), loads="not ours")
    assert statuses(scores.upsert([record()], NOW)) == ["invalid"]
    assert row(world)["loads"] == "not ours"


def test_a_throttled_table_fails_the_rows_it_concerns_and_no_text_tells_of_a_fan(world, scores):
    refuse(scores.dynamodb, "UpdateItem", "ProvisionedThroughputExceededException", holding=b"fan:g2")
    written = scores.upsert([record("g1"), record("g2"), record("g3"), record("g2", part=1)], NOW)
    assert statuses(written) == ["created", "failed", "created", "failed"]
    assert "g2" not in written[1].why
    assert row(world, "g2") is None


def test_a_throttle_that_passes_is_waited_for(world, scores):
    refuse(scores.dynamodb, "UpdateItem", "TransactionConflictException", holding=b"fan:g1", times=2)
    assert statuses(scores.upsert([record()], NOW)) == ["created"]


def test_a_table_that_takes_nothing_is_not_asked_for_every_row(world, scores):
    refuse(scores.dynamodb, "UpdateItem", "ThrottlingException", holding=b"fan:")
    written = scores.upsert([record(f"g{number}") for number in range(50)], NOW)
    assert statuses(written) == ["failed"] * 50
    assert world.calls.made.count("dynamodb.UpdateItem") == 3 * IMPATIENT.tries


def test_a_table_out_of_reach_fails_all(world, scores):
    def out_of_reach(body):
        raise EndpointConnectionError(endpoint_url="")

    before_each(scores.dynamodb, "BatchGetItem", out_of_reach)
    assert statuses(scores.upsert([record(), record("g2")], NOW)) == ["failed", "failed"]


def test_a_read_that_is_throttled_fails_its_rows(world, scores):
    refuse(scores.dynamodb, "BatchGetItem", "ThrottlingException", holding=b"fan:g0")
    written = scores.upsert([record(f"g{number}") for number in range(106)], NOW)
    assert statuses(written) == ["failed"] * 53 + ["created"] * 53  # two reads of as many


def test_none_overtakes_one_that_failed_when_each_goes_by_itself(world, scores):
    refuse(scores.dynamodb, "UpdateItem", "ThrottlingException", holding=b'"0.25"')
    given = [record(score=0.25), IMPOSSIBLE, record(score=0.8, part=2)]
    assert statuses(scores.upsert(given, NOW)) == ["failed"] * 3
    assert row(world) is None


def test_what_is_no_matter_of_a_record_is_raised(world, scores):
    refuse(scores.dynamodb, "UpdateItem", "AccessDeniedException", holding=b"fan:g1")
    with pytest.raises(ClientError, match="AccessDenied"):
        scores.upsert([record()], NOW)


def test_an_answer_that_never_came_is_found_out_by_reading(world, scores):
    """The write has happened, and we are told that it has not: the row then stands as we have written it."""
    left = iter([lambda: table().upsert([record()], NOW) and refused("InternalServerError", 500)])
    before_each(scores.dynamodb, "UpdateItem", lambda body: next(left, lambda: None)())
    assert statuses(scores.upsert([record()], NOW)) == ["unchanged"]
    assert row(world)["loads"] == "aaaaaaaaaaaa:created:0"


def without(item, *names):
    return {name: value for name, value in item.items() if name not in (*names, "PK", "SK")}


def delete(fan):
    keys = fan_row(FAN, fan, "c1").attributes().items()
    boto3.client("dynamodb").delete_item(TableName=TABLE, Key={name: {"S": value} for name, value in keys})

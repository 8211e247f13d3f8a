"""What a table may refuse, for a while or for good, and what each record is told of it."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from score_batches import NEW, before_each, emptied, refuse, refused
from score_rows import IMPATIENT, NOW, record, row, statuses, table
from scores_world import scores_world

from domain.scores.keys import FAN, fan_row

IMPOSSIBLE = record(part=1, rank=5, events={"5": {"score": 1e-200}})


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

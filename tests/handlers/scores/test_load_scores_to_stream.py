"""A file that was dropped is on the stream once and counted, its refused rows are kept with their reasons, and a verdict is due."""

import json
from types import SimpleNamespace

import pytest
from loading_world import CAMPAIGN, KEY, LONG, LoadingWorld, file_of, loading_world, row, some_rows

from domain.errors import Unavailable
from domain.scores.load import LOADED
from handlers.scores import load_scores_to_stream as loader

NOTHING = dict.fromkeys(("in", "out", "valid", "invalid", "failed"), 0)


@pytest.fixture(scope="module")
def shared():
    with loading_world(chunk=10) as world:
        yield world


@pytest.fixture
def world(shared):
    return shared.anew()


def test_each_fan_s_rows_become_one_record_and_the_verdict_is_due(world: LoadingWorld):
    event = world.drop(file_of([row("g1"), row("g2", score=0.2, verified="false"), row("g1", 1, score=0.7)]))
    assert world.deliver(event) == {
        "count": {"in": 3, "out": 2, "valid": 3, "invalid": 0, "failed": 0},
        "batchItemFailures": [],
    }
    load = world.load(event)
    records = world.records(event)
    assert set(records) == {("g1", 0), ("g2", 0)}
    [first] = records["g1", 0]
    assert first == {
        "campaignId": CAMPAIGN,
        "globalUserId": "g1",
        "email": "g1@example.com",
        "score": 0.9,
        "isVerified": True,
        "rank": "0",
        "events": {
            "0": {"market": "New York", "score": 0.9, "isVerified": True},
            "1": {"market": "New York", "score": 0.7, "isVerified": True},
        },
        "__meta": {
            "correlation": load.load,
            "date": first["__meta"]["date"],
            "load": load.load,
            "version": load.drop.version,
            "part": 0,
        },
    }
    assert (load.state, load.told, load.progress.figures["combined"]) == (LOADED, True, 1)
    assert world.verdicts() == [{"campaignId": CAMPAIGN, "count": 2, "loadId": load.load}]


def test_a_file_of_several_chunks_adds_up_and_its_refused_rows_are_kept_chunk_by_chunk(world: LoadingWorld):
    event = world.drop(file_of(some_rows(30)))
    assert world.deliver(event)["count"] == {"in": 40, "out": 36, "valid": 36, "invalid": 4, "failed": 0}
    load = world.load(event)
    assert load.progress.reasons == {"bad_score": 4}
    assert load.progress.place.part == 4
    refused = world.refused(event)
    assert set(refused) == {f"part-{part:06d}.jsonl" for part in (0, 1, 2)}
    [one] = refused["part-000000.jsonl"]
    assert (one["row"], one["line"], one["reasons"]) == (4, 5, ["bad_score"])
    assert one["cells"]["score"] == "high"
    assert one["cells"]["globalUserId"] == "g3x"


SHAPES = {
    "an event in a message": lambda world, event: world.deliver(event),
    "a notification in a message": lambda world, event: world.deliver(world.notification(event)),
    "an event by hand": lambda world, event: world.call(event),
    "a notification by hand": lambda world, event: world.call(world.notification(event)),
}
ODD_KEY = "scrubbed/registrants.campaign-123.Beyoncé + Jay-Z 100%.2026-02-13T10:00:00.csv"


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_whatever_shape_tells_of_the_file_it_is_the_same_load(world: LoadingWorld, shape):
    event = world.drop(file_of(some_rows(9)), ODD_KEY)
    assert shape(world, event)["count"] == {"in": 12, "out": 10, "valid": 11, "invalid": 1, "failed": 0}
    load, before = world.load(event), world.outcome(event)
    assert load.drop.arrival.key == ODD_KEY
    for again in SHAPES.values():
        assert again(world, event)["count"]["out"] == 10
    assert world.outcome(event) == before
    assert len(world.verdicts()) == 1


def test_a_file_that_is_told_of_twice_is_loaded_once_and_answers_the_same(world: LoadingWorld):
    event = world.drop(file_of(some_rows(30)))
    first = world.deliver(event)
    made = len(world.scores.calls.made)
    assert world.deliver(event) == first
    assert world.scores.calls.made[made:] == ["dynamodb.UpdateItem"]
    assert {len(them) for them in world.records(event).values()} == {1}
    assert len(world.verdicts()) == 1


def test_the_same_file_put_again_is_a_load_of_its_own(world: LoadingWorld):
    events = [world.drop(file_of(some_rows(9))) for _ in range(2)]
    for event in events:
        world.deliver(event)
    one, other = map(world.load, events)
    assert one.progress.figures == other.progress.figures
    assert one.load != other.load
    assert [it["loadId"] for it in world.verdicts()] == [one.load, other.load]


def test_of_several_files_in_one_message_the_figures_are_summed(world: LoadingWorld):
    one = world.notification(world.drop(file_of([row("g1")])))
    other = world.notification(world.drop(file_of([row("g1"), row("g2"), "x\n"]), KEY.replace("taylor", "ed")))
    both = {"Records": [*one["Records"], *other["Records"]]}
    assert world.deliver(both)["count"] == {"in": 4, "out": 3, "valid": 3, "invalid": 1, "failed": 0}
    assert len(world.verdicts()) == 2


def test_while_one_delivery_is_at_work_another_waits_for_its_end_and_does_nothing(world: LoadingWorld):
    event = world.drop(file_of(some_rows(30)))
    answers = []
    with world.scores.calls.before(4, lambda: answers.append(world.deliver(event))):
        first = world.deliver(event)
    assert answers == [{"count": NOTHING, "batchItemFailures": [{"itemIdentifier": "m0"}]}]
    assert first["count"]["out"] == 36
    assert {len(them) for them in world.records(event).values()} == {1}
    assert world.deliver(event) == first
    assert len(world.verdicts()) == 1


def test_nothing_of_the_file_is_told_before_the_load_is_durable(world: LoadingWorld):
    event = world.drop(file_of(some_rows(30)))
    before = len(world.scores.calls.made)
    world.deliver(event)
    made = world.scores.calls.made[before:]
    told = made.index("sqs.SendMessage")
    assert made.count("sqs.SendMessage") == 1
    assert "kinesis.PutRecords" not in made[told:]
    assert made[told - 1] == made[told + 1] == "dynamodb.UpdateItem"  # loaded, and told
    assert len(made) == told + 2


NOT_OURS = {
    "another name": "scrubbed/entries.csv",
    "another place": "errors/campaign-123/x/part-000000.jsonl",
    "a fanlist": "fanlist/scored/campaign-123/1.csv",
}


@pytest.mark.parametrize("key", NOT_OURS.values(), ids=NOT_OURS)
def test_a_file_of_another_name_is_refused_and_does_not_come_again(world: LoadingWorld, key):
    event, items = world.drop(b"x", key), world.scores.items()
    assert world.deliver(event) == {"count": NOTHING, "batchItemFailures": []}
    assert world.scores.items() == items
    assert not world.verdicts()


@pytest.mark.parametrize("body", [{"Event": "s3:TestEvent"}, {"hello": "you"}, "x", None, {"Records": []}])
def test_a_message_that_tells_of_no_file_is_done_with(world: LoadingWorld, body):
    items = world.scores.items()
    assert world.deliver(body) == {"count": NOTHING, "batchItemFailures": []}
    assert world.scores.items() == items


def test_a_file_that_is_gone_is_refused_for_good(world: LoadingWorld):
    event = world.drop(file_of(some_rows(3)))
    event["detail"]["object"]["version-id"] = "feedfeed-0000-0000-0000-000000000000"
    assert world.deliver(event)["batchItemFailures"] == []
    load = world.load(event)
    assert (load.state, "not there any more" in load.why) == ("REJECTED", True)
    assert not world.verdicts()


def test_a_call_by_hand_that_cannot_go_on_says_so(world: LoadingWorld):
    event = world.drop(file_of(some_rows(30)))
    with pytest.raises(Unavailable, match="goes on at row 10"):
        world.call(event, remaining=lambda: 59_999)
    assert world.call(event)["count"]["out"] == 36


def test_lambda_s_own_call_works_with_what_the_stack_has_set(world: LoadingWorld):
    event = world.drop(file_of([row("g1")]))
    message = {"messageId": "m0", "receiptHandle": "r0", "body": json.dumps(event)}
    context = SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: LONG)
    answer = loader.handler({"Records": [message]}, context)
    assert answer["count"] == {"in": 1, "out": 1, "valid": 1, "invalid": 0, "failed": 0}
    assert world.load(event).told

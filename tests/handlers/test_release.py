"""What is due goes to the outbox: every chunk at least once, with the same words, and nothing of a stopped campaign."""

import json

import boto3
import pytest
from campaign_world import campaign_world
from moto import mock_aws

from adapters.aws.outbox import Outbox
from domain.errors import Rejected

US = "small-reviews.2026-11-20.US"


@pytest.fixture
def world():
    with campaign_world() as world:
        world.store(*((f"c{number}", "p1", 0.9) for number in range(51)), ("uk", "p1", 0.9, "UK"))
        world.live_in("America/Los_Angeles", "c7")
        world.plan_campaigns()
        yield world


def us_event(world, slot="2026-11-20T15:00:00Z"):
    return next(event for event in world.events() if (event["campaign"], event["slot"]) == (US, slot))


def test_a_slot_puts_pointers_to_its_chunks_into_the_outbox_and_nothing_else(world):
    assert world.release(us_event(world)) == {"chunks": 1}
    [body] = world.queued()
    [key] = [f"{world.campaigns()[US]['lists']}/{name}" for name in world.chunks(US) if "T150000Z" in name]
    assert json.loads(body) == {"campaign": US, "chunk": key, "scheduledTime": "2026-11-20T15:00:00Z"}
    assert len(world.rows(key)) == 50
    assert world.campaigns()[US]["state"] == "SENDING"


LONG = {
    "id": "small-reviews.2026-11-20.DE",
    "program": "small-reviews",
    "date": "2026-11-20",
    "state": "SCHEDULED",
    "lists": "campaigns/small-reviews/2026-11-20/plan-0/small-reviews.2026-11-20.DE",
    "slots": [{"at": "2026-11-20T09:00:00Z", "recipients": 1201, "chunks": 25, "zones": ["Europe/Berlin"]}],
}
LONG_EVENT = {"campaign": LONG["id"], "slot": "2026-11-20T09:00:00Z", "scheduledTime": "2026-11-20T09:00:00Z"}


def test_the_chunks_of_a_long_list_are_queued_ten_a_call():
    with campaign_world() as world:
        world.deliveries.put_campaign(LONG)
        world.calls = 0
        assert world.release(LONG_EVENT) == {"chunks": 25}
        assert world.calls == 6  # the record, its state, three of messages, the slot
        queued = [json.loads(body)["chunk"] for body in world.queued()]
        assert queued == [f"{LONG['lists']}/20261120T090000Z/chunk-{number:04d}.jsonl.gz" for number in range(25)]


def test_each_slot_is_released_by_itself(world):
    world.release(us_event(world))
    world.queued()
    assert world.release(us_event(world, "2026-11-20T18:00:00Z")) == {"chunks": 1}
    [body] = world.queued()
    assert [row["customer"] for row in world.rows(json.loads(body)["chunk"])] == ["c7"]


def test_a_second_call_of_the_same_schedule_queues_nothing(world):
    event = us_event(world)
    world.release(event)
    world.queued()
    assert world.release(event) == {"chunks": 0}
    assert world.queued() == []


def test_a_stopped_campaign_is_not_released(world):
    assert world.deliveries.move_campaign(US, "STOPPED")
    assert world.release(us_event(world)) == {"chunks": 0}
    assert world.queued() == []
    assert world.campaigns()[US]["state"] == "STOPPED"


def test_one_chunk_that_was_put_off_comes_alone_even_after_its_slot_was_released(world):
    event = us_event(world)
    world.release(event)
    [first] = world.queued()
    later = {**event, "scheduledTime": "2026-11-21T15:00:00Z", "chunk": json.loads(first)["chunk"]}
    assert world.release(later) == {"chunks": 1}
    [body] = world.queued()
    assert json.loads(body) == {**json.loads(first), "scheduledTime": "2026-11-21T15:00:00Z"}


def test_what_no_campaign_or_slot_is_can_never_be_released(world):
    with pytest.raises(Rejected, match="no campaign"):
        world.release({**us_event(world), "campaign": "none"})
    with pytest.raises(Rejected, match="no slot"):
        world.release({**us_event(world), "slot": "2026-11-20T15:01:00Z"})


def test_a_crash_at_any_call_and_a_second_call_queue_each_chunk_with_the_same_words():
    with campaign_world() as world:
        world.deliveries.put_campaign(LONG)
        world.release(LONG_EVENT)
        bodies, record = world.queued(), world.deliveries.campaign(LONG["id"])
        for call, before in [*((number, True) for number in range(1, 7)), (6, False)]:
            world.undo()
            world.deliveries.put_campaign(LONG)
            with world.crashing_at(call, before=before):
                world.release(LONG_EVENT)
            assert world.calls == call
            world.release(LONG_EVENT)
            queued = world.queued()
            assert len(queued) >= 25
            assert sorted(set(queued)) == bodies, call
            assert world.deliveries.campaign(LONG["id"]) == record


def test_a_pointer_bears_when_it_was_queued_since_a_redrive_makes_sqs_forget():
    with mock_aws():
        sqs = boto3.client("sqs", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
        url = sqs.create_queue(QueueName="outbox")["QueueUrl"]
        Outbox(sqs, url, clock=lambda: 1795186800.5).send([{"campaign": US}])
        [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"]["queuedAt"]["StringValue"] == "1795186800500"

"""save_entry_scoring when AWS fails: nothing is passed over that is not durable, and what was told is told again under its key."""

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from entry_world import CAMPAIGN, FIRST_NUMBER, SHARD, entry_world, in_market, kinesis, of_load, record

from domain.scores.entering import LOADS
from domain.scores.keys import watermark_row

PASSING = {
    "dynamodb.GetItem": "ProvisionedThroughputExceededException",
    "dynamodb.TransactWriteItems": "ThrottlingException",
}


@pytest.fixture(scope="module")
def running():
    with entry_world() as world:
        yield world


@pytest.fixture
def world(running):
    return running.renewed()


def call(world, name, event):
    """Which call of a batch, with all tokens known, is the first of that name."""
    world.enter(kinesis([record(900)], 900))
    began = len(world.aws.calls.made)
    world.enter(event)
    return world.aws.calls.made[began:].index(name) + 1


def failing(error):
    def fail():
        raise error

    return fail


def refused(code, status=400):
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Any")


def batch(at):
    """One fan is told, one is parked, and with `CAMPAIGN` closed the first one waits."""
    return kinesis([record(at), in_market("Atlantis", at + 1)], at)


@pytest.mark.parametrize("name", ["dynamodb.GetItem", "dynamodb.TransactWriteItems"])
def test_a_batch_that_could_not_be_settled_comes_again_as_a_whole(world, name):
    event = batch(1_000)
    with world.aws.calls.before(call(world, name, batch(950)), failing(refused(PASSING[name]))):
        answer = world.enter(event)
    assert answer["batchItemFailures"] == [{"itemIdentifier": str(FIRST_NUMBER + 1_000)}]
    assert answer["count"]["records"] == 0
    again = {"records": 2, "input": 1, "scoring": 1, "entries": 1, "inserted": 1}
    assert world.enter(event)["count"] == {**answer["count"], **again}


def test_without_the_table_nothing_is_known_to_be_true_and_the_campaign_waits(world):
    event = batch(1_000)
    with world.aws.calls.before(
        call(world, "dynamodb.BatchGetItem", batch(950)), failing(refused("InternalServerError", 500))
    ):
        assert world.enter(event)["batchItemFailures"] == []
    assert world.figures()["waiting"] == 2
    world.retry()
    figures = world.figures()
    assert (figures["inserted"], figures["parked"], figures.get("waiting", 0)) == (3, 2, 0)


def test_what_should_wait_and_could_not_be_queued_comes_again(world):
    world.service.closed = {CAMPAIGN}
    with world.aws.calls.before(
        call(world, "sqs.SendMessage", batch(950)), failing(refused("ServiceUnavailable", 503))
    ):
        answer = world.enter(batch(1_000))
    assert answer["batchItemFailures"] == [{"itemIdentifier": str(FIRST_NUMBER + 1_000)}]
    world.service.closed = set()
    world.enter(batch(1_000))
    world.retry()
    figures = world.figures()
    assert (figures["inserted"], figures["parked"], figures.get("waiting", 0)) == (3, 2, 0)


def test_an_answer_of_the_table_that_got_lost_counts_nothing_twice(world):
    event = batch(1_000)
    lost = ReadTimeoutError(endpoint_url="https://dynamodb")
    with world.aws.calls.after(call(world, "dynamodb.TransactWriteItems", batch(950)), failing(lost)):
        answer = world.enter(event)
    assert answer["batchItemFailures"] == [{"itemIdentifier": str(FIRST_NUMBER + 1_000)}]
    assert world.enter(event)["count"]["records"] == 0
    assert world.figures()["inserted"] == 3


def test_a_settled_slice_does_not_come_again_for_a_later_one(world):
    event = kinesis(of_load(f"load-{n}", "v", n) for n in range(LOADS + 1))
    alone = kinesis((of_load(f"other-{n}", "v", n) for n in range(LOADS)), 1_000)
    settled = call(world, "dynamodb.TransactWriteItems", alone)
    world = world.renewed()
    world.enter(kinesis([record(0)], shard="shardId-9"))  # the tokens are known
    with world.aws.calls.before(settled + 2, failing(refused("ThrottlingException"))):
        answer = world.enter(event)
    assert answer["batchItemFailures"] == [{"itemIdentifier": str(FIRST_NUMBER + LOADS)}]
    assert answer["count"]["records"] == LOADS
    assert world.enter(event)["count"]["records"] == 1
    assert all(world.figures(f"load-{n}")["entries"] == 1 for n in range(LOADS + 1))


def test_an_offer_whose_object_cannot_be_read_waits_on(world):
    world.service.faults.failing = 1
    world.enter(kinesis([record(1)]))
    with world.aws.calls.before(2, failing(refused("SlowDown", 503))):
        assert len(world.retry()["batchItemFailures"]) == 1
    world.retry()
    assert world.figures()["inserted"] == 1


def test_a_message_that_cannot_be_put_off_comes_as_the_queue_says(world):
    world.service.faults.failing = 2
    world.enter(kinesis([record(1)]))
    made = len(world.aws.calls.made)
    world.retry()
    last = len(world.aws.calls.made) - made
    assert world.aws.calls.made[-1] == "sqs.ChangeMessageVisibility"
    world.service.faults.failing = 1
    with world.aws.calls.before(last, failing(refused("ServiceUnavailable", 503))):
        assert len(world.retry()["batchItemFailures"]) == 1
    world.retry()
    assert world.figures()["inserted"] == 1


def test_what_the_ledger_keeps_is_forgotten_in_time(world):
    """The watermark after two days, a note of what waits after more than SQS's fourteen."""
    world.service.faults.failing = 1
    world.enter(kinesis([record(1)]))
    notes = {it["PK"]: it["expiresAt"] - int(world.now.timestamp()) for it in world.aws.items() if "expiresAt" in it}
    mark = watermark_row("entry_scoring", SHARD).pk
    assert notes.pop(mark) == 48 * 3600
    assert list(notes.values()) == [15 * 24 * 3600]


def test_a_fault_that_nobody_expects_is_no_silent_failure(world):
    with world.aws.calls.before(1, failing(refused("AccessDeniedException"))), pytest.raises(ClientError):
        world.enter(kinesis([record(1)]))

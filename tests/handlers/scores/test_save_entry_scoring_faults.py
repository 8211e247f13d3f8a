"""save_entry_scoring when others fail (D-9): what is not taken waits, is taken later, and is counted once."""

import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from entry_world import CAMPAIGN, LOAD, QUEUE, entry_world, in_market, kinesis, record
from scores_world import own

from domain.scores.keys import watermark_row

TAKEN = {"records": 3, "input": 3, "scoring": 1, "entries": 3, "inserted": 3}
WAITING = {"records": 3, "input": 3, "waiting": 3}
OTHER = "campaign-790"


@pytest.fixture(scope="module")
def running():
    with entry_world(CAMPAIGN, OTHER) as world:
        yield world


@pytest.fixture
def world(running):
    return running.renewed()


def batch(at=0):
    return kinesis((record(at + n) for n in range(3)), at)


def fans(world, campaign=CAMPAIGN):
    return sorted(world.service.entries.get(campaign, ()))


def impatient(world):
    """For answers that never come; any other may take its time."""
    return replace(world, patience=0.3)


@pytest.mark.parametrize("kind", ["failing", "throttled", "hang"])
def test_what_the_service_does_not_take_waits_and_is_taken_later(world, kind):
    setattr(world.service.faults, kind, 1)
    answer = impatient(world).enter(batch())
    assert (answer["batchItemFailures"], world.figures()) == ([], WAITING)
    assert (answer["count"]["input"], answer["count"]["scoring"]) == (1, 0)
    assert world.retry()["count"] == {**answer["count"], "scoring": 1, "entries": 3, "inserted": 3}
    assert world.figures() == TAKEN
    assert fans(world) == ["fan-00000", "fan-00001", "fan-00002"]
    assert (world.left(), world.aws.objects()) == (0, {})


@pytest.mark.parametrize("kind", ["failing_late", "unanswered", "broken_off"])
def test_what_was_taken_without_a_good_answer_is_told_again_under_its_key_and_counted_as_it_was(world, kind):
    setattr(world.service.faults, kind, 1)
    impatient(world).enter(batch())
    assert world.figures() == WAITING
    assert len(fans(world)) == 3
    world.retry()
    assert world.figures() == TAKEN  # inserted, and not found


def test_the_services_patience_is_heeded(world):
    world.service.faults.throttled, world.service.faults.patience = 2, 600
    world.enter(batch())
    [message] = world.hidden()
    assert message == pytest.approx(600, abs=5)
    world.retry()
    [message] = world.hidden()
    assert message == pytest.approx(600, abs=5)


def test_an_offer_that_fails_again_and_again_is_made_less_often(world):
    world.service.closed.add(CAMPAIGN)
    world.enter(batch())
    seen = []
    for _ in range(7):
        seen += world.hidden()
        world.retry()
    assert seen == pytest.approx([30, 30, 60, 120, 240, 480, 900], abs=5)


def test_a_campaign_that_fails_blocks_no_other(world):
    world.service.closed.add(CAMPAIGN)
    mixed = [record(1), record(2, campaignId=OTHER), record(3), record(4, campaignId=OTHER)]
    answer = world.enter(kinesis(mixed))
    assert answer["batchItemFailures"] == []
    assert fans(world, OTHER) == ["fan-00002", "fan-00004"]
    assert (answer["count"]["input"], answer["count"]["scoring"]) == (2, 1)
    world.enter(kinesis([record(5, campaignId=OTHER)], at=4))
    assert len(fans(world, OTHER)) == 3
    world.service.closed.clear()
    world.retry()
    assert fans(world) == ["fan-00001", "fan-00003"]


def test_after_one_offer_that_waits_the_campaigns_others_wait_without_a_call(world):
    world.service.faults.failing = 1
    world.enter(kinesis(record(n) for n in range(2_500)))
    assert world.service.calls.total() == 1
    assert world.figures() == {"records": 2_500, "input": 2_500, "waiting": 2_500}
    world.retry()
    assert world.figures() == {"records": 2_500, "input": 2_500, "scoring": 3, "entries": 2_500, "inserted": 2_500}


def test_what_was_taken_before_the_service_failed_does_not_wait(world):
    world.enter(batch())
    world.service.closed.add(CAMPAIGN)
    world.enter(batch(at=3))
    assert world.figures() == {**TAKEN, "records": 6, "input": 6, "waiting": 3}


@pytest.mark.parametrize("kind", ["failing", "throttled"])
def test_without_campaign_service_the_campaign_waits(world, kind):
    setattr(world.campaigns.faults, kind, 1)
    answer = world.enter(batch())
    assert (answer["batchItemFailures"], world.figures()) == ([], WAITING)
    assert not world.service.calls
    world.retry()
    assert world.figures() == TAKEN


def test_an_entry_that_waited_for_campaign_service_and_has_no_market_is_parked_then(world):
    world.campaigns.faults.failing = 1
    world.enter(kinesis([record(1), in_market("Atlantis", 2)]))
    assert world.figures() == {"records": 2, "input": 2, "waiting": 2}
    world.retry()
    assert world.figures() == {"records": 2, "input": 2, "scoring": 1, "entries": 1, "inserted": 1, "parked": 1}
    [body] = world.aws.objects("errors/").values()
    parked = json.loads(body)
    assert (parked["reason"], parked["record"]["market"]) == ("unknown_market", "Atlantis")


def test_what_waits_for_the_entry_service_needs_campaign_service_no_more(world):
    world.service.faults.failing = 1
    world.enter(batch())
    world.campaigns.faults.failing = 9
    world.now += timedelta(hours=1)  # nothing of it is kept any more
    world.retry()
    assert world.figures() == TAKEN


def test_what_no_service_will_ever_take_is_parked_entry_by_entry(world):
    world.service.unwanted = {"fan-00003", "fan-00600"}
    answer = world.enter(kinesis(record(n) for n in range(1_000)))
    assert answer["batchItemFailures"] == []
    assert len(fans(world)) == 998
    figures = world.figures()
    assert (figures["entries"], figures["parked"], figures.get("waiting", 0)) == (998, 2, 0)
    [body] = world.aws.objects("errors/").values()
    lines = [json.loads(line) for line in body.splitlines()]
    assert {(it["reason"], it["record"]["globalUserId"]) for it in lines} == {
        ("refused_400", "fan-00003"),
        ("refused_400", "fan-00600"),
    }


def test_a_call_of_which_everything_is_bad_does_not_ask_for_ever(world):
    world.service.unwanted = {f"fan-{n:05d}" for n in range(1_000)}
    world.enter(kinesis(record(n) for n in range(1_000)))
    assert world.service.calls.total() < 100
    assert world.figures()["parked"] == 1_000


def test_a_call_that_is_refused_as_such_is_parked_whole(world):
    world.path = "/nowhere/{campaignId}"
    world.enter(batch())
    assert world.figures() == {"records": 3, "input": 3, "parked": 3}
    assert world.service.calls.total() == 1


def test_a_token_that_is_not_let_in_keeps_everything_until_it_is_put_right(world):
    world.service.token, known = "new one", world.service.token
    world.enter(batch())
    world.retry()
    assert world.figures() == WAITING
    world.service.token = known
    world.retry()
    assert world.figures() == TAKEN


def test_a_token_that_is_missing_keeps_everything_until_it_is_there(world):
    with world.aws.calls.own():
        own("secretsmanager").put_secret_value(SecretId="services", SecretString='{"campaignToken": "campaign-test"}')
    world.enter(batch())
    assert world.figures() == WAITING


def test_when_time_runs_out_the_rest_waits(world):
    answer = world.enter(kinesis(record(n) for n in range(2_500)), left=[60_000, 60_000, 20_000])
    assert answer["batchItemFailures"] == []
    assert world.figures()["waiting"] == 500 + 1_000 * (world.service.calls.total() == 1)
    world.retry()
    assert world.figures()["inserted"] == 2_500


def test_a_message_that_points_nowhere_ends_in_the_dead_letters(world):
    with world.aws.calls.own():
        for body in ("no json", "[]", "{}"):
            own("sqs").send_message(QueueUrl=QUEUE, MessageBody=body)
    world.service.closed.add(OTHER)
    world.enter(kinesis([record(1, campaignId=OTHER)]))
    world.service.closed.clear()
    assert len(world.retry()["batchItemFailures"]) == 3
    assert fans(world, OTHER) == ["fan-00001"]


def test_a_message_that_comes_twice_is_counted_once(world):
    world.service.faults.failing = 1
    world.enter(batch())
    with world.aws.calls.own():
        [key] = world.aws.objects("entry-retries/")
        own("sqs").send_message(QueueUrl=QUEUE, MessageBody=json.dumps({"campaignId": CAMPAIGN, "key": key}))
    world.retry()
    assert world.figures() == TAKEN
    assert (world.left(), world.aws.objects()) == (0, {})


def test_an_offer_waits_for_as_long_as_the_queue_keeps_it_though_its_shard_is_forgotten(world):
    world.service.faults.failing = 1
    world.enter(batch())
    with world.aws.calls.own():
        key = watermark_row("entry_scoring", "shardId-000000000000").attributes()
        own("dynamodb").delete_item(TableName="Scores", Key={name: {"S": text} for name, text in key.items()})
    world.retry()
    assert world.figures() == TAKEN


def test_nobody_is_named_in_a_log_line_or_a_metric(world, caplog, capsys):
    caplog.set_level(logging.DEBUG, logger="save_entry_scoring")
    world.service.unwanted = {"fan-00002"}
    world.enter(kinesis([record(1), record(2), in_market("Atlantis", 3), record(4, globalUserId=4), b"fan-00005 Ada"]))
    for kind in ("failing", "failing_late", "throttled", "broken_off"):
        setattr(world.service.faults, kind, 1)
        world.enter(batch(at=10 * len(kind)))
        world.retry(rounds=2)
    printed = capsys.readouterr()
    logged = json.dumps([{name: str(value) for name, value in vars(it).items()} for it in caplog.records])
    assert "unknown_market" in logged
    assert LOAD in logged
    said = logged + printed.out + printed.err
    assert not [it for it in ("people.example", "12025550001", "Lovelace", "Ada", "fan-0") if it in said]

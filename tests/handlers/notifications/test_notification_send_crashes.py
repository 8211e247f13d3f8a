"""notification_send dies before or after any call, of AWS or of a service, or others act in between: nobody is told twice (C-2)."""

from contextlib import suppress
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError
from crashes import Death
from notifications_world import CONTROLS, STATE
from sending_world import AT, in_status, key_of, notification, sending_world

from adapters.aws.kill_switch import KEY
from domain.notifications.instants import iso
from domain.notifications.keys import Key, demand_row
from domain.notifications.statuses import Sighting, seen
from handlers.notifications import notification_send as sender

LEASE_AND_MORE = 200.0  # seconds, after which whatever a dead worker held is nobody's


@pytest.fixture(scope="module")
def running():
    with sending_world() as world:
        yield world


@pytest.fixture
def world(running):
    return running.renewed()


def mixed(world, place=""):
    """A round of its own: fans whom nobody knows yet, at the hour when all begins."""
    world.passed = 0.0
    for table, rate in ((STATE, "RATE#sms"), (CONTROLS, "RATE#ses")):
        world.aws.forget(Key(rate, "WINDOW"), table=table)
    rows = [notification(f"{place}f1"), notification(f"{place}f2"), notification(f"{place}f1", "email")]
    world.stage(*rows)
    return rows


def told(world, row):
    """How often its fan was."""
    return world.takes(row) + sum(it.tags["notification"] == row["messageId"] for it in world.ses.mails())


def calls_of_a_batch(world):
    world.send(*mixed(world, "warm"))  # the tokens are known then
    rows = mixed(world)
    began = len(world.aws.calls.made)
    world.send(*rows)
    return world.aws.calls.made[began:]


def writes(call):
    """Where it matters whether something had happened by then."""
    return call in ("dynamodb.UpdateItem", "dynamodb.PutItem")


def test_whenever_it_dies_at_a_call_of_aws_each_fan_is_told_once_at_most(world):
    made = calls_of_a_batch(world)
    assert {it.split(".")[1] for it in made} >= {"BatchGetItem", "UpdateItem", "PutItem", "GetItem"}
    never = 0
    for number in range(1, len(made) + 1):
        for side in ("dying_before", "dying_after") if writes(made[number - 1]) else ("dying_after",):
            rows = mixed(world, f"{number}{side}")
            with getattr(world.aws.calls, side)(number):
                world.send(*rows)
            world.passed += LEASE_AND_MORE
            assert world.send(*rows, received=2) == []
            for row in rows:
                status = world.status(row)
                assert told(world, row) <= 1
                assert status in ("TRIGGERED", "UNKNOWN")
                if status == "TRIGGERED":
                    assert told(world, row) == 1
                    assert "triggered" in world.demand(row)["date"]
                never += told(world, row) == 0
    assert never <= len(made)  # claimed by who died before the call: unknown, until the sale's start settles it


@pytest.mark.parametrize("dies", ["before the first", "after the first", "after the last"])
def test_when_it_dies_around_the_call_of_the_service_nobody_is_told_twice(world, dies):
    rows = [notification(f"f{n}") for n in range(3)]
    world.stage(*rows)

    def dying(work, some):
        done = []
        for number in some:
            if dies == "before the first":
                raise Death
            done.append(work(number))
            if dies == "after the first":
                raise Death
        raise Death

    desk = world.desk()
    texts = replace(desk.channels["sms"], together=dying)
    records = [world.record(row) for row in rows]
    with suppress(Death):
        sender.notification_send(
            records, received=world.clock(), desk=replace(desk, channels={**desk.channels, "sms": texts})
        )
    assert {world.status(row) for row in rows} == {"SENDING"}
    assert len(world.send(*rows)) == 3  # while the lease lasts
    world.passed += LEASE_AND_MORE
    assert world.send(*rows) == []
    assert [world.takes(row) for row in rows] == {
        "before the first": [0, 0, 0],
        "after the first": [1, 0, 0],
        "after the last": [1, 1, 1],
    }[dies]
    assert {world.status(row) for row in rows} == {"UNKNOWN"}


def throttled():
    raise ClientError({"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "Any")


def test_wherever_aws_throttles_once_each_fan_is_told_once_in_the_end(world):
    made = calls_of_a_batch(world)
    for number in range(1, len(made) + 1):
        for side in ("before", "after") if writes(made[number - 1]) else ("before",):
            rows = mixed(world, f"{number}{side}")
            with getattr(world.aws.calls, side)(number, throttled):
                world.send(*rows)
            world.passed += LEASE_AND_MORE
            world.send(*rows, received=2)
            assert [told(world, row) for row in rows] == [1, 1, 1], (side, number, made[number - 1])
            assert {world.status(row) for row in rows} <= {"TRIGGERED", "UNKNOWN"}


EVENTS = [("QUEUED", "QUEUED"), ("SENT", "SENT"), ("DELIVERED", "DELIVERED"), ("FAILED", "FAILED")]


@pytest.mark.parametrize(("event", "ends"), EVENTS)
def test_a_status_that_outruns_the_record_stays_and_the_record_fills_its_time(world, event, ends):
    row = notification()
    world.stage(row)
    taken = world.sms._taken

    def overtaken(message):
        reply = taken(message)
        standing = world.row(row)
        error = {"reason": "unreachable"} if event == "FAILED" else None
        world.aws.put({**seen(standing, [Sighting(event, AT, error)]), "rev": standing["rev"] + 1})
        return reply

    world.sms._taken = overtaken
    try:
        assert world.send(row) == []
    finally:
        del world.sms._taken
    now = world.row(row)
    assert now["status"]["id"] == ends
    assert now["date"]["triggered"] == iso(world.now if event == "FAILED" else AT)  # what was queued was taken by then
    assert world.demand(row)["date"]["triggered"] == now["date"]["triggered"]


def writes_of(world):
    """The numbers of the calls that write one's row, its row again, and its fan's demand."""
    for fan in ("warm", "measured"):
        row = notification(fan)
        world.stage(row)
        began = len(world.aws.calls.made)
        world.send(row)
    made = world.aws.calls.made[began:]
    return [number for number, call in enumerate(made, start=1) if call == "dynamodb.UpdateItem"]


def test_what_another_worker_claims_first_is_left_to_it(world):
    claim, *_ = writes_of(world)
    row = notification()
    world.stage(row)
    theirs = in_status(row, "SENDING", lease={"holder": "another", "until": 10**15}, rev=2)
    with world.aws.calls.before(claim, lambda: world.aws.put(theirs)):
        assert len(world.send(row)) == 1
    assert world.takes(row) == 0
    assert world.row(row) == theirs


def test_a_notification_that_goes_away_in_the_midst_harms_nobody(world):
    claim, record, _ = writes_of(world)
    for number, taken in ((claim, 0), (record, 1)):
        row, stays = notification(f"g{number}"), notification(f"h{number}")
        world.stage(row, stays)
        with world.aws.calls.before(number + (number == record), lambda: world.aws.forget(key_of(row))):  # noqa: B023
            world.send(row, stays)
        assert world.aws.row(key_of(row)) is None
        assert world.takes(row) == taken
        assert world.status(stays) == "TRIGGERED"


def test_a_fan_who_goes_away_while_told_is_not_written_anew(world):
    row = notification()
    world.stage(row)
    *_, date = writes_of(world)
    gone = demand_row("f1", "Z7r9", "s1")
    with world.aws.calls.before(date, lambda: world.aws.forget(gone)):
        assert world.send(row) == []
    assert world.aws.row(gone) is None
    assert world.status(row) == "TRIGGERED"


def test_two_workers_with_one_message_send_one_text(world):
    """The other one does all its work right before each call of this one."""
    made = len(calls_of_a_batch(world))
    for number in range(1, made + 1):
        rows = mixed(world, str(number))
        with world.aws.calls.before(number, lambda: world.send(*rows)):  # noqa: B023
            world.send(*rows)
        world.passed += LEASE_AND_MORE
        world.send(*rows)
        assert [told(world, row) for row in rows] == [1, 1, 1]
        assert {world.status(row) for row in rows} == {"TRIGGERED"}


def test_a_claim_that_was_written_and_not_answered_is_ours(world):
    row = notification()
    claim, *_ = writes_of(world)
    world.stage(row)
    with world.aws.calls.after(claim, throttled):
        assert world.send(row) == []
    assert (world.status(row), world.takes(row), world.row(row)["sendAttempts"]) == ("TRIGGERED", 1, 1)


def test_the_switch_that_cannot_be_read_stops_nothing_that_was_not_begun(world):
    row = notification()
    world.stage(row)
    world.aws.put({**KEY, "stopped": False}, table=CONTROLS)
    with world.aws.calls.before(2, throttled):
        assert len(world.send(row)) == 1
    assert world.row(row) == row

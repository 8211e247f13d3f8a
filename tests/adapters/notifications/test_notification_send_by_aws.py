"""Texts by AWS End User Messaging: no key keeps a text from going twice, so what may have been heard is never said again.

Here, since the stack that other handlers' rights are looked up in sends by the HTTP service.
"""

import pytest
from notifications_world import STATE, own
from sending_world import notification, number_of, sending_world

from adapters.aws.opt_out_list import OptOutList
from domain.notifications.text_events import sighted
from sandbox.end_user_messaging import EndUserMessagingServer


@pytest.fixture(scope="module")
def running():
    with sending_world(EndUserMessagingServer()) as world:
        yield world


@pytest.fixture
def world(running):
    return running.renewed()


OURS = {"origination": "+18335550100", "configuration_set": "ovation-test"}


def test_a_text_is_sent_with_what_its_events_find_it_by(world):
    row = notification()
    world.stage(row)
    assert world.send(row, service=OURS) == []
    [asked] = world.sms.accepted
    assert asked["Context"] == {"pk": row["PK"], "sk": row["SK"], "id": row["messageId"]}
    assert 1790 <= asked["TimeToLive"] <= 1800
    now = world.row(row)
    assert (now["status"]["id"], now["providerId"]) == ("TRIGGERED", asked["MessageId"])
    event = {"eventType": "TEXT_DELIVERED", "eventTimestamp": 0, "context": asked["Context"]}
    assert sighted(event).key == (row["PK"], row["SK"])


def test_what_may_have_been_heard_is_parked(world):
    row = notification()
    world.stage(row)
    world.sms.faults.failing = 1
    assert world.send(row) == []
    world.passed += 600
    assert world.send(row) == []
    assert (world.status(row), world.row(row)["sendAttempts"]) == ("UNKNOWN", 1)
    assert len(world.sms.accepted) == 1


def test_throttling_is_tried_again(world):
    row = notification(phoneNumber=number_of("f1", "0500"))
    world.stage(row)
    world.send(row)
    assert (world.status(row), world.reasons(row)) == ("RETRY", ["ThrottlingException"])
    world.passed += 60
    world.send(row)
    assert (world.status(row), world.row(row)["sendAttempts"]) == ("TRIGGERED", 2)


def test_who_has_opted_out_there_has_here(world):
    row = notification(phoneNumber=number_of("f1", "0410"))
    world.stage(row)
    world.send(row)
    assert (world.status(row), world.reasons(row)) == ("FAILED", ["DESTINATION_PHONE_NUMBER_OPTED_OUT"])
    with world.aws.calls.own():
        assert OptOutList(own("dynamodb"), STATE).standing([("sms", row["phoneNumber"])])


def test_a_month_whose_money_is_spent_costs_nobody_a_try(world):
    row = notification()
    world.stage(row)
    world.sms.faults.spent = 1
    world.send(row)
    assert (world.status(row), world.row(row)["sendAttempts"]) == ("RETRY", 0)

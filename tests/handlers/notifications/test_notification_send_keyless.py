"""By a service that knows no keys, as AWS End User Messaging is, what may have been heard is parked and never said again.

The service is a script here: how AWS's own words are understood, `tests/adapters/notifications/test_end_user_messaging.py` says.
"""

from dataclasses import dataclass, field, replace

import pytest
from notifications_world import STATE, own
from sending_world import notification, sending_world

from adapters.aws.opt_out_list import OptOutList
from domain.notifications.sms import Accepted, Refusal
from handlers.notifications import notification_send as sender


@dataclass
class Keyless:
    """Answers what it is told to, in turn; `sent` are the texts it was asked for."""

    answers: list
    sent: list = field(default_factory=list)
    honours_keys: bool = False

    def send(self, text, now):
        self.sent.append(text)
        return self.answers.pop(0)


@pytest.fixture(scope="module")
def running():
    with sending_world() as world:
        yield world


@pytest.fixture
def world(running):
    return running.renewed()


def send(world, row, service):
    desk = world.desk()
    texts = replace(desk.channels["sms"], service=service)
    records = [world.record(row)]
    desk = replace(desk, channels={**desk.channels, "sms": texts})
    assert sender.notification_send(records, received=world.clock(), desk=desk) == {"batchItemFailures": []}


def test_what_is_taken_keeps_the_providers_name(world):
    row = notification()
    world.stage(row)
    send(world, row, Keyless([Accepted("p1")]))
    assert (world.status(row), world.row(row)["providerId"]) == ("TRIGGERED", "p1")


def test_what_may_have_been_heard_is_parked_and_not_said_again(world):
    row, service = notification(), Keyless([Refusal(0, "did not answer", ambiguous=True)])
    world.stage(row)
    send(world, row, service)
    world.passed += 600
    send(world, row, service)
    assert (world.status(row), world.row(row)["mayHaveSent"]) == ("UNKNOWN", True)
    assert (len(service.sent), world.row(row)["sendAttempts"]) == (1, 1)


def test_throttling_was_not_heard_and_is_tried_again(world):
    row, service = notification(), Keyless([Refusal(429, "ThrottlingException"), Accepted("p1")])
    world.stage(row)
    send(world, row, service)
    assert world.status(row) == "RETRY"
    world.passed += 60
    send(world, row, service)
    assert (world.status(row), world.row(row)["sendAttempts"]) == ("TRIGGERED", 2)


def test_who_has_opted_out_there_has_here(world):
    row = notification()
    world.stage(row)
    send(world, row, Keyless([Refusal(400, "DESTINATION_PHONE_NUMBER_OPTED_OUT")]))
    assert (world.status(row), world.reasons(row)) == ("FAILED", ["DESTINATION_PHONE_NUMBER_OPTED_OUT"])
    with world.aws.calls.own():
        assert OptOutList(own("dynamodb"), STATE).standing([("sms", row["phoneNumber"])])


def test_a_month_whose_money_is_spent_costs_nobody_a_try(world):
    row = notification()
    world.stage(row)
    send(world, row, Keyless([Refusal(402, "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT")]))
    assert (world.status(row), world.row(row)["sendAttempts"]) == ("RETRY", 0)

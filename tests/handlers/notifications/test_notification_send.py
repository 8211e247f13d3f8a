"""Notifications of the outbox are sent once each, in time, to whom still wants them; what becomes of each stands in its row."""

from dataclasses import replace
from datetime import timedelta

import pytest
from notifications_world import CONTROLS, OUTBOX, QUEUE_URL, own
from sending_world import (
    AT,
    SALE,
    STARTS,
    TEXT,
    in_status,
    key_of,
    notification,
    sending_world,
)

from adapters.aws.kill_switch import KEY
from domain.notifications.instants import iso, moment
from domain.notifications.keys import demand_row
from domain.notifications.mail_tag import key_of as key_of_tag
from handlers.notifications import notification_send as sender

LATER = replace(SALE, starts=STARTS + timedelta(minutes=20))


@pytest.fixture(scope="module")
def running():
    with sending_world() as world:
        yield world


@pytest.fixture
def world(running):
    return running.renewed()


def test_a_text_is_sent_once_and_its_fans_demand_knows_of_it(world):
    row = notification()
    world.stage(row)
    assert world.send(row) == []
    [text] = world.sms.accepted
    assert (text.to, text.text, text.message_id) == (row["phoneNumber"], TEXT, row["messageId"])
    assert (text.group_id, text.metadata) == (row["SK"], {"pk": row["PK"], "sk": row["SK"]})
    assert (text.app_id, text.expires_at) == ("ovation-reminders", iso(STARTS))
    now = world.row(row)
    assert (now["status"]["id"], now["sendAttempts"]) == ("TRIGGERED", 1)
    assert "lease" not in now
    assert "unsettledShard" not in now
    assert world.demand(row)["date"]["triggered"] == now["date"]["triggered"]


def test_a_mail_is_sent_with_its_way_out_and_what_its_events_find_it_by(world):
    row = notification(method="email")
    world.stage(row)
    assert world.send(row) == []
    [mail] = world.ses.mails()
    assert mail.to == (row["email"],)
    assert "The Lines" in mail.subject
    assert key_of_tag(mail.tags["reminder"]) == key_of(row)
    assert (mail.tags["notification"], mail.tags["kind"]) == (row["messageId"], "reminder")
    assert mail.headers["List-Unsubscribe"].startswith("<https://go.example.com/u/")
    now = world.row(row)
    assert (now["status"]["id"], now["providerId"]) == ("TRIGGERED", mail.id)
    assert world.demand(row)["date"]["triggered"] == now["date"]["triggered"]


def test_the_other_type_of_notification_goes_by_the_other_application(world):
    row = notification(type="notification:asu")
    world.stage(row)
    world.send(row)
    assert world.sms.accepted[0].app_id == "ovation-asu"


def test_of_a_batch_whoever_has_the_next_sale_goes_first(world):
    soon = [notification(f"a{n}") for n in range(3)]
    late = [notification(f"b{n}", saleStartDateTime=iso(LATER.starts), saleId="s2") for n in range(20)]
    world.stage(*soon, *late)
    world.aws.put(replace(LATER, id="s2").row())
    assert world.send(*late, *soon) == []
    fans = [it.metadata["pk"] for it in world.sms.accepted]
    assert fans[:3] == ["fan:a0", "fan:a1", "fan:a2"]
    assert len(fans) == 23


def test_a_message_that_comes_twice_or_twice_in_a_batch_sends_one(world):
    row = notification()
    world.stage(row)
    assert world.send(row, row) == []
    assert world.send(row) == []
    assert world.takes(row) == 1


@pytest.mark.parametrize("status", ["TRIGGERED", "QUEUED", "SENT", "DELIVERED", "FAILED", "EXPIRED", "UNKNOWN"])
def test_what_is_not_to_be_sent_any_more_is_left_as_it_is(world, status):
    row = in_status(notification(), status)
    world.stage(row)
    assert world.send(row) == []
    assert world.row(row) == row
    assert world.sms.accepted == []


def test_a_notification_that_is_gone_is_none(world):
    assert world.send(notification()) == []


def test_what_another_worker_has_in_hand_comes_again_when_its_lease_ends(world):
    row = in_status(notification(), "SENDING", lease={"holder": "w", "until": round((AT.timestamp() + 40) * 1000)})
    world.stage(row)
    assert world.send(row) == ["m1"]
    assert world.put_off == [("r1", pytest.approx(40.0))]
    assert world.row(row) == row


def test_what_a_dead_worker_had_in_hand_may_have_been_sent(world):
    row = in_status(notification(), "SENDING", lease={"holder": "w", "until": round(AT.timestamp() * 1000)})
    world.stage(row)
    assert world.send(row) == []
    now = world.row(row)
    assert (now["status"]["id"], now["mayHaveSent"]) == ("UNKNOWN", True)
    assert world.sms.accepted == []


def test_one_that_is_to_wait_is_put_off_until_then(world):
    row = in_status(notification(), "RETRY", notBefore=iso(AT + timedelta(seconds=25)))
    world.stage(row)
    assert world.send(row) == ["m1"]
    assert world.put_off == [("r1", pytest.approx(25.0))]


@pytest.mark.parametrize("method", ["sms", "email"])
def test_nothing_is_claimed_while_sending_is_stopped(world, method):
    row = notification(method=method)
    world.stage(row)
    world.aws.put({**KEY, "stopped": True}, table=CONTROLS)
    assert world.send(row) == ["m1"]
    assert world.put_off == [("r1", 60.0)]
    assert world.row(row) == row
    world.aws.put({**KEY, "stopped": False}, table=CONTROLS)
    assert world.send(row) == []
    assert world.status(row) == "TRIGGERED"


def test_sending_that_is_stopped_in_the_midst_of_a_batch_stops_before_the_next_slice(world):
    rows = [notification(f"f{n:02}") for n in range(40)]
    world.stage(*rows)

    failed = _stopped_after(world, rows)
    assert len(world.sms.accepted) == 16
    assert len(failed) == 24
    assert sum(world.status(row) == "CREATED" for row in rows) == 24


def _stopped_after(world, rows):
    """The sixteenth call is answered when the switch is thrown."""
    taken = world.sms._taken

    def thrown(message):
        reply = taken(message)
        if len(world.sms.accepted) == 16:
            world.aws.put({**KEY, "stopped": True}, table=CONTROLS)
        return reply

    world.sms._taken = thrown
    return world.send(*rows)


def test_a_demand_row_that_was_not_told_is_told_when_the_message_comes_again(world):
    row = in_status(notification(), "TRIGGERED")
    world.stage(row)
    world.send(row)
    assert "triggered" not in world.demand(row)["date"]
    world.send(row, received=2)
    assert world.demand(row)["date"]["triggered"] == iso(AT)


def test_the_first_way_of_contact_that_was_taken_dates_the_demand(world):
    text, mail = notification(), notification(method="email")
    world.stage(text, mail)
    world.send(mail)
    first = world.demand(mail)["date"]["triggered"]
    world.passed += 60
    world.send(text)
    assert world.demand(text)["date"]["triggered"] == first
    assert moment(world.row(text)["date"]["triggered"]) > moment(first)


def test_messages_that_are_none_come_again_and_harm_no_other(world):
    row = notification()
    world.stage(row)
    bodies = [
        "{",
        "[]",
        "{}",
        '{"pk": 1, "sk": "x", "time": "2026-12-04T17:30:00Z"}',
        '{"pk":"a","sk":"b","time":"soon"}',
    ]
    wrong = [world.record(row, body=body) for body in bodies]
    assert world.invoke(*wrong, world.record(row)) == [it["messageId"] for it in wrong]
    assert world.status(row) == "TRIGGERED"


def test_a_message_is_put_off_where_it_lies(world):
    """By the queue itself, with the function's own right to do so."""
    row = in_status(notification(), "RETRY", notBefore=iso(AT + timedelta(minutes=5)))
    world.stage(row)
    with world.aws.calls.own():
        own("sqs").send_message(QueueUrl=QUEUE_URL + OUTBOX, MessageBody=world.record(row)["body"])
        [got] = own("sqs").receive_message(QueueUrl=QUEUE_URL + OUTBOX, VisibilityTimeout=1)["Messages"]
    world.invoke(world.record(row, receiptHandle=got["ReceiptHandle"]), put_off=sender.live().put_off)
    assert "sqs.ChangeMessageVisibility" in world.aws.calls.made


def test_a_demand_that_is_nobodys_row_is_left_alone(world):
    row = notification()
    world.stage(row)
    world.aws.forget(demand_row("f1", "Z7r9", "s1"))
    world.aws.put({**demand_row("f1", "Z7r9", "s1").attributes(), "type": "demand", "fanId": "f1"})
    assert world.send(row) == []
    assert world.status(row) == "TRIGGERED"

"""Notifications of the outbox are sent once each, in time, to whom still wants them; what becomes of each stands in its row."""

from dataclasses import replace
from datetime import timedelta

import pytest
from notifications_world import CONTROLS, GENERATION, OUTBOX, QUEUE_URL, STATE, own
from sending_world import (
    AT,
    EVENT,
    SALE,
    STARTS,
    TEXT,
    in_status,
    key_of,
    notification,
    number_of,
    sending_world,
)

from adapters.aws.kill_switch import KEY
from adapters.aws.opt_out_list import OptOutList
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


@pytest.mark.parametrize(
    ("left", "status"), [(60.0, "EXPIRED"), (59.0, "EXPIRED"), (-300.0, "EXPIRED"), (62.0, "TRIGGERED")]
)
@pytest.mark.parametrize("method", ["sms", "email"])
def test_nobody_is_told_when_the_sale_is_about_to_start_or_has(world, left, status, method):
    row = notification(method=method)
    world.stage(row)
    world.passed = (STARTS - AT).total_seconds() - left
    assert world.send(row) == []
    assert world.status(row) == status
    sent = len(world.sms.accepted) + len(world.ses.mails())
    assert sent == (status == "TRIGGERED")
    if not sent:
        assert (world.reasons(row), world.row(row)["expiredReason"]) == (["sale_started"], "sale_started")


def test_a_backlog_of_forty_minutes_expires(world):
    rows = [notification(f"f{n}", method) for n in range(5) for method in ("sms", "email")]
    world.stage(*rows)
    records = [world.record(row) for row in rows]
    world.passed = 2400.0
    assert world.invoke(*records) == []
    assert {world.status(row) for row in rows} == {"EXPIRED"}
    assert not world.sms.accepted
    assert not world.ses.mails()


def test_a_text_that_waits_for_the_rate_until_its_sale_starts_is_not_sent(world):
    rows = [notification(f"f{n}") for n in range(4)]
    world.stage(*rows)
    world.passed = 1800.0 - 62.0
    assert world.send(*rows, sms_rate=1.0) == []
    became = [world.status(row) for row in rows]
    assert became.count("TRIGGERED") == len(world.sms.accepted) == 2
    assert became.count("EXPIRED") == 2
    for text in world.sms.accepted:
        assert STARTS.timestamp() - text.at > 60


def test_a_sale_that_has_moved_within_its_window_is_told_anew(world):
    row = notification()
    world.stage(row, sale=replace(SALE, starts=STARTS - timedelta(minutes=10)))
    assert world.send(row) == []
    now = world.row(row)
    assert (now["status"]["id"], now["expiredReason"], world.reasons(row)) == ("EXPIRED", "sale_moved", ["sale_moved"])
    [told] = world.aws.bodies(GENERATION)
    assert told == {"time": iso(world.now), "eventId": "Z7r9", "saleId": "s1", "fanIds": ["f1"], "insteadOf": []}
    assert world.sms.accepted == []
    assert world.send(row) == []  # whoever did it may have died before it told the generator
    assert len(world.aws.bodies(GENERATION)) == 1


@pytest.mark.parametrize("starts", [AT + timedelta(minutes=31), AT + timedelta(seconds=60), AT - timedelta(hours=1)])
def test_a_sale_that_has_moved_out_of_the_window_is_not_told_now(world, starts):
    row = notification()
    world.stage(row, sale=replace(SALE, starts=starts))
    assert world.send(row) == []
    assert world.row(row)["expiredReason"] == "sale_moved"
    assert world.aws.bodies(GENERATION) == []


SUPPRESSED = [
    ({"sale": replace(SALE, suppressed="registration")}, "suppressed_registration"),
    ({"event": replace(EVENT, suppressed="cancelled")}, "suppressed_cancelled"),
    ({"demand": False}, "forgotten"),
]


@pytest.mark.parametrize(("staged", "reason"), SUPPRESSED, ids=lambda it: it if isinstance(it, str) else "")
def test_what_has_been_suppressed_or_forgotten_since_is_not_sent(world, staged, reason):
    row = notification()
    world.stage(row, **staged)
    assert world.send(row) == []
    assert (world.status(row), world.reasons(row)) == ("FAILED", [reason])
    assert world.sms.accepted == []


def test_an_event_all_of_whose_other_sales_are_suppressed_is_still_told(world):
    row = notification()
    world.stage(row)
    world.aws.put({**EVENT.row(), "isSuppressed": True, "suppressionReason": "all_sales"})
    world.send(row)
    assert world.status(row) == "TRIGGERED"


def test_who_has_opted_out_meanwhile_is_told_by_the_other_way_alone(world):
    text, mail = notification(), notification(method="email")
    world.stage(text, mail)
    with world.aws.calls.own():
        OptOutList(own("dynamodb"), STATE).add("sms", number_of("f1"), AT, "STOP")
    assert world.send(text, mail) == []
    assert (world.status(text), world.reasons(text)) == ("FAILED", ["opted_out"])
    assert world.status(mail) == "TRIGGERED"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (notification(phoneNumber=""), "no_address"),
        (notification(messageBody=""), "no_address"),
        (notification(contactMethod="pigeon"), "no_address"),
        (notification(method="email", email="nobody at all"), "Invalid email address"),
        (
            notification("f" * 300, method="email"),
            "the ids of the notification are too long for the tag of a mail",
        ),
    ],
    ids=["no number", "no text", "no such way", "no address", "long ids"],
)
def test_what_cannot_be_sent_anywhere_fails_with_its_reason(world, row, reason):
    world.stage(row)
    assert world.send(row) == []
    assert (world.status(row), world.reasons(row)) == ("FAILED", [reason])
    assert world.row(row)["sendAttempts"] == 0


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

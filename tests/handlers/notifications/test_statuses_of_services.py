"""What the services' stand-ins tell of texts and mails, as they word it, settles their notifications."""

import json

import pytest
from notifications_world import notifications_world
from status_records import ADDRESS, MADE, PHONE, by_kinesis, by_sns, demand, emptied, notification

from domain.notifications.keys import EMAIL, Key, opt_out
from domain.notifications.mail_tag import mail_tag
from domain.notifications.text_events import context_of
from handlers.notifications import mail_status_consumer as mails
from handlers.notifications import sms_status_consumer as texts
from sandbox.end_user_messaging import events_of
from sandbox.ses import events as ses
from sandbox.ses.outbox import SentMail
from sandbox.text_statuses import life_of, stop_from

TEXT, MAIL = notification(), notification(method=EMAIL)
AT = MADE.timestamp()


@pytest.fixture(scope="module")
def kept():
    with notifications_world(mails, texts) as world:
        yield world


@pytest.fixture
def world(kept):
    emptied(kept).put(TEXT, MAIL, demand())
    return kept


def standing(world, row):
    return world.row(Key(row["PK"], row["SK"]))


@pytest.mark.parametrize(("delivered", "ends"), [(True, "DELIVERED"), (False, "FAILED")])
def test_a_text_of_the_sms_service(world, delivered, ends):
    about = {"groupId": TEXT["SK"], "appId": "a", "appMetadata": {"pk": TEXT["PK"], "sk": TEXT["SK"]}}
    told = life_of({"messageId": TEXT["messageId"], **about}, AT, delivered)
    assert texts.handler(by_kinesis(*told), None)["noted"] == len(told)
    row = standing(world, TEXT)
    assert row["status"]["id"] == ends
    assert {"queued", "sent", ends.lower()} <= set(row["date"])
    assert [it["reason"] for it in row["errors"]] == ([] if delivered else ["Unreachable destination handset"])


def test_a_fan_who_answers_stop(world):
    assert texts.handler(by_kinesis(stop_from(PHONE, AT)), None)["replied"] == 1
    assert world.row(opt_out("sms", PHONE), "NotificationState")["out"] is True


@pytest.mark.parametrize(("delivered", "ends"), [(True, "DELIVERED"), (False, "FAILED")])
def test_a_text_of_aws(world, delivered, ends):
    context = context_of(Key(TEXT["PK"], TEXT["SK"]), TEXT["messageId"])
    message = {"DestinationPhoneNumber": PHONE, "MessageId": "aws-1", "MessageBody": "Soon!", "Context": context}
    told = events_of(message, AT, delivered)
    assert texts.handler(by_sns(*told), None)["noted"] == len(told)
    assert standing(world, TEXT)["status"]["id"] == ends


@pytest.mark.parametrize(
    ("fate", "ends", "source"),
    [
        ("delivered", "DELIVERED", None),
        ("bounced", "FAILED", "bounce"),
        ("soft_bounced", "FAILED", None),
        ("complained", "DELIVERED", "complaint"),
    ],
)
def test_a_mail_of_ses(world, fate, ends, source):
    tags = {"kind": "reminder", "notification": MAIL["messageId"], "reminder": mail_tag(Key(MAIL["PK"], MAIL["SK"]))}
    sent = SentMail("ses-1", (ADDRESS,), "a@example.com", "s", "h", "t", {}, tags, "ovation-reminders", MADE)
    for event in reversed(ses.events_of(sent, fate)):
        mails.handler({"id": "e", "detail": json.loads(event["Detail"])}, None)
    assert standing(world, MAIL)["status"]["id"] == ends
    found = world.row(opt_out(EMAIL, ADDRESS), "NotificationState")
    assert (found or {}).get("source") == source

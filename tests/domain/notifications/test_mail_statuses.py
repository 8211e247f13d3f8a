"""What SES's events say of reminder mails."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import Rejected
from domain.notifications.keys import Key, notification_row
from domain.notifications.mail_statuses import read_mail
from domain.notifications.mail_tag import mail_tag
from domain.notifications.status_events import Reply, Told
from domain.notifications.statuses import Sighting

KEY = notification_row("fan-1", "e1", "s1", "email")
SENT, AT = "2026-03-13T09:30:01.000Z", "2026-03-13T09:30:05.250Z"
ACCEPTED, THEN = datetime(2026, 3, 13, 9, 30, 1, tzinfo=UTC), datetime(2026, 3, 13, 9, 30, 5, 250_000, tzinfo=UTC)
MAIL = {
    "timestamp": SENT,
    "messageId": "ses-1",
    "destination": ["ana@people.example"],
    "tags": {"reminder": [mail_tag(KEY)], "notification": ["m1"], "kind": ["reminder"]},
}
BOUNCED = {"emailAddress": "ana@people.example", "status": "5.1.1", "diagnosticCode": "550 ana@people.example"}


def event(kind, **parts):
    return {"id": "event-1", "detail": {"eventType": kind, "mail": deepcopy(MAIL), **parts}}


def bounce(type, **more):
    told = {"timestamp": AT, "bounceType": type, "bounceSubType": "General", "bouncedRecipients": [BOUNCED], **more}
    return event("Bounce", bounce=told)


def test_a_mail_that_ses_took_is_queued():
    assert read_mail(event("Send", send={})) == [Told(KEY, Sighting("QUEUED", ACCEPTED), "m1")]


def test_a_mail_that_the_receiving_server_took_is_delivered():
    assert read_mail(event("Delivery", delivery={"timestamp": AT})) == [Told(KEY, Sighting("DELIVERED", THEN), "m1")]


def test_a_bounce_for_good_is_a_failure_and_the_address_gets_no_more():
    why = {"statusCode": "5.1.1", "reason": "bounce/Permanent/General"}
    out = Reply("email", "ana@people.example", THEN, True, "bounce")
    assert read_mail(bounce("Permanent")) == [Told(KEY, Sighting("FAILED", THEN, why), "m1"), out]


@pytest.mark.parametrize("type", ["Transient", "Undetermined"])
def test_a_bounce_that_may_pass_is_a_failure_of_this_mail_alone(type):
    assert read_mail(bounce(type, bouncedRecipients=[])) == [
        Told(KEY, Sighting("FAILED", THEN, {"reason": f"bounce/{type}/General"}), "m1")
    ]


def test_a_delay_is_kept_with_its_own_time_and_moves_nothing_on():
    told = {"timestamp": AT, "delayType": "MailboxFull", "delayedRecipients": [{"status": "4.2.2"}]}
    why = {"statusCode": "4.2.2", "reason": "delay/MailboxFull", "timestamp": AT}
    [said] = read_mail(event("DeliveryDelay", deliveryDelay=told))
    assert said == Told(KEY, Sighting("QUEUED", ACCEPTED, why), "m1")


@pytest.mark.parametrize("kind", ["Reject", "Rendering Failure"])
def test_what_ses_does_not_send_is_a_failure(kind):
    assert read_mail(event(kind)) == [Told(KEY, Sighting("FAILED", ACCEPTED, {"reason": "rejected"}), "m1")]


def test_a_complaint_is_a_way_out_and_no_status():
    told = {"timestamp": AT, "complainedRecipients": [{"emailAddress": "ana@people.example"}]}
    assert read_mail(event("Complaint", complaint=told)) == [
        Reply("email", "ana@people.example", THEN, True, "complaint")
    ]


def test_a_mail_without_the_tag_of_its_message_is_that_of_its_row():
    told = event("Send")
    del told["detail"]["mail"]["tags"]["notification"]
    assert read_mail(told)[0].message is None


@pytest.mark.parametrize("kind", ["Open", "Click", "Subscription"])
def test_what_we_do_not_follow_says_nothing(kind):
    assert read_mail(event(kind)) == []


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"detail": None},
        {"detail": {"mail": None}},
        {"detail": {"mail": {"tags": []}}},
        json.loads((Path(__file__).parents[3] / "events/solicitation/mail_events.json").read_text()),
    ],
)
def test_mails_that_are_no_reminders_are_not_ours(told):
    assert read_mail(told) == []


@pytest.mark.parametrize(
    "tags",
    [
        {"reminder": []},
        {"reminder": ["%"]},
        {"reminder": [7]},
        {"reminder": "x"},
        {"reminder": [mail_tag(Key("event:e1", "event#e1"))]},
        {"reminder": [mail_tag(KEY)], "notification": [None]},
    ],
)
def test_a_tag_that_leads_nowhere_is_rejected(tags):
    told = event("Send")
    told["detail"]["mail"]["tags"] = tags
    with pytest.raises(Rejected):
        read_mail(told)


@pytest.mark.parametrize(
    "told",
    [
        event("Delivery"),
        event("Bounce", bounce={"timestamp": AT, "bounceType": "Transient", "bouncedRecipients": [7]}),
        event("DeliveryDelay", deliveryDelay={"timestamp": AT, "delayedRecipients": 7}),
        event("Send") | {"detail": {**event("Send")["detail"], "mail": {**MAIL, "timestamp": "soon"}}},
        {**event("Complaint"), "detail": {"eventType": "Complaint", "mail": MAIL, "complaint": {"timestamp": AT}}},
        bounce("Permanent") | {"detail": {**bounce("Permanent")["detail"], "mail": {**MAIL, "destination": []}}},
    ],
)
def test_an_event_of_another_shape_is_rejected_without_a_word_of_it(told):
    with pytest.raises(Rejected) as reason:
        read_mail(told)
    assert "people.example" not in str(reason.value)

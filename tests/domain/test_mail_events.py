"""SES's events, as the stand-in makes them after AWS's own records, and what they say of our deliveries."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import Rejected
from domain.solicitation.mail_events import read
from domain.solicitation.suppression import address_key
from sandbox.ses import SentMail
from sandbox.ses.events import events_of, rendering_failure

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)
DELIVERY = "0123456789abcdef0123456789abcdef"
TRUE_EVENT = Path(__file__).parents[2] / "events/solicitation/mail_events.json"


def mail(**tags):
    return SentMail("m1", ("Ann@Mail.example",), "shop@shop.example", "s", "h", "t", {}, tags, "ovation", AT)


def told(fate, **tags):
    """What the bus delivers of a mail with this fate, in order."""
    return [{"id": "e1", "detail": json.loads(event["Detail"])} for event in events_of(mail(**tags), fate)]


@pytest.mark.parametrize(
    ("fate", "kinds", "reason"),
    [
        ("delivered", ["sent", "delivered"], None),
        ("bounced", ["sent", "bounced"], "bounce"),
        ("globally_suppressed", ["sent", "bounced"], "bounce"),
        ("account_suppressed", ["sent", "bounced"], "bounce"),
        ("soft_bounced", ["sent", "delayed", "soft_bounced"], None),
        ("complained", ["sent", "delivered", "complained"], "complaint"),
    ],
)
def test_each_fate_of_a_mail_is_read_event_by_event(fate, kinds, reason):
    read_events = [read(event) for event in told(fate, delivery=DELIVERY)]
    assert [event.seen.kind for event in read_events] == kinds
    assert {event.delivery for event in read_events} == {DELIVERY}
    assert {event.seen.unique for event in read_events} == {"m1"}
    assert {event.seen.accepted for event in read_events} == {AT}
    assert [event.seen.at for event in read_events] == sorted(event.seen.at for event in read_events)
    assert read_events[-1].reason == reason
    assert read_events[-1].suppressed == ((address_key("ann@mail.example"),) if reason else ())
    assert all(event.suppressed == () for event in read_events[:-1])


def test_a_bounce_of_no_known_kind_may_pass():
    event = told("bounced", delivery=DELIVERY)[-1]
    event["detail"]["bounce"]["bounceType"] = "Undetermined"
    assert (read(event).seen.kind, read(event).suppressed) == ("soft_bounced", ())


def test_a_mail_that_could_not_be_rendered_was_rejected():
    [event] = rendering_failure(mail(delivery=DELIVERY), "no value")
    assert read({"detail": json.loads(event["Detail"])}).seen.kind == "rejected"


def test_the_true_event_is_read():
    event = read(json.loads(TRUE_EVENT.read_text()))
    assert (event.delivery, event.seen.kind) == (DELIVERY, "delivered")
    assert event.seen.at.isoformat() == "2026-11-20T15:00:01.020000+00:00"


@pytest.mark.parametrize("tag", [None, "", "abc", DELIVERY.upper(), f"{DELIVERY}0"])
def test_a_mail_without_our_tag_is_not_ours(tag):
    assert read(told("delivered", **({} if tag is None else {"delivery": tag}))[-1]).delivery is None


@pytest.mark.parametrize("kind", ["Open", "Click", "Subscription"])
def test_kinds_that_we_do_not_follow_are_nothing(kind):
    assert read({"detail": {"eventType": kind}}) is None


def without(event, *path):
    event = deepcopy(event)
    inner = event
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return event


def with_(event, value, *path):
    event = deepcopy(event)
    inner = event
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return event


BOUNCE = told("bounced", delivery=DELIVERY)[-1]


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"detail": None},
        {"detail": "text"},
        without(BOUNCE, "detail", "eventType"),
        without(BOUNCE, "detail", "bounce"),
        without(BOUNCE, "detail", "mail"),
        without(BOUNCE, "detail", "mail", "messageId"),
        without(BOUNCE, "detail", "bounce", "bouncedRecipients"),
        with_(BOUNCE, "yesterday", "detail", "bounce", "timestamp"),
        with_(BOUNCE, "2026-11-20T15:00:00", "detail", "bounce", "timestamp"),
        with_(BOUNCE, [{"emailAddress": None}], "detail", "bounce", "bouncedRecipients"),
        with_(BOUNCE, {"delivery": DELIVERY}, "detail", "mail", "tags"),
        with_(BOUNCE, {"delivery": [DELIVERY, DELIVERY]}, "detail", "mail", "tags"),
        with_(BOUNCE, ["list"], "detail", "eventType"),
    ],
)
def test_what_ses_would_not_send_is_rejected_without_telling_the_address(event):
    with pytest.raises(Rejected) as refusal:
        read(event)
    assert "mail.example" not in str(refusal.value).lower()


def test_one_address_has_one_key_however_it_is_written():
    keys = {address_key(text)["PK"] for text in ("ann@mail.example", " Ann@Mail.Example\n")}
    assert len(keys) == 1
    assert "ann" not in keys.pop()
    assert address_key("ann@mail.example") != address_key("anne@mail.example")

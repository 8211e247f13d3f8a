"""What has changed since a notification was written ends it unsent, with its reason: time, its sale, its event, its fan."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from notifications_world import GENERATION, STATE, own
from sending_world import (
    AT,
    EVENT,
    SALE,
    STARTS,
    notification,
    number_of,
    sending_world,
)

from adapters.aws.opt_out_list import OptOutList
from domain.notifications.generation_order import Order
from domain.notifications.instants import iso


@pytest.fixture(scope="module")
def running():
    with sending_world() as world:
        yield world


@pytest.fixture
def world(running):
    return running.renewed()


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


@pytest.mark.parametrize("rate", [0.2, 1.0])
def test_a_text_of_more_parts_than_a_second_has_room_for_is_sent_at_the_rate(world, rate):
    rows = [notification(f"f{n}", parts=2) for n in range(3)]
    world.stage(*rows)
    assert world.send(*rows, sms_rate=rate) == []
    assert {world.status(row) for row in rows} == {"TRIGGERED"}
    at = [text.at for text in world.sms.accepted]
    assert min(later - sooner for sooner, later in pairwise(at)) >= 2 / rate


def test_a_sale_that_has_moved_within_its_window_is_told_anew(world):
    row = notification()
    world.stage(row, sale=replace(SALE, starts=STARTS - timedelta(minutes=10)))
    assert world.send(row) == []
    now = world.row(row)
    assert (now["status"]["id"], now["expiredReason"], world.reasons(row)) == ("EXPIRED", "sale_moved", ["sale_moved"])
    [told] = world.aws.bodies(GENERATION)
    until = iso(world.now + timedelta(minutes=30))
    assert told == {"time": iso(world.now), "eventId": "Z7r9", "saleId": "s1", "fanIds": ["f1"], "until": until}
    assert Order.of(told).fans == ("f1",)
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


def test_a_row_of_others_that_nobody_can_work_with_ends_alone(world):
    odd = notification("odd")
    del odd["saleStartDateTime"]
    none = {**notification("none"), "status": "CREATED"}
    well = notification()
    world.stage(odd, none, well)
    assert world.send(odd, none, well) == []
    assert (world.status(odd), world.reasons(odd)) == ("FAILED", ["malformed saleStartDateTime"])
    assert world.row(none) == none
    assert world.status(well) == "TRIGGERED"

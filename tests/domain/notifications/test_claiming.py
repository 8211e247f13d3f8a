"""What a worker does with a notification that waits to be sent: the first reason that holds, and boundaries on both sides."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.notifications import claiming
from domain.notifications.claiming import Facts, claimed, course, ended, given_back, in_hand, is_held_by, late_fan
from domain.notifications.instants import iso
from domain.notifications.statuses import status_of

AT = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
STARTS = AT + timedelta(minutes=30)
SECOND = timedelta(seconds=1)
ROW = {
    "PK": "fan:f1",
    "SK": "notification#e1-s1#sms",
    "fanId": "f1",
    "eventId": "e1",
    "saleId": "s1",
    "contactMethod": "sms",
    "messageId": "m1",
    "phoneNumber": "+12135550199",
    "messageBody": "soon",
    "saleStartDateTime": iso(STARTS),
    "status": {"id": "CREATED", "date": iso(AT)},
    "date": {"created": iso(AT)},
    "sendAttempts": 0,
}
SALE = {"saleStartDateTime": iso(STARTS)}
GOOD = Facts(SALE, {"id": "e1"}, {"fanId": "f1"})


def with_status(status, **attributes):
    return {**ROW, "status": {"id": status, "date": iso(AT)}, **attributes}


def said(row=ROW, facts=GOOD, now=AT):
    it = course(row, facts, now, 3)
    if it.do != "move":
        return it.do, it.until
    return status_of(it.row), it.row["errors"][-1]["reason"]


@pytest.mark.parametrize(
    ("row", "facts", "now", "expected"),
    [
        (ROW, GOOD, AT, ("send", None)),
        (ROW, GOOD, STARTS - timedelta(seconds=60) - SECOND, ("send", None)),
        (ROW, GOOD, STARTS - timedelta(seconds=60), ("EXPIRED", "sale_started")),
        (ROW, Facts({"saleStartDateTime": iso(STARTS + SECOND)}, None, {}), STARTS, ("EXPIRED", "sale_moved")),
        (ROW, Facts(None, {}, {}), AT, ("FAILED", "suppressed_withdrawn")),
        (ROW, Facts({**SALE, "isSuppressed": True}, {}, {}), AT, ("FAILED", "suppressed_suppressed")),
        (ROW, Facts({**SALE, "suppressionReason": "registration"}, {}, {}), AT, ("FAILED", "suppressed_registration")),
        (ROW, Facts(SALE, {"suppressionReason": "artist"}, {}), AT, ("FAILED", "suppressed_artist")),
        (ROW, Facts(SALE, {"suppressionReason": "all_sales"}, {}), AT, ("send", None)),
        (ROW, Facts(SALE, None, {}), AT, ("send", None)),
        (ROW, Facts(SALE, {}, None, opted_out=True), AT, ("FAILED", "forgotten")),
        (ROW, Facts(SALE, {}, {}, opted_out=True), AT, ("FAILED", "opted_out")),
        ({**ROW, "phoneNumber": ""}, GOOD, AT, ("FAILED", "no_address")),
        ({**ROW, "contactMethod": "email"}, GOOD, AT, ("FAILED", "no_address")),
        ({**ROW, "sendAttempts": 2}, GOOD, AT, ("send", None)),
        ({**ROW, "sendAttempts": 3}, GOOD, AT, ("FAILED", "max attempts exceeded")),
        ({**ROW, "sendAttempts": 3, "mayHaveSent": True}, GOOD, AT, ("UNKNOWN", "max attempts exceeded")),
        ({**ROW, "notBefore": iso(AT)}, GOOD, AT, ("send", None)),
        ({**ROW, "notBefore": iso(AT + SECOND)}, GOOD, AT, ("wait", AT + SECOND)),
        ({**ROW, "mayHaveSent": True}, GOOD, STARTS, ("UNKNOWN", "sale_started")),
        ({**ROW, "mayHaveSent": True}, Facts({"saleStartDateTime": iso(AT)}, {}, {}), AT, ("EXPIRED", "sale_moved")),
    ],
)
def test_the_first_reason_that_holds_decides(row, facts, now, expected):
    assert said(row, facts, now) == expected


@pytest.mark.parametrize(
    ("starts", "anew"),
    [
        (AT + timedelta(minutes=30), False),  # it has not moved
        (AT + timedelta(minutes=29), True),
        (AT + timedelta(minutes=30) + SECOND, False),  # it has a window of its own
        (AT + timedelta(seconds=61), True),
        (AT + timedelta(seconds=60), False),
        (AT - timedelta(days=1), False),
    ],
)
def test_a_moved_sale_is_told_anew_within_its_lead_and_in_time(starts, anew):
    it = course(ROW, Facts({"saleStartDateTime": iso(starts)}, {}, {}), AT, 3)
    assert it.anew is anew


def test_one_that_another_may_replace_is_left_and_told_anew_once_more():
    moved = dict(ended(ROW, "EXPIRED", "sale_moved", AT))
    soon = Facts({"saleStartDateTime": iso(AT + timedelta(minutes=20))}, {}, {})
    assert in_hand(moved, AT) is None
    it = course(moved, soon, AT, 3)
    assert (it.row, it.anew) == (moved, True)
    assert course(moved, GOOD, AT, 3).anew is False  # it has moved back
    assert late_fan(moved, AT)["fanIds"] == ["f1"]


def test_an_end_other_than_expiry_has_no_reason_of_expiry():
    assert "expiredReason" not in ended(ROW, "FAILED", "forgotten", AT)
    assert ended(ROW, "EXPIRED", "sale_started", AT)["expiredReason"] == "sale_started"


@pytest.mark.parametrize("status", ["TRIGGERED", "QUEUED", "SENT", "DELIVERED", "FAILED", "EXPIRED", "UNKNOWN"])
def test_what_is_not_to_be_sent_is_left(status):
    assert in_hand(with_status(status), AT).do == "leave"


def test_what_is_not_there_is_left():
    assert in_hand(None, AT).do == "leave"


@pytest.mark.parametrize("status", ["CREATED", "RETRY"])
def test_what_waits_is_looked_into(status):
    assert in_hand(with_status(status), AT) is None


def test_a_lease_holds_until_its_very_end():
    row = claimed(ROW, "w", AT)
    end = AT + claiming.LEASE
    assert in_hand(row, end - timedelta(milliseconds=1)).do == "wait"
    assert in_hand(row, end - timedelta(milliseconds=1)).until == end
    over = in_hand(row, end)
    assert (status_of(over.row), over.row["mayHaveSent"], "lease" in over.row) == ("UNKNOWN", True, False)
    assert in_hand(with_status("SENDING"), AT).do == "move"  # of nobody who says so


def test_a_claim_counts_a_call_and_names_who_makes_it():
    row = claimed({**ROW, "notBefore": iso(AT)}, "w", AT)
    assert (status_of(row), row["sendAttempts"], "notBefore" in row) == ("SENDING", 1, False)
    assert is_held_by(row, "w")
    assert not is_held_by(row, "v")
    assert not is_held_by(ROW, "w")


def test_what_is_given_back_counts_no_call_and_waits_no_longer_than_its_sale():
    row = claimed(ROW, "w", AT)
    back = given_back(row, AT, AT + timedelta(minutes=1))
    assert (status_of(back), back["sendAttempts"], back["notBefore"]) == ("RETRY", 0, iso(AT + timedelta(minutes=1)))
    assert "lease" not in back
    assert given_back(row, AT, STARTS)["notBefore"] == iso(STARTS - timedelta(seconds=60))
    assert given_back(row, STARTS, STARTS + SECOND)["notBefore"] == iso(STARTS)


def test_the_three_durations_keep_their_order():
    assert claiming.WORK < claiming.SENDER < claiming.LEASE < claiming.VISIBILITY

"""The story of one fan and one sale: every moment once, in order, and one sentence that says why."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.notifications.demand import Demand
from domain.notifications.events import Event, Sale
from domain.notifications.timeline import Known, half_hour, opening, timeline, verdicts

STARTS = datetime(2026, 12, 4, 18, tzinfo=UTC)
WISH = Demand("fan-1", "e1", "s1", ("sms", "email"), STARTS - timedelta(days=9), phone="+12025550100").row()
EVENT = Event("e1", "Lanterns", "https://t.example.com", STARTS - timedelta(days=1), STARTS - timedelta(days=20))
SALE = Sale("s1", "e1", "Public Onsale", ("PUBLIC",), STARTS)
SENT = {
    "contactMethod": "sms",
    "status": {"id": "DELIVERED", "date": "2026-12-04T17:31:00.000Z"},
    "date": {
        "created": "2026-12-04T17:30:01.000Z",
        "updated": "2026-12-04T17:31:00.000Z",
        "triggered": "2026-12-04T17:30:09.000Z",
        "delivered": "2026-12-04T17:31:00.000Z",
    },
    "sendAttempts": 2,
    "errors": [{"statusCode": 500, "reason": "try later", "timestamp": "2026-12-04T17:30:03.000Z"}],
}


def known(**told):
    return Known(**{
        "demand": WISH, "notifications": (), "event": EVENT, "sale": SALE, "opted_out": {}, "mark": None, **told
    })  # fmt: skip


def test_moments_stand_in_the_order_of_time():
    told = timeline(
        known(notifications=[SENT], demand={**WISH, "date": {**WISH["date"], "triggered": "2026-12-04T17:30:09.000Z"}})
    )
    assert [it.what for it in told] == [
        "event known",
        "asked to be reminded",
        "window opens",
        "sms created",
        "sms error",
        "first sent",
        "sms triggered",
        "sms delivered",
        "sale begins",
    ]
    by = {it.what: it.detail for it in told}
    assert by["asked to be reminded"] == "by sms and email"
    assert by["sms error"] == "500 try later"
    assert by["sms triggered"] == "2 tries"


def test_no_address_is_told():
    assert "2025550100" not in repr(timeline(known(notifications=[{**SENT, "phoneNumber": "+12025550100"}])))


def test_what_is_suppressed_or_opted_out_has_its_moment_and_what_has_no_time_stands_last():
    suppressed = Sale("s1", "e1", "Registration", ("SUPPRESS",), STARTS, suppressed="registration")
    out = Event(
        **{name: getattr(EVENT, name) for name in ("id", "name", "url", "updated", "first_seen")}, suppressed="artist"
    )
    told = timeline(known(sale=suppressed, event=out, opted_out={"sms": "2026-11-30T00:00:00.000Z"}))
    assert {("sale suppressed", "registration"), ("event suppressed", "artist"), ("sms opted out", "")} <= {
        (it.what, it.detail) for it in told
    }
    assert timeline(known(sale=suppressed, event=None))[-1].what == "sale suppressed"
    assert [it.what for it in timeline(known(demand=None, event=None, sale=None))] == []


@pytest.mark.parametrize("status", ["SENDING", "RETRY", "UNKNOWN"])
def test_what_is_under_way_says_how_often_it_was_tried(status):
    row = {
        **SENT,
        "status": {"id": status, "date": "2026-12-04T17:30:20.000Z"},
        "sendAttempts": 1,
        "errors": [{"reason": "x"}],
    }
    told = {it.what: it.detail for it in timeline(known(notifications=[row]))}
    assert told[f"sms {status.lower()}"] == "1 try"
    assert told["sms error"] == "x"


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"notifications": [SENT]}, "sms: DELIVERED"),
        ({"notifications": [{**SENT, "status": {"id": "FAILED", "date": "x"}}]}, "sms: FAILED, try later"),
        ({"notifications": [{**SENT, "status": {"id": "EXPIRED", "date": "x"}, "errors": []}]}, "sms: EXPIRED"),
        (
            {"notifications": [{**SENT, "status": {"id": "SENT", "date": "x"}}]},
            "sms: SENT, taken, not confirmed so far",
        ),
        ({"demand": None}, "the fan has not asked to be reminded of this sale, or has taken it back"),
        ({"sale": None}, "the sale is not known: its event was never read from the vendor, or has no such sale"),
        ({"sale": Sale("s1", "e1", "R", (), STARTS, suppressed="registration")}, "suppressed: registration"),
        ({}, "not yet: the sale's window opens at 2026-12-04T17:30:00.000Z"),
    ],
)
def test_one_sentence_says_why(told, sentence):
    assert verdicts(known(**told), STARTS - timedelta(hours=2)) == [sentence]


def test_a_window_that_should_be_open_is_told_as_late_or_as_done():
    now = STARTS - timedelta(minutes=20)
    assert "no run of the scheduler" in verdicts(known(), now)[0]
    assert "no reminder was made" in verdicts(known(mark="2026-12-04T18:00:00.000Z"), now)[0]


@pytest.mark.parametrize(
    ("starts", "opens"),
    [("18:00", "17:30"), ("17:31", "17:30"), ("17:30", "17:00"), ("00:00", "23:30"), ("00:15", "00:00")],
)
def test_a_sale_belongs_to_the_half_hour_before_it(starts, opens):
    at = datetime.fromisoformat(f"2026-12-04T{starts}:00+00:00")
    assert opening(at).strftime("%H:%M") == opens


def test_an_instant_lies_in_the_half_hour_that_began_last():
    at = datetime(2026, 12, 4, 17, 59, 59, tzinfo=UTC)
    assert half_hour(at) == datetime(2026, 12, 4, 17, 30, tzinfo=UTC) == half_hour(half_hour(at))

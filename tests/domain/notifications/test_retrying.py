"""What a call's answer makes of a claimed notification: one table, by answer and by what is known besides."""

from datetime import UTC, datetime, timedelta

import pytest
from sending_rules import RULES

from domain.notifications.claiming import claimed
from domain.notifications.classifying import Fate
from domain.notifications.instants import iso
from domain.notifications.retrying import after, delay
from domain.notifications.statuses import SPENT, Sighting, moved, seen, status_of

AT = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
STARTS = AT + timedelta(minutes=30)
ROW = {
    "PK": "fan:f1",
    "SK": "notification#e1-s1#sms",
    "contactMethod": "sms",
    "saleStartDateTime": iso(STARTS),
    "status": {"id": "CREATED", "date": iso(AT)},
    "date": {"created": iso(AT)},
    "sendAttempts": 0,
}


def held(attempts=1, **attributes):
    return {**claimed({**ROW, "sendAttempts": attempts - 1}, "w", AT), **attributes}


def then(row, fate, now=AT, chance=0.5):
    return after(row, fate, "w", now, RULES, chance)


BUSY = Fate("again", 500, "busy")
DOUBT = Fate("again", 0, "no answer", ambiguous=True)


@pytest.mark.parametrize(
    ("row", "fate", "now", "status", "attempts", "reasons"),
    [
        (held(), Fate("taken", provider_id="p"), AT, "TRIGGERED", 1, []),
        (held(), BUSY, AT, "RETRY", 1, ["busy"]),
        (held(2), BUSY, AT, "RETRY", 2, ["busy"]),
        (held(3), BUSY, AT, "FAILED", 3, ["busy", "max attempts exceeded"]),
        (held(3), Fate("again", 503, "Service unavailable"), AT, "FAILED", 3, ["Service unavailable", SPENT]),
        (held(3), DOUBT, AT, "UNKNOWN", 3, ["no answer", "max attempts exceeded"]),
        (held(3, mayHaveSent=True), BUSY, AT, "UNKNOWN", 3, ["busy", "max attempts exceeded"]),
        (held(), BUSY, STARTS - timedelta(seconds=64), "EXPIRED", 1, ["busy", "sale_started"]),
        (held(), BUSY, STARTS - timedelta(seconds=65), "RETRY", 1, ["busy"]),
        (held(), DOUBT, STARTS - timedelta(seconds=61), "UNKNOWN", 1, ["no answer", "sale_started"]),
        (held(), Fate("refused", 400, "Invalid phone number"), AT, "FAILED", 1, ["Invalid phone number"]),
        (held(), Fate("opted_out", 400, "opted out"), AT, "FAILED", 1, ["opted out"]),
        (held(), Fate("unknown", 0, "no answer", ambiguous=True), AT, "UNKNOWN", 1, ["no answer"]),
        (held(2), Fate("held", 403, "who?"), AT, "RETRY", 1, []),
        (held(), Fate("late"), AT, "RETRY", 0, []),
        (held(), Fate("too_late"), STARTS, "EXPIRED", 0, ["sale_started"]),
        (held(), Fate("apart", reason="CALL_INVALID"), AT, "RETRY", 1, ["CALL_INVALID"]),
    ],
)
def test_an_answer_leads_to_a_status(row, fate, now, status, attempts, reasons):
    new = then(row, fate, now)
    assert (status_of(new), new["sendAttempts"]) == (status, attempts)
    assert [it["reason"] for it in new.get("errors", [])] == reasons
    assert "lease" not in new


def test_what_goes_apart_goes_alone_from_then_on():
    assert then(held(), Fate("apart", reason="CALL_INVALID"))["alone"] is True
    assert "alone" not in then(held(), BUSY)


def test_what_may_have_been_taken_is_remembered():
    assert then(held(), DOUBT)["mayHaveSent"] is True
    assert "mayHaveSent" not in then(held(), BUSY)
    assert then(held(mayHaveSent=True), BUSY)["mayHaveSent"] is True


def test_the_providers_name_is_kept_once():
    new = then(held(), Fate("taken", provider_id="p"))
    assert new["providerId"] == "p"
    assert then(new, Fate("taken", provider_id="q")) == new
    assert "providerId" not in then(held(), Fate("taken"))


@pytest.mark.parametrize("event", ["QUEUED", "SENT", "DELIVERED", "FAILED"])
def test_an_event_that_came_before_the_record_stands(event):
    row = seen(held(), [Sighting(event, AT)])
    new = then(row, Fate("taken"), AT + timedelta(seconds=1))
    assert status_of(new) == event
    assert new["date"]["triggered"] == iso(AT + timedelta(seconds=event == "FAILED"))


@pytest.mark.parametrize("fate", [BUSY, DOUBT, Fate("held"), Fate("late"), Fate("unknown", 0, "x")])
def test_what_is_not_in_our_hands_any_more_is_not_moved_by_what_says_little(fate):
    row = moved(held(), "UNKNOWN", AT, lease=None)
    assert then(row, fate) == row
    assert then(held() | {"lease": {"holder": "another", "until": 1}}, fate)["status"]["id"] == "SENDING"


def test_a_refusal_settles_what_somebody_took_for_unknown():
    row = moved(held(), "UNKNOWN", AT, lease=None)
    new = then(row, Fate("refused", 400, "Invalid phone number"))
    assert (status_of(new), new["errors"][-1]["reason"]) == ("FAILED", "Invalid phone number")
    delivered = seen(held(), [Sighting("DELIVERED", AT)])
    assert status_of(then(delivered, Fate("opted_out", 400, "out"))) == "DELIVERED"


@pytest.mark.parametrize(
    ("attempts", "retry_after", "chance", "seconds"),
    [(1, 0, 0.0, 0), (1, 0, 0.5, 4), (2, 0, 0.5, 8), (9, 0, 1.0, 60), (1, 30, 0.0, 30), (1, 30, 0.5, 34)],
)
def test_the_wait_grows_is_spread_and_is_never_shorter_than_the_service_wants(attempts, retry_after, chance, seconds):
    assert delay(attempts, retry_after, RULES, chance) == timedelta(seconds=seconds)


def test_what_is_held_waits_as_long_as_the_rules_or_the_service_say():
    assert then(held(), Fate("held"))["notBefore"] == iso(AT + timedelta(seconds=60))
    assert then(held(), Fate("held", retry_after=90.0))["notBefore"] == iso(AT + timedelta(seconds=90))
    assert then(held(), Fate("late"))["notBefore"] == iso(AT + timedelta(seconds=1))

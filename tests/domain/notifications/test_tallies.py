"""How a sale's notifications stand: each counted once, with its reason, and how long delivery took."""

import pytest

from domain.notifications.tallies import Tally


def row(status, method="sms", **more):
    date = {"created": "2026-12-04T17:30:00.000Z", "delivered": "2026-12-04T17:30:10.000Z"}
    return {"status": {"id": status, "date": "x"}, "contactMethod": method, "date": date, **more}


@pytest.fixture
def tally():
    found = Tally()
    found.add([row("DELIVERED"), row("DELIVERED", "email"), row("QUEUED"), row("EXPIRED")])
    found.add([row("FAILED", errors=[{"reason": "x"}, {"reason": "Invalid phone number"}])])
    return found


def test_every_notification_is_in_one_place(tally):
    assert tally.total == 5 == sum(tally.statuses.values()) == sum(tally.ways.values())
    assert tally.open == 1


def test_the_last_reason_is_the_one(tally):
    assert tally.reasons == {("FAILED", "Invalid phone number"): 1, ("EXPIRED", "unknown"): 1}


def test_rate_and_time_are_of_what_came_to_an_end(tally):
    assert tally.delivery_rate == 0.5
    assert (tally.average_seconds, tally.longest) == (10, 10)
    assert (Tally().delivery_rate, Tally().average_seconds) == (None, None)


def test_scripts_are_told_all_of_it(tally):
    assert tally.document() == {
        "notifications": 5,
        "statuses": {"DELIVERED": 2, "EXPIRED": 1, "FAILED": 1, "QUEUED": 1},
        "reasons": {"EXPIRED": {"unknown": 1}, "FAILED": {"Invalid phone number": 1}},
        "deliveryRate": 0.5,
        "averageSeconds": 10,
        "longestSeconds": 10,
    }

"""What is stuck, for how long it may be, and what becomes of it."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.notifications.instants import iso
from domain.notifications.keys import UNSETTLED_SHARD, UNSETTLED_SINCE, Key, notification_row
from domain.notifications.sweeping import Patience, asks_for_its_sale, found, legible, message, sale_of

KEY = notification_row("fan-1", "e1", "s1", "sms")
NOW = datetime(2026, 3, 13, 9, 40, tzinfo=UTC)
STARTS = datetime(2026, 3, 13, 10, 0, tzinfo=UTC)
PATIENCE = Patience(timedelta(seconds=180))


def row(status="CREATED", *, stood=180.0, left=20.0, **more):
    """`stood` in seconds, `left` until the sale in minutes."""
    since = iso(NOW - timedelta(seconds=stood))
    return {
        **KEY.attributes(),
        "fanId": "fan-1",
        "eventId": "e1",
        "saleId": "s1",
        "status": {"id": status, "date": since},
        "date": {"created": since, "updated": since},
        "saleStartDateTime": iso(NOW + timedelta(minutes=left)),
        UNSETTLED_SINCE: since,
        UNSETTLED_SHARD: "unsettled#1",
        "rev": 3,
        **more,
    }


def do(row, sale=None, patience=PATIENCE):
    return found(row, sale, NOW, patience).do


@pytest.mark.parametrize("status", ["CREATED", "RETRY"])
@pytest.mark.parametrize(
    ("stood", "left", "wanted"),
    [
        (180, 20, "queue"),
        (179, 20, "leave"),
        (179, 11.01, "leave"),
        (60, 11, "queue"),  # ten minutes in which it may be sent: who is not found now, is found once more
        (60, 5, "queue"),
        (59, 5, "leave"),
        (60, 1.01, "queue"),
    ],
)
def test_what_stood_still_for_too_long_is_queued_again_the_sooner_the_nearer_its_sale(status, stood, left, wanted):
    assert do(row(status, stood=stood, left=left)) == wanted


@pytest.mark.parametrize(("left", "wanted"), [(20, "leave"), (11.01, "leave"), (11, "queue"), (2, "queue")])
def test_where_the_outbox_is_full_only_what_is_urgent_is_queued_again(left, wanted):
    assert do(row(stood=900, left=left), patience=Patience(timedelta(seconds=180), backlog=True)) == wanted


@pytest.mark.parametrize(("ago", "wanted"), [(-60, "leave"), (0, "leave"), (179, "leave"), (180, "queue")])
def test_a_retry_that_waits_for_its_time_does_not_stand_still(ago, wanted):
    assert do(row("RETRY", stood=900, notBefore=iso(NOW - timedelta(seconds=ago)))) == wanted


@pytest.mark.parametrize("left", [1, 0.5, 0, -30])
def test_what_was_not_sent_a_minute_before_its_sale_is_expired(left):
    settled = found(row("RETRY", left=left, notBefore=iso(NOW)), None, NOW, PATIENCE)
    assert settled.do == "settle"
    assert settled.row["status"] == {"id": "EXPIRED", "date": iso(NOW)}
    assert settled.row["expiredReason"] == "sale_started"
    assert settled.row["errors"] == [{"reason": "sale_started", "timestamp": iso(NOW)}]
    assert not {UNSETTLED_SINCE, UNSETTLED_SHARD, "notBefore"} & set(settled.row)


def test_what_may_have_been_sent_is_not_expired_but_unknown():
    assert found(row("RETRY", left=0, mayHaveSent=True), None, NOW, PATIENCE).row["status"]["id"] == "UNKNOWN"


def test_what_waits_for_a_sale_that_has_moved_is_the_senders():
    late = row(left=0)
    assert do(late, {"saleStartDateTime": iso(STARTS)}) == "queue"
    assert do(late, {"saleStartDateTime": late["saleStartDateTime"]}) == "settle"


@pytest.mark.parametrize(("ago", "wanted"), [(-1, "leave"), (0, "settle"), (60, "settle")])
def test_a_claim_that_has_run_out_is_unknown(ago, wanted):
    until = round((NOW - timedelta(seconds=ago)).timestamp() * 1000)
    it = found(row("SENDING", lease={"holder": "w", "until": until}), None, NOW, PATIENCE)
    assert it.do == wanted
    if it.row:
        assert it.row["status"] == {"id": "UNKNOWN", "date": iso(NOW)}
        assert (it.row["mayHaveSent"], "lease" in it.row, UNSETTLED_SINCE in it.row) == (True, False, True)


def test_a_claim_without_a_lease_has_run_out():
    assert do(row("SENDING")) == "settle"


@pytest.mark.parametrize(("left", "wanted"), [(0.01, "leave"), (0, "settle"), (-5, "settle")])
def test_what_nobody_has_told_of_by_its_sale_has_failed(left, wanted):
    it = found(row("UNKNOWN", left=left), None, NOW, PATIENCE)
    assert it.do == wanted
    if it.row:
        assert it.row["status"]["id"] == "FAILED"
        assert it.row["errors"] == [{"reason": "unknown", "timestamp": iso(NOW)}]


@pytest.mark.parametrize("status", ["TRIGGERED", "QUEUED", "SENT", "DELIVERED", "FAILED", "EXPIRED"])
def test_what_is_settled_is_let_be(status):
    assert do(row(status, stood=9999, left=-9)) == "leave"


@pytest.mark.parametrize(
    ("status", "left", "asks"),
    [("CREATED", 1, True), ("RETRY", -9, True), ("CREATED", 1.01, False), ("UNKNOWN", -9, False)],
)
def test_only_what_would_expire_asks_for_its_sale(status, left, asks):
    assert asks_for_its_sale(row(status, left=left), NOW) == asks


def test_a_message_points_to_its_row():
    assert message(row(), NOW) == {"time": iso(NOW), "pk": KEY.pk, "sk": KEY.sk, "rev": 3}
    assert sale_of(row()) == Key("event:e1", "sale#s1")


@pytest.mark.parametrize(
    "change",
    [
        {"saleStartDateTime": "soon"},
        {"saleStartDateTime": None},
        {"notBefore": "x"},
        {UNSETTLED_SINCE: "2026"},
        {"status": "CREATED"},
        {"status": {}},
        {"date": None},
        {"errors": ["no"]},
    ],
)
def test_what_has_no_legible_times_is_no_row_to_judge(change):
    assert legible(row())
    assert not legible({**row(), **change})


@pytest.mark.parametrize("name", ["saleStartDateTime", "eventId", "saleId", "status", UNSETTLED_SINCE])
def test_what_has_no_times_at_all_is_no_row_to_judge(name):
    told = row()
    del told[name]
    assert not legible(told)


def test_nothing_is_stuck_sooner_than_the_shortest_patience():
    assert Patience(timedelta(seconds=180)).least == timedelta(seconds=60)
    assert Patience(timedelta(seconds=20)).least == timedelta(seconds=20)

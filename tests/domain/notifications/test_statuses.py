"""A notification's status goes forward only, and every order of what is told of it ends the same."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.notifications.keys import UNSETTLED_SHARD, UNSETTLED_SINCE, notification_row, shard_of
from domain.notifications.statuses import DATED, ENDINGS, ERRORS, RANKS, UNSETTLED, Sighting, moved, seen, status_of

AT = datetime(2026, 3, 13, 9, 30, tzinfo=UTC)
KEY = notification_row("fan-1", "e1", "s1", "sms")
ROW = {
    **KEY.attributes(),
    "type": "notification",
    "status": {"id": "SENDING", "date": "2026-03-13T09:30:00.000Z"},
    "date": {"created": "2026-03-13T09:29:00.000Z", "updated": "2026-03-13T09:30:00.000Z"},
    "errors": [],
    "lease": {"holder": "w", "until": 1},
    UNSETTLED_SHARD: "unsettled#1",
    UNSETTLED_SINCE: "2026-03-13T09:30:00.000Z",
}
REFUSED = {"statusCode": 400, "reason": "Invalid phone number"}
LIFE = [
    Sighting("QUEUED", AT + timedelta(seconds=1)),
    Sighting("SENT", AT + timedelta(seconds=2)),
    Sighting("DELIVERED", AT + timedelta(seconds=4)),
    Sighting("FAILED", AT + timedelta(seconds=3), REFUSED),
]


def second(number):
    return f"2026-03-13T09:30:{number:02d}.000Z"


@pytest.mark.parametrize("order", [*permutations(range(5))], ids=lambda order: "".join(map(str, order)))
def test_every_order_of_events_and_of_our_own_word_ends_the_same(order):
    """4 is the sender's own TRIGGERED, written down late."""
    row = ROW
    for place in order:
        row = moved(row, "TRIGGERED", AT, lease=None) if place == 4 else seen(row, [LIFE[place]])
    assert row == seen(moved(ROW, "TRIGGERED", AT, lease=None), LIFE)
    assert row["status"] == {"id": "DELIVERED", "date": second(4)}
    assert row["date"] == {
        "created": "2026-03-13T09:29:00.000Z",
        "triggered": second(0),
        "queued": second(1),
        "sent": second(2),
        "failed": second(3),
        "delivered": second(4),
        "updated": second(4),
    }
    assert row["errors"] == [{**REFUSED, "timestamp": second(3)}]
    assert not {"lease", UNSETTLED_SHARD, UNSETTLED_SINCE} & set(row)


SIGHTINGS = st.builds(
    Sighting,
    st.sampled_from(sorted(DATED)),
    st.integers(0, 30).map(lambda seconds: AT + timedelta(seconds=seconds)),
    st.none() | st.sampled_from([REFUSED, {"reason": "x"}, {"statusCode": "400", "reason": "Invalid phone number"}]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(SIGHTINGS, max_size=30), st.randoms(use_true_random=False), st.integers(1, 6))
def test_whatever_is_told_in_whatever_pieces_and_however_often_ends_the_same(told, chance, pieces):
    once = seen(ROW, told)
    again = told + [it for it in told if chance.random() < 0.5]
    chance.shuffle(again)
    row = ROW
    for start in range(pieces):
        row = seen(row, again[start::pieces])
    assert row == once == seen(once, told)


def test_what_is_told_again_changes_nothing():
    row = seen(ROW, LIFE)
    assert seen(row, LIFE) == row


@pytest.mark.parametrize("told", LIFE, ids=lambda it: it.status)
@pytest.mark.parametrize("status", sorted(RANKS))
def test_a_status_goes_forward_only(status, told):
    row = seen({**ROW, "status": {"id": status, "date": second(0)}}, [told])
    assert status_of(row) == max(status, told.status, key=RANKS.__getitem__)
    assert row["date"][told.status.lower()]


def test_an_update_that_outruns_the_sender_fills_its_time():
    row = moved(seen(ROW, [LIFE[0]]), "TRIGGERED", AT)
    assert row["status"] == {"id": "QUEUED", "date": second(1)}
    assert (row["date"]["triggered"], row["date"]["queued"]) == (second(0), second(1))


@pytest.mark.parametrize("status", ["RETRY", "CREATED", "SENDING", "UNKNOWN"])
def test_our_own_workers_do_not_take_back_what_was_seen_outside(status):
    row = moved(seen(ROW, [LIFE[1]]), status, AT + timedelta(seconds=9), notBefore="x", error={"reason": "timeout"})
    assert row["status"] == {"id": "SENT", "date": second(2)}
    assert UNSETTLED_SHARD not in row
    assert [it["reason"] for it in row["errors"]] == ["timeout"]


def test_our_own_workers_may_go_back_to_try_again():
    row = moved(ROW, "RETRY", AT + timedelta(seconds=5), lease=None, error=REFUSED)
    assert row["status"] == {"id": "RETRY", "date": second(5)}
    assert row["errors"] == [{**REFUSED, "timestamp": second(5)}]
    assert "lease" not in row
    assert row[UNSETTLED_SHARD] == f"unsettled#{shard_of(KEY.pk)}"
    assert row[UNSETTLED_SINCE] == second(5)


def test_the_latest_word_is_when_a_row_was_updated_and_no_late_one_turns_it_back():
    row = seen(ROW, [LIFE[2]])
    assert moved(row, "TRIGGERED", AT)["date"]["updated"] == second(4)
    assert seen(row, [LIFE[0]])["date"]["updated"] == second(4)


def test_what_is_unsettled_is_in_its_index_and_what_is_settled_is_not():
    for status in RANKS:
        row = moved(ROW, status, AT)
        assert (UNSETTLED_SHARD in row) == (status in UNSETTLED) == (UNSETTLED_SINCE in row)


def test_a_word_of_another_system_is_no_status_of_ours():
    row = seen({**ROW, "status": {"id": "scheduled", "date": "x"}}, [LIFE[0]])
    assert row["status"] == {"id": "QUEUED", "date": second(1)}


@pytest.mark.parametrize("status", ["SENDING", "UNKNOWN"])
@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_what_was_queued_was_triggered_by_then_even_where_its_sender_died_before_saying_so(status, order):
    row = moved(ROW, status, AT)
    for place in order:
        row = seen(row, [LIFE[place]])
    assert row["date"]["triggered"] == second(1)
    assert moved(row, "TRIGGERED", AT + timedelta(seconds=9)) == {
        **row,
        "date": {**row["date"], "updated": second(9)},
    }


def test_what_failed_was_not_triggered_by_that():
    assert "triggered" not in seen(ROW, [LIFE[3]])["date"]


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_of_what_is_told_at_one_instant_our_own_ending_is_the_last_word(ending):
    for reasons in (("zzz", ending), (ending, "zzz")):
        row = ROW
        for reason in reasons:
            row = moved(row, "RETRY", AT, error={"reason": reason})
        assert [it["reason"] for it in row["errors"]] == ["zzz", ending]


def test_an_error_may_have_a_time_of_its_own():
    row = seen(ROW, [Sighting("QUEUED", AT, {"reason": "delay", "timestamp": second(7)})])
    assert row["errors"] == [{"reason": "delay", "timestamp": second(7)}]


def test_a_row_keeps_no_more_errors_than_it_has_room_for_whatever_their_order():
    told = [Sighting("FAILED", AT + timedelta(seconds=n), {"reason": "busy"}) for n in range(ERRORS + 10)]
    row = seen(ROW, reversed(told))
    assert row == seen(ROW, told) == seen(row, told)
    assert [it["timestamp"] for it in row["errors"]] == [second(n) for n in range(ERRORS)]


def test_a_row_without_errors_gets_its_first():
    row = {name: value for name, value in ROW.items() if name != "errors"}
    assert seen(row, [LIFE[3]])["errors"] == moved(row, "FAILED", LIFE[3].at, error=REFUSED)["errors"]

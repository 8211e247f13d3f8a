"""Whether an event is fresh enough, and whether anybody still waits for it."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.notifications.events import Sale
from domain.notifications.freshness import AHEAD, FAILURE, HARD, OVER, SOFT, Need, lately, need, over

NOW = datetime(2026, 12, 4, 9, 30, tzinfo=UTC)
TICK = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), Need.NONE),
        (SOFT - TICK, Need.NONE),
        (SOFT, Need.SOON),
        (HARD - TICK, Need.SOON),
        (HARD, Need.NOW),
        (-AHEAD, Need.NONE),
        (-AHEAD - TICK, Need.NOW),
    ],
)
def test_what_is_old_must_be_asked_for_soon_and_what_is_older_now(age, expected):
    assert need(NOW - age, NOW) is expected


@pytest.mark.parametrize(("age", "expected"), [(0, Need.NONE), (15, Need.NONE), (16, Need.NOW), (-15, Need.NONE)])
def test_who_wants_it_fresher_says_how_fresh(age, expected):
    assert need(NOW - timedelta(minutes=age), NOW, timedelta(minutes=15)) is expected


def test_who_bears_older_things_is_served_them():
    assert need(NOW - HARD, NOW, timedelta(hours=25)) is Need.NONE


def test_what_was_never_asked_for_must_be_asked_for_now():
    assert need(None, NOW) is need(None, NOW, HARD) is Need.NOW


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (None, False),
        (NOW, True),
        (NOW - FAILURE + TICK, True),
        (NOW - FAILURE, False),
        (NOW + FAILURE - TICK, True),
        (NOW + FAILURE, False),
    ],
)
def test_lately_is_so_by_whichever_clock(at, expected):
    assert lately(at, NOW, FAILURE) is expected


def sale(starts):
    return Sale("s", "e", "Presale", ("VF",), starts)


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ([], False),
        ([NOW - OVER], True),
        ([NOW - OVER + TICK], False),
        ([NOW - OVER, NOW - HARD], False),
        ([NOW - OVER, NOW - OVER], True),
    ],
)
def test_an_event_is_over_a_while_after_its_last_sale(starts, expected):
    assert over([sale(at) for at in starts], NOW) is expected

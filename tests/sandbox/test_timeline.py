"""Time in the sandbox moves when told to, and only forward."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sandbox.timeline import TickingClock, VirtualClock, WallClock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_virtual_clock_stands_still_until_advanced():
    clock = VirtualClock(NOON)
    assert clock.now() == clock.now() == NOON
    assert clock.advance(90) == clock.now() == NOON + timedelta(seconds=90)


def test_a_virtual_clock_jumps_to_a_moment():
    clock = VirtualClock(NOON)
    clock.advance_to(NOON + timedelta(days=1))
    assert clock.now() == NOON + timedelta(days=1)


@pytest.mark.parametrize("step", [lambda c: c.advance(-1), lambda c: c.advance_to(NOON - timedelta(seconds=1))])
def test_time_never_runs_backwards(step):
    clock = VirtualClock(NOON)
    with pytest.raises(ValueError, match="forward"):
        step(clock)
    assert clock.now() == NOON


@pytest.mark.parametrize("start", [NOON.replace(tzinfo=None), NOON.astimezone(timezone(timedelta(hours=1)))])
def test_only_utc_times_are_accepted(start):
    with pytest.raises(ValueError, match="UTC"):
        VirtualClock(start)


def test_the_wall_clock_tells_utc():
    assert WallClock().now().utcoffset() == timedelta(0)


def test_a_ticking_clock_goes_on_within_an_instant_and_begins_anew_with_the_next():
    standing, seconds = VirtualClock(NOON), iter([0.0, 2.5, 10.0, 11.0]).__next__
    clock = TickingClock(standing, seconds)
    assert clock.now() == NOON + timedelta(seconds=2.5)
    standing.advance(60)
    assert clock.now() == NOON + timedelta(seconds=61)

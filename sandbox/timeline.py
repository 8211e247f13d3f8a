"""What time the sandbox believes it is: one real clock, one that only moves when told to, and one that is each in its turn."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Protocol


class Clock(Protocol):
    """Anything that knows the time; always aware, always UTC."""

    def now(self) -> datetime: ...


class WallClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class HurriedClock(WallClock):
    """The machine's own clock, ahead of it by as much as nobody wanted to wait for."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self._ahead

    def hurry_to(self, moment: datetime) -> None:
        """Be there at once; a moment that has passed changes nothing."""
        self._ahead += max(moment - self.now(), timedelta(0))


@dataclass
class VirtualClock:
    """A clock that stands still until advanced, so a day can pass in a minute and tests wait for nothing.

    Raises ValueError for a start without a zone or not in UTC, and for a step backwards.
    """

    start: datetime
    _now: datetime = field(init=False)
    _lock: Lock = field(init=False, repr=False, default_factory=Lock)

    def __post_init__(self) -> None:
        self._now = _utc(self.start)

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Move forward by `seconds` (0 or more) and return the new time."""
        if seconds < 0:
            raise ValueError(f"time moves forward only, not by {seconds} seconds")
        with self._lock:
            self._now += timedelta(seconds=seconds)
            return self._now

    def advance_to(self, moment: datetime) -> datetime:
        """Move forward to `moment`; staying where we are is allowed."""
        with self._lock:
            if _utc(moment) < self._now:
                raise ValueError(f"time moves forward only, not from {self._now} to {moment}")
            self._now = moment
            return self._now


class DayClock:
    """A sandbox's time: the machine's until a day is begun, from then on where that day stands. A later `begin` may lie earlier."""

    def __init__(self) -> None:
        self._within: Clock = WallClock()

    def now(self) -> datetime:
        return self._within.now()

    def begin(self, moment: datetime) -> None:
        self._within = VirtualClock(moment)

    def advance_to(self, moment: datetime) -> datetime:
        """Move forward within the day. Raises ValueError for a step backwards, and RuntimeError before any day was begun."""
        if not isinstance(self._within, VirtualClock):
            raise RuntimeError("no day was begun: the machine's time cannot be moved")
        return self._within.advance_to(moment)


class TickingClock:
    """A clock that stands still, and goes on by the machine's while nobody moves it: what happens within one instant has an order."""

    def __init__(self, standing: Clock, seconds: Callable[[], float] = time.monotonic) -> None:
        self._standing, self._seconds = standing, seconds
        self._at, self._since = standing.now(), seconds()

    def now(self) -> datetime:
        at = self._standing.now()
        if at != self._at:
            self._at, self._since = at, self._seconds()
        return at + timedelta(seconds=self._seconds() - self._since)


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() != timedelta(0):
        raise ValueError(f"{moment!r} is not an aware UTC time")
    return moment

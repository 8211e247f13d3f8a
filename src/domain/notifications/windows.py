"""How far runs have covered sale starts, and when the next one is due, in; the starts it covers out: windows that tile time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from domain.errors import Rejected
from domain.notifications.events import Sale
from domain.notifications.instants import moment

CATCH_UP = timedelta(hours=24)  # what was missed for longer is told of, and left
STEP = timedelta(milliseconds=1)  # rows tell their instants no finer


@dataclass(frozen=True, slots=True)
class Window:
    """Sale starts in (after, until]. It is of instants: no zone and no change of its clocks moves it."""

    after: datetime
    until: datetime

    @classmethod
    def asked(cls, schedule: Any) -> Self:
        """The seed's override {startDateTime, endDateTime}, in which both belong to it. Rejected: it is no such thing."""
        if not isinstance(schedule, Mapping) or not {"startDateTime", "endDateTime"} <= schedule.keys():
            raise Rejected("schedule must tell startDateTime and endDateTime")
        first, last = moment(schedule["startDateTime"]), moment(schedule["endDateTime"])
        if not first <= last <= first + CATCH_UP:
            raise Rejected("schedule must end after it starts, within a day")
        return cls(first - STEP, last)

    def holds(self, start: datetime) -> bool:
        return self.after < start <= self.until

    def days(self) -> tuple[str, ...]:
        """The UTC dates it touches, as YYYY-MM-DD."""
        days = (self.until.date() - self.after.date()).days
        return tuple(f"{self.after.date() + timedelta(days=day)}" for day in range(days + 1))


def due(covered: datetime, at: datetime, lead: timedelta) -> Window | None:
    """What a run at `at` must see to: all from where the last one ended, but never back; None: another run has seen to it."""
    until = at + lead
    return Window(max(covered, at - CATCH_UP), until) if covered < until else None


def missed(covered: datetime, at: datetime) -> Window | None:
    """What lies too far back to be caught up with: nobody is told of these sales, and somebody must know."""
    return Window(covered, at - CATCH_UP) if covered < at - CATCH_UP else None


def sale_of(row: Mapping[str, Any]) -> Sale | None:
    """A sale's row, whoever wrote it; None: it lacks what makes a sale, or its start is no instant."""
    if not all(isinstance(row.get(name), str) and row[name] for name in ("id", "eventId", "saleStartDateTime")):
        return None
    try:
        return Sale.of(row)
    except Rejected:
        return None

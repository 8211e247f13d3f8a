"""The schedules of the embedded AWS and a virtual time to reach in, every target called at its moment out."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Protocol

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from sandbox.clock.delivery import Firing, call, park
from sandbox.clock.schedules import MAX_AGE, MAX_RETRIES, Schedule, Schedules

FIRST_RETRY = timedelta(minutes=1)  # the service's backoff is not published; ours doubles up to an hour
LONGEST_RETRY = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


class Timeline(Protocol):
    """A clock that can be moved forward."""

    def now(self) -> datetime: ...

    def advance_to(self, moment: datetime) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Fired:
    """What one firing led to: the id of what it started, or the error it ended or will be retried with."""

    firing: Firing
    at: datetime
    started: str | None = None
    error: str | None = None


@dataclass
class ScheduleClock:
    """Moves a virtual clock and fires what falls due, in order of time; `aws(service)` gives a boto3 client.

    Schedules are read anew at every moment, so one that a function makes at run time is seen. A schedule exists from the moment it
    is first seen. A flexible time window is taken as its beginning. Those that are not `wanted` never fire.
    """

    aws: Callable[[str], Any]
    timeline: Timeline
    wanted: Callable[[Schedule], bool] = lambda schedule: True
    _seen: dict[str, datetime] = field(default_factory=dict)
    _done: dict[str, datetime] = field(default_factory=dict)  # until when each schedule has been fired
    _retries: list[tuple[datetime, int, Firing]] = field(default_factory=list)  # a heap; the number settles ties
    _order: Iterator[int] = field(default_factory=count)
    _schedules: Schedules = field(init=False)

    def __post_init__(self) -> None:
        self._schedules = Schedules(self.aws)

    def upcoming(self) -> list[tuple[datetime, Schedule]]:
        """When each schedule fires next, those that do; a firing that is to be tried again counts by itself."""
        fresh = [(moment, schedule) for schedule in self._read() if (moment := self._next(schedule))]
        return [*fresh, *((at, firing.schedule) for at, _, firing in self._retries)]

    def next_due(self) -> datetime | None:
        """The next moment at which anything fires."""
        return min((moment for moment, _ in self.upcoming()), default=None)

    def run_until(self, moment: datetime, on_fired: Callable[[Fired], None] = lambda fired: None) -> list[Fired]:
        """Advance to `moment`, stopping at every firing on the way. `on_fired` may wait for what was started."""
        history: list[Fired] = []
        while (due := self.next_due()) is not None and due <= moment:
            self.timeline.advance_to(max(due, self.timeline.now()))
            for firing in self._take(due):
                fired = self._fire(firing)
                history.append(fired)
                on_fired(fired)
        self.timeline.advance_to(moment)
        return history

    def _read(self) -> list[Schedule]:
        schedules = [schedule for schedule in self._schedules.read() if self.wanted(schedule)]
        now = self.timeline.now()
        for schedule in schedules:
            self._seen.setdefault(schedule.arn, now)
        return schedules

    def _next(self, schedule: Schedule) -> datetime | None:
        seen = self._seen[schedule.arn]
        # A rule's rate waits a whole interval; a schedule's begins at once, and a cron or at() may fall on this very moment.
        after = self._done.get(schedule.arn, seen if schedule.rule else seen - INSTANT)
        return schedule.next_fire(after, seen)

    def _take(self, due: datetime) -> list[Firing]:
        """All firings of the moment `due`, retries first; each is marked as done before it is called."""
        firings = []
        while self._retries and self._retries[0][0] <= due:
            firings.append(heapq.heappop(self._retries)[2])
        for schedule in self._read():
            if self._next(schedule) == due:
                self._done[schedule.arn] = due
                firings += [Firing(schedule, target, due) for target in schedule.targets]
        return firings

    def _fire(self, firing: Firing) -> Fired:
        at = self.timeline.now()
        try:
            fired = Fired(firing, at, started=call(firing, self.aws))
        except ClientError as error:
            details = error.response["Error"]
            permanent = error.response["ResponseMetadata"]["HTTPStatusCode"] < 500 and "Thrott" not in details["Code"]
            fired = self._failed(firing, at, details["Code"], details["Message"], permanent)
        except (ConnectionError, HTTPClientError) as error:
            fired = self._failed(firing, at, "ConnectionError", str(error), permanent=False)
        self._delete_if_over(firing.schedule)
        return fired

    def _failed(self, firing: Firing, at: datetime, code: str, message: str, permanent: bool) -> Fired:
        """Plan the retry, or give up into the dead-letter queue: at once where the target refused the call itself."""
        policy = firing.target.get("RetryPolicy", {})
        again = at + min(FIRST_RETRY * 2 ** (firing.attempt - 1), LONGEST_RETRY)
        age = timedelta(seconds=policy.get("MaximumEventAgeInSeconds", MAX_AGE))
        if permanent:
            park(firing, code, message, None, self.aws)
        elif firing.attempt > policy.get("MaximumRetryAttempts", MAX_RETRIES):
            park(firing, code, message, "MaximumRetryAttempts", self.aws)
        elif again - firing.scheduled > age:
            park(firing, code, message, "MaximumEventAgeInSeconds", self.aws)
        else:
            heapq.heappush(self._retries, (again, next(self._order), replace(firing, attempt=firing.attempt + 1)))
        return Fired(firing, at, error=f"{code}: {message}")

    def _delete_if_over(self, schedule: Schedule) -> None:
        """ActionAfterCompletion DELETE: the schedule goes once it has no further moment (its retries still come)."""
        if schedule.delete_after and self._next(schedule) is None:
            self.aws("scheduler").delete_schedule(**schedule.key)
            self._seen.pop(schedule.arn)  # one made anew under this name is another schedule
            self._done.pop(schedule.arn, None)

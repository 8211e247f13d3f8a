"""A sandbox, a program and a day in; the day lived out: batch, mails at each zone's hour, what people did, jobs, and the books."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import urllib3

from domain.solicitation.program import Program
from sandbox.batch import scheduled_at
from sandbox.clock import Fired, Schedule, ScheduleClock
from sandbox.day_books import DayBooks, read_books
from sandbox.people import Act, Deed, Letter, Shop, acts_on, count, habits_of, letters
from sandbox.runtime import Sandbox
from sandbox.stand_ins import FATES

AT_ONCE = 2  # people at a time; the gateway calls no more functions side by side
AFTER_THE_LAST = timedelta(days=2)  # whoever has not looked into the mail by then never will


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened at one instant of the day: what fired, and how many mails went out."""

    at: datetime
    fired: Sequence[Fired]
    mails: int


Told = Callable[[Moment], None]


@dataclass
class Day:
    """One program's day after its batch: schedules, sending, people. `live` moves the sandbox's time to the day's end."""

    sandbox: Sandbox
    program: Program
    date: date
    deeds: list[Deed] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    _ahead: list[Act] = field(default_factory=list)  # what people and machines will do
    _seen: int = field(init=False)  # mails in the outbox so far, of all days

    def __post_init__(self) -> None:
        self.clock = ScheduleClock(self.sandbox.client, self.sandbox, self._wanted)
        self._http = urllib3.PoolManager(maxsize=AT_ONCE, retries=False, timeout=60)
        address = self.sandbox.address
        self._ses = address.endpoints["sesv2"]
        self._seen = count(self._ses)
        self.shop = Shop(address.endpoints["serve"], address.region, self.program, self._http)

    def live(self, told: Told = lambda moment: None) -> None:
        """Go from firing to firing until the last zone has had its mails, the jobs are done and everybody has acted."""
        self.sandbox.settle()
        while (due := self._next()) is not None:
            self._act_until(due)
            self.shop.look(due)
            self.sandbox.measure()  # before the jobs that read it, and each day's on that day
            fired = self.clock.run_until(due)
            self.sandbox.settle()
            moment = Moment(due, fired, self._open_mail())
            self.moments.append(moment)
            told(moment)
        self._act_until(self.sandbox.now() + AFTER_THE_LAST)
        self.sandbox.measure()

    def _next(self) -> datetime | None:
        """The next firing, as long as there is one within the day, or mails are still to be sent."""
        ahead = self.clock.upcoming()
        wanted = any(schedule.once or at < self._midnight for at, schedule in ahead)
        return min(at for at, _ in ahead) if wanted else None

    @property
    def _midnight(self) -> datetime:
        return datetime(self.date.year, self.date.month, self.date.day, tzinfo=UTC) + timedelta(days=1)

    def _wanted(self, schedule: Schedule) -> bool:
        """The one-time schedules of this day's campaigns, and the program's own jobs; the batch has run already."""
        [target] = schedule.targets
        asked = json.loads(target.get("Input") or "{}")
        if schedule.once:
            return str(asked.get("campaign", "")).startswith(f"{self.program.id}.{self.date}.")
        return bool(asked.get("program") == self.program.id) and target["Arn"] != self.sandbox.address.names["machine"]

    def _open_mail(self) -> int:
        """Let the new mails find their readers; how many of them are of this day."""
        now = count(self._ses)  # nothing is under way
        new, self._seen = letters(self._ses, self._seen), now
        ours = [letter for letter in new if letter.campaign.startswith(f"{self.program.id}_{self.date}_")]
        self.letters += ours
        for letter in ours:
            if FATES.of(letter.to, suppressed=False) == "delivered":
                self._ahead += acts_on(letter, habits_of(self.program), self._http)
        return len(ours)

    def _act_until(self, moment: datetime) -> None:
        due = sorted((act for act in self._ahead if act.at <= moment), key=lambda act: act.at)
        self._ahead = [act for act in self._ahead if act.at > moment]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for deeds in pool.map(Act.perform, due):
                self.deeds += deeds
        if due:
            self.sandbox.settle()


def begin(sandbox: Sandbox, program: Program, day: date) -> None:
    """The time at which the program's batch runs on that day; what has expired by then is gone."""
    sandbox.begin(scheduled_at(program, day))
    sandbox.sweep(sandbox.now())


def live_day(
    sandbox: Sandbox, program: Program, day: date, *, told: Told = lambda moment: None, batch: bool = True, **run: Any
) -> DayBooks:
    """Run the batch at its time, then live the day to its end; what the books say of it.

    Not `batch`: the day was begun, and the batch run, before. `run` are options of `Sandbox.run_batch`. The report is made anew at
    the end, since the last zones have their mails after 23:59. Raises BatchFailed, and RuntimeError where the day does not come
    to rest.
    """
    if batch:
        begin(sandbox, program, day)
        sandbox.run_batch(program, day, **run)
    lived = Day(sandbox, program, day)
    lived.live(told)
    sandbox.call("report", {"program": program.id, "scheduledTime": f"{day}T23:59:00Z"})
    return read_books(sandbox, program, day, lived.letters, lived.deeds)

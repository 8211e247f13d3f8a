"""Notifications of one way of contact in, calls at the shared rate out, a slice at a time: granted, claimed, called for, written down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from adapters.aws.rate_window import RateWindow
from domain.errors import Unavailable
from domain.notifications.claiming import deadline
from domain.notifications.classifying import Fate
from domain.notifications.statuses import Row
from domain.solicitation.pacing import Grant
from handlers.notifications.sending.batch import Batch, Work
from handlers.notifications.sending.desk import Channel
from handlers.notifications.sending.recording import claim, record
from handlers.notifications.sending.taking import A_MOMENT, PAUSE

T = TypeVar("T")
PATIENCE = 5.0  # seconds of asking for a grant, before the other way of contact has its turn
AFTER = 10.0  # seconds, when tables or SES's account are out of reach
GRANTS = 5  # for one slice, whose calls did not begin in time
LATE, TOO_LATE = Fate("late"), Fate("too_late")


@dataclass
class Slices:
    """`left` are those not claimed yet, in their order."""

    channel: Channel
    left: list[Work]
    batch: Batch

    def step(self) -> None:
        """One slice; when something forbids it, all that are left are put off. Unavailable: their messages are out of reach, too."""
        try:
            granted = self._begun()
        except Unavailable:
            self._put_off(AFTER, "out of reach")
            return
        if granted is not None:
            some, grant = granted
            taken = set(map(id, some))
            self.left = [work for work in self.left if id(work) not in taken]
            self._send(self._claimed(some), grant)

    def _begun(self) -> tuple[list[Work], Grant] | None:
        """The next ones and the grant for them; None: not now."""
        if obstacle := self._obstacle():
            self._put_off(*obstacle)
            return None
        some = self._next()
        grant = self._granted(sum(map(self._parts, some)), self._parts(some[0]))
        if grant is None and self.batch.left() < PATIENCE:  # which is not enough to ask again
            self._put_off(A_MOMENT, "later")
        return (fitting(some, grant.count, self._parts), grant) if grant else None

    def _obstacle(self) -> tuple[float, str] | None:
        """What forbids the next slice, and for how many seconds."""
        if self.batch.left() <= 0:
            return A_MOMENT, "later"
        if self.batch.desk.kill_switch.stopped():
            return PAUSE, "stopped"
        return None if self.channel.rate() > 0 else (PAUSE, "held")

    def _next(self) -> list[Work]:
        """Whoever goes alone does."""
        if self.left[0].row.get("alone"):
            return self.left[:1]
        return [work for work in self.left if not work.row.get("alone")][: max(1, self.channel.most())]

    def _granted(self, wanted: int, least: int) -> Grant | None:
        """A grant for the first one at least. One that takes more than a second's worth waits for as long as it takes."""
        rate = self.channel.rate()
        if rate <= 0:  # since it was looked at
            return None
        patience = max(0.0, min(max(PATIENCE, 2 * least / rate), self.batch.left()))
        return self.channel.window.book(wanted, rate, least=least, patience=patience)

    def _claimed(self, some: Sequence[Work]) -> list[Work]:
        """Those that are ours now; the others come again, to be looked at."""
        rows = self.batch.desk.together(self._claim, some)
        for work, row in zip(some, rows, strict=True):
            if row is None:
                self.batch.put_off(work.messages[0].key, A_MOMENT, "overtaken")
        return [replace(work, row=row) for work, row in zip(some, rows, strict=True) if row is not None]

    def _claim(self, work: Work) -> Row | None:
        try:
            return claim(work, self.batch)
        except Unavailable:
            return None  # if it is ours after all, its lease ends

    def _send(self, some: list[Work], grant: Grant) -> None:
        """Call for them at their instant; who did not begin in time waits for another one."""
        booked: Grant | None = grant
        for _ in range(GRANTS):
            if not some:
                return
            if booked is not None and self.channel.window.wait(booked):
                fates = self._called(some, booked)
                self._record([pair for pair in zip(some, fates, strict=True) if pair[1].kind != "late"])
                some = [work for work, fate in zip(some, fates, strict=True) if fate.kind == "late"]
            if self.batch.left() <= 0:
                break
            booked = self._granted_anew(some) if some else None
        self._record([(work, LATE) for work in some])

    def _granted_anew(self, some: Sequence[Work]) -> Grant | None:
        """For all of them."""
        parts = sum(map(self._parts, some))
        try:
            return self._granted(parts, parts)
        except Unavailable:
            return None

    def _called(self, some: Sequence[Work], grant: Grant) -> list[Fate]:
        may_begin = partial(obstacle_of, some, grant, self.channel.window)
        return self.channel.call([work.thing for work in some], [work.now for work in some], may_begin)

    def _record(self, fates: Sequence[tuple[Work, Fate]]) -> None:
        """Whoever could not be written down has its message come again."""
        became = self.batch.desk.together(self._recorded, fates)
        for (work, fate), status in zip(fates, became, strict=True):
            if status is not None:
                self.batch.finish(work.messages[0].key, status)
                self.batch.tally[f"call {fate.kind}"] += fate.kind not in ("late", "too_late")
        self._heed([fate for _, fate in fates])

    def _recorded(self, one: tuple[Work, Fate]) -> str | None:
        work, fate = one
        try:
            return record(work.row, fate, work.now, self.batch)
        except Unavailable:
            return None

    def _heed(self, fates: Sequence[Fate]) -> None:
        """What a slice's answers mean for those to come."""
        if any(fate.kind == "held" for fate in fates):
            self._put_off(PAUSE, "held")
        elif patience := max((fate.retry_after for fate in fates), default=0.0):
            self._put_off(patience, "throttled")

    def _put_off(self, seconds: float, why: str) -> None:
        """Until the sale is about to start at most, so that it is not too late for saying so."""
        for work in self.left:
            till = (deadline(work.row) - work.now()).total_seconds()
            self.batch.put_off(work.messages[0].key, min(seconds, max(0.0, till)), why)
        self.left = []

    def _parts(self, work: Work) -> int:
        return self.channel.parts(work.row)


def obstacle_of(some: Sequence[Work], grant: Grant, window: RateWindow, number: int) -> Fate | None:
    """Why the call for one of them must not begin now."""
    if some[number].now() >= deadline(some[number].row):
        return TOO_LATE
    return None if grant.on_time(round(window.clock() * 1000)) else LATE


def fitting(some: Sequence[T], room: int, parts: Callable[[T], int]) -> list[T]:
    """As many as there is room for, in their order; a smaller one may fill what a larger one does not fit in."""
    found = []
    for one in some:
        if parts(one) <= room:
            found.append(one)
            room -= parts(one)
    return found

"""What was granted in the last second and what is wanted in, the instant and the size of the next grant out: the shared send rate."""

from dataclasses import dataclass

GUARD = 20  # ms: how late a call may begin after its instant, so that two seconds' worth never begin within one
LEAD = 100  # ms: what a worker needs between its grant and its call when nobody else is sending
HORIZON = 3_000  # ms: how far ahead a grant is made; who would have to wait longer asks again
FURTHER = (
    20_000  # ms: how much further at most for what takes more than a second, whose worker has no more time than others'
)


@dataclass(frozen=True, slots=True)
class Grant:
    """`count` mails may go out at `at`, in epoch milliseconds."""

    at: int
    count: int

    def on_time(self, now: int) -> bool:
        """Whether a call that begins `now` still keeps the rate."""
        return self.at <= now <= self.at + GUARD


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `burst` mails within any `length` milliseconds: a second, unless the rate is below one a second."""

    burst: int
    length: int

    @classmethod
    def of(cls, rate: float, least: int = 1) -> "Pace":
        """The pace that never exceeds `rate` mails a second, which is more than nothing.

        `least` of them go at once or not at all: where a second has no room for them, they have the seconds to themselves that they take.
        """
        burst = max(1, int(rate), least)
        return cls(burst, max(1_000, -int(-1_000 * burst // rate)) + GUARD)

    @property
    def horizon(self) -> int:
        """As far behind the last grant for what takes longer as for the rest: else those who want less would always come first."""
        return HORIZON + min(self.length - 1_000 - GUARD, FURTHER)


@dataclass(frozen=True, slots=True)
class Window:
    """Grants, oldest first: an exact log, since a bucket that refills would allow twice its size within a second."""

    grants: tuple[Grant, ...] = ()

    def book(self, wanted: int, pace: Pace, now: int, least: int | None = None) -> Grant:
        """The earliest grant of up to `wanted` mails, not before those granted already.

        It is of `least` mails at least; by default of a tenth of a second's worth, so that grants do not crumble.
        """
        enough = min(least or max(1, pace.burst // 10), wanted, pace.burst)
        earliest = max([now + LEAD, *(grant.at for grant in self.grants[-1:])])
        freed = (grant.at + pace.length for grant in self.grants)
        instants = [earliest, *(at for at in freed if at > earliest)]
        at, free = next(found for at in instants if (found := (at, pace.burst - self._used(at, pace)))[1] >= enough)
        return Grant(at, min(wanted, free))

    def after(self, grant: Grant, pace: Pace) -> "Window":
        """The log with one more grant, and without what no longer counts."""
        return Window((*(old for old in self.grants if old.at > grant.at - pace.length), grant))

    def _used(self, at: int, pace: Pace) -> int:
        return sum(grant.count for grant in self.grants if grant.at > at - pace.length)

"""Outcomes of calls to one endpoint in, whether to make the next one out: a circuit breaker, as a value."""

from dataclasses import dataclass, replace

WINDOW = 20  # the latest calls a share of errors is taken over
FEWEST_CALLS = 10  # below this a share says little
ERROR_SHARE = 0.5
ERRORS_IN_A_ROW = 5
OPEN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """Closed until five errors in a row, or half of the latest calls (10 to 20 of them); then one probe every 30 s.

    Times are seconds of any clock that never goes back. `calls` are the latest outcomes while closed, True for an
    error; `opened_at` is None while closed. A probe that is never heard of again only costs the next 30 s.
    """

    calls: tuple[bool, ...] = ()
    opened_at: float | None = None
    probing: bool = False

    def admit(self, now: float) -> "Breaker | None":
        """The state after letting one call through, or None: make no call now."""
        if self.opened_at is None:
            return self
        if now - self.opened_at < OPEN_SECONDS:
            return None
        return replace(self, opened_at=now, probing=True)

    def answered(self) -> "Breaker":
        """A call succeeded. Of an open breaker only the probe counts, not calls that were under way when it opened."""
        if self.opened_at is not None:
            return Breaker() if self.probing else self
        return replace(self, calls=(*self.calls, False)[-WINDOW:])

    def failed(self, now: float) -> "Breaker":
        """A call failed: the service was out of reach, throttled, slow, or broken."""
        if self.opened_at is not None:
            return Breaker(opened_at=now) if self.probing else self
        calls = (*self.calls, True)[-WINDOW:]
        return Breaker(opened_at=now) if _too_many(calls) else replace(self, calls=calls)


def _too_many(calls: tuple[bool, ...]) -> bool:
    in_a_row = len(calls) >= ERRORS_IN_A_ROW and all(calls[-ERRORS_IN_A_ROW:])
    return in_a_row or (len(calls) >= FEWEST_CALLS and sum(calls) >= ERROR_SHARE * len(calls))

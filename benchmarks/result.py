"""What a benchmark reports: one line of the table that `make bench` prints."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Line:
    """`ours` and `peer` in `unit`; `ratio` is compared with `goal` (at least, or at most where `below`); no goal, no verdict."""

    name: str
    unit: str
    ours: float
    peer: float | None = None
    ratio: float | None = None
    goal: float | None = None
    below: bool = False

    @property
    def met(self) -> bool:
        if self.goal is None or self.ratio is None:
            return True
        return self.ratio <= self.goal if self.below else self.ratio >= self.goal

    def cells(self) -> tuple[str, ...]:
        goal = "" if self.goal is None else f"{'≤' if self.below else '≥'} {self.goal:g}"
        return (self.name, self.unit, _short(self.ours), _short(self.peer), _ratio(self.ratio), goal, self._verdict())

    def _verdict(self) -> str:
        return "" if self.goal is None else "met" if self.met else "MISSED"


def paired(name: str, unit: str, ours: Sequence[float], peer: Sequence[float], goal: float | None = None) -> Line:
    """Medians of both sides, and the median of the ratios round by round: a loaded machine slows both sides of a round."""
    ratios = [theirs / mine for mine, theirs in zip(ours, peer, strict=True)]
    return Line(name, unit, median(ours), median(peer), median(ratios), goal)


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"

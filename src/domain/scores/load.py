"""The load of one file in: how far it has come, what it counts, and how it stands out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from domain.scores.drop import Drop

LOADING, LOADED, REJECTED = "LOADING", "LOADED", "REJECTED"
COMPLETE, INCOMPLETE, UNCHANGED = "complete", "incomplete", "unchanged"  # how a load was settled
FIGURES = ("in", "valid", "invalid", "duplicate", "combined", "out", "failed")
ANSWERED = ("in", "out", "valid", "invalid", "failed")  # what the functions that load answer, and tell as metrics


class Place(NamedTuple):
    """Where a chunk of a file begins: byte of the unpacked file, row of data, line, and the chunk's number, all from 0."""

    offset: int = 0
    row: int = 0
    line: int = 0
    part: int = 0


START = Place()


@dataclass(frozen=True, slots=True)
class Progress:
    """What was made of a file up to `place`: each of FIGURES, and the refused rows by reason (a row may have several)."""

    figures: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(FIGURES, 0))
    reasons: Mapping[str, int] = field(default_factory=dict)
    place: Place = START

    def plus(self, figures: Mapping[str, int], reasons: Mapping[str, int], place: Place) -> "Progress":
        """With one more chunk, which ends at `place`."""
        return Progress(_sums(self.figures, figures), _sums(self.reasons, reasons), place)

    def since(self, before: "Progress") -> Mapping[str, int]:
        """The figures by how much each has grown."""
        return {name: count - before.figures.get(name, 0) for name, count in self.figures.items()}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a load stands for somebody who has come to work on it: LOADING means that it is theirs now.

    `drop` is the file as it was told of first: another shape of its event may tell another time, and rows have taken the first.
    """

    drop: Drop
    state: str
    progress: Progress
    told: bool = False
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """A load as others see it; `counted` is what the stream counted of it, `entries` what the Entry Service took."""

    drop: Drop
    state: str
    progress: Progress
    started_at: datetime
    ended_at: datetime | None = None
    why: str | None = None
    told: bool = False
    until: datetime | None = None  # of the lease of who is at work
    settled_at: datetime | None = None
    settled_as: str | None = None
    counted: Mapping[str, int] = field(default_factory=dict)
    entries: Mapping[str, int] = field(default_factory=dict)

    @property
    def load(self) -> str:
        return self.drop.load

    @property
    def out(self) -> int:
        """Records of the load."""
        return self.progress.figures["out"]

    def is_worked_on(self, now: datetime) -> bool:
        """Somebody holds it. One that is LOADING and not worked on waits for its message to come again."""
        return self.state == LOADING and self.until is not None and now < self.until


def _sums(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in (*one, *(it for it in other if it not in one))}

"""The answers of late, by what was asked: what is told, marked as such, while the table is out of reach."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

AGE = timedelta(minutes=5)
MOST = 1_000  # answers
MOST_BYTES = 32 * 1024 * 1024  # of a function's memory


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer's JSON, and when it was true."""

    body: bytes
    at: datetime


@dataclass(slots=True)
class LastGood:
    """One execution environment's memory; the answers used longest ago go first."""

    most: int = MOST
    most_bytes: int = MOST_BYTES
    held: int = 0
    answers: OrderedDict[Hashable, Kept] = field(default_factory=OrderedDict)

    def keep(self, asked: Hashable, body: bytes, at: datetime) -> None:
        self._remove(asked)
        self.answers[asked] = Kept(body, at)
        self.held += len(body)
        while len(self.answers) > self.most or self.held > self.most_bytes:
            self._remove(next(iter(self.answers)))

    def find(self, asked: Hashable, now: datetime) -> Kept | None:
        """The last answer to the same question, unless it is older than five minutes."""
        kept = self.answers.get(asked)
        if kept is None or now - kept.at > AGE:
            self._remove(asked)
            return None
        self.answers.move_to_end(asked)
        return kept

    def drop(self, unwanted: Callable[[bytes], bool]) -> None:
        """Forget the answers whose JSON is `unwanted`."""
        for asked in [asked for asked, kept in self.answers.items() if unwanted(kept.body)]:
            self._remove(asked)

    def _remove(self, asked: Hashable) -> None:
        kept = self.answers.pop(asked, None)
        self.held -= len(kept.body) if kept else 0

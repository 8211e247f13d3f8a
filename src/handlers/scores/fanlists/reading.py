"""A fanlist's file in; each fan's highest score on disk, what the rows came to, and the refused rows beside the file out."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from adapters.aws.score_files import ScoreFiles, is_gzip
from adapters.files.fanlist_csv import Row, read_columns, rows
from adapters.files.file_lines import lines
from adapters.files.highest_scores import HighestScores
from domain.scores.drop import Drop
from domain.scores.fanlist import Columns, Entry
from domain.scores.places import rejected_rows

ROWS_A_TURN = 50_000  # about a second's
REFUSED_A_FILE = 1000  # with their cells cut short these are 25 MB at most


@dataclass
class Reading:
    """Of one file, from its begin to its end; whoever reads it again finds the same, and leaves the same. `turn` is called now
    and then: the file may be long, and a lease is not.
    """

    drop: Drop
    files: ScoreFiles
    bucket: str  # for the rows that are refused
    turn: Callable[[], None]
    read: int = 0
    invalid: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    _refused: list[Row] = field(default_factory=list)
    _kept: int = 0  # files of refused rows

    def into(self, highest: HighestScores, identifier: str | None) -> Columns:
        """`identifier` is the campaign's. Rejected: the file is none, or has none of its fans. Unavailable: it broke off."""
        with self.files.open(self.drop.arrival) as raw:
            file = lines(raw, gz=is_gzip(raw))
            header, where = read_columns(file, identifier)
            highest.add(self._entries(rows(file, header, where)))
        highest.rank()
        if self._refused:
            self._keep()
        return where

    def figures(self, highest: HighestScores) -> Mapping[str, int]:
        """in = valid + invalid + duplicate: valid are the fans, each once."""
        valid, duplicate = highest.fans, highest.taken - highest.fans
        return {"in": self.read, "valid": valid, "invalid": self.invalid, "duplicate": duplicate}

    def _entries(self, found: Iterable[Row]) -> Iterator[Entry]:
        for row in found:
            self.read += 1
            if isinstance(row.says, Entry):
                yield row.says
            else:
                self._refuse(row, row.says)
            if self.read % ROWS_A_TURN == 0:
                self.turn()

    def _refuse(self, row: Row, reasons: Iterable[str]) -> None:
        self.invalid += 1
        self.reasons.update(reasons)
        self._refused.append(row)
        if len(self._refused) == REFUSED_A_FILE:
            self._keep()

    def _keep(self) -> None:
        key = rejected_rows(self.drop.campaign, self.drop.load, self._kept)
        self.files.keep(self.bucket, key, (row.told() for row in self._refused))
        self._kept += 1
        self._refused.clear()

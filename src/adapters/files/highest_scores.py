"""Entries of a list in any order in; each identifier once, with its highest score, the highest first, out: on disk, not in memory."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

import orjson

from domain.scores.fanlist import Entry

PAGES = -8192  # that many KiB of the file are held in memory
MAKE = "CREATE TABLE highest (identifier TEXT PRIMARY KEY, score REAL, place INTEGER, known_as BLOB) WITHOUT ROWID"
# Of equal scores the first stays, and with it its place in the file.
KEEP = (
    "INSERT INTO highest VALUES (?, ?, ?, ?) ON CONFLICT (identifier) DO UPDATE"
    " SET score = excluded.score, place = excluded.place, known_as = excluded.known_as WHERE excluded.score > score"
)
READ = "SELECT identifier, score, known_as FROM highest ORDER BY score DESC, place LIMIT -1 OFFSET ?"


class HighestScores:
    """One file's. A B-tree on disk: what a dictionary of a million fans would hold in memory, it holds in 100 MB of temporary space."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self.file = file
        self.taken = 0

    def add(self, entries: Iterable[Entry]) -> None:
        """In the order of the file."""
        self.file.executemany(KEEP, map(self._row, entries))

    def distinct(self) -> int:
        found: int = self.file.execute("SELECT count(*) FROM highest").fetchone()[0]
        return found

    def parts(self, size: int, first: int = 0) -> Iterator[tuple[int, list[Entry]]]:
        """By score, then by place in the file, so always the same: `size` entries a part, from part `first` on."""
        found = self.file.execute(READ, (first * size,))
        while rows := found.fetchmany(size):
            yield first, [Entry(identifier, score, orjson.loads(known_as)) for identifier, score, known_as in rows]
            first += 1

    def _row(self, entry: Entry) -> tuple[str, float, int, bytes]:
        self.taken += 1
        return entry.identifier, entry.score, self.taken, orjson.dumps(entry.known_as)


@contextmanager
def highest_scores() -> Iterator[HighestScores]:
    """Empty; the file is gone with it, also when the process dies."""
    # An empty name is a private file in the temporary folder, which SQLite has unlinked already.
    with closing(sqlite3.connect("", isolation_level=None)) as file:
        for setting in (f"cache_size = {PAGES}", "journal_mode = OFF", "synchronous = OFF"):
            file.execute(f"PRAGMA {setting}")
        file.execute(MAKE)
        yield HighestScores(file)

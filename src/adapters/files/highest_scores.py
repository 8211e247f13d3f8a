"""Entries of a list in any order in; each identifier once, with its highest score, the highest first, out: on disk, not in memory."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

import orjson

from domain.errors import Rejected
from domain.scores.fanlist import Entry

# SQLite takes `cache_size` of its file in memory, and as much again for each of the two sorts, which it does by merging runs
# on disk: that costs a third of keeping an index, whose pages come and go in no order once it is larger than the cache.
CACHE = -4096  # that many KiB
SETTINGS = (f"cache_size = {CACHE}", "journal_mode = OFF", "synchronous = OFF")
MAKE = "CREATE TABLE told (identifier TEXT, score REAL, known_as BLOB)"  # its rowid is the place in the list
RANK = """
CREATE TABLE highest AS SELECT identifier, score, known_as FROM (
    SELECT *, rowid AS place, row_number() OVER (PARTITION BY identifier ORDER BY score DESC, rowid) AS nth FROM told
) WHERE nth = 1 ORDER BY score DESC, place
"""


class HighestScores:
    """Of one list: first all is added, then ranked once, then read. It takes some 15 MB of memory, and 0.3 GB of disk
    for a million fans.
    """

    def __init__(self, file: sqlite3.Connection) -> None:
        self.file = file
        self.taken = 0  # entries
        self.fans = 0  # of different identifiers, once they are ranked

    def add(self, entries: Iterable[Entry]) -> None:
        """In the order of the list."""
        rows = ((it.identifier, it.score, orjson.dumps(it.known_as)) for it in entries)
        self.taken += self.file.executemany("INSERT INTO told VALUES (?, ?, ?)", rows).rowcount

    def rank(self) -> None:
        """By score, then by place in the list. Of one fan's equal scores the first stays, with all that it knows."""
        self.file.execute(RANK)
        self.fans = self.file.execute("SELECT count(*) FROM highest").fetchone()[0]

    def parts(self, size: int, first: int = 0) -> Iterator[tuple[int, list[Entry]]]:
        """Always the same ones: `size` entries a part, from part `first` on."""
        found = self.file.execute("SELECT * FROM highest WHERE rowid > ? ORDER BY rowid", (first * size,))
        while rows := found.fetchmany(size):
            yield first, [Entry(identifier, score, orjson.loads(known_as)) for identifier, score, known_as in rows]
            first += 1


@contextmanager
def highest_scores() -> Iterator[HighestScores]:
    """Empty. Its file is gone with it, also when the process dies. Rejected: the list is larger than the disk."""
    # An empty name is a private file in the temporary folder, which SQLite has unlinked already.
    with closing(sqlite3.connect("", isolation_level=None)) as file:
        for setting in SETTINGS:
            file.execute(f"PRAGMA {setting}")
        file.execute("BEGIN")  # or each row is a transaction of its own
        file.execute(MAKE)
        try:
            yield HighestScores(file)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                raise
            raise Rejected("the list takes up more than there is of disk") from error

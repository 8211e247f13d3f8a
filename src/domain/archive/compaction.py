"""What lies in the archive in, what is to be compacted and under which names out."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from zlib import crc32

from domain.archive.places import COMPACTED, partition_at, partition_prefix

STAMP = "%Y-%m-%d-%H-%M-%S"
NAMED = re.compile(rf"{COMPACTED}(\d{{4}}(?:-\d{{2}}){{5}})-[0-9a-f-]{{36}}\.avro").fullmatch

# What one invocation may hold of a partition, deflated, beside the file that it reads and the one that it writes: a third of 1 GB.
HELD = 256 * 1024**2
LANE = 8 * 1024**2  # of the deflated rows that are sorted together: some 64 MB when they are laid open


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as a lister sees it; `size` in bytes, `tag` is another whenever its content is."""

    key: str
    size: int
    tag: str = ""

    @property
    def compacted_at(self) -> str | None:
        """The stamp in the name of a compacted file; None: it is none."""
        found = NAMED(self.key.rpartition("/")[2])
        return found[1] if found else None


@dataclass(frozen=True, slots=True)
class Partition:
    """The files of one kind and date, by key."""

    kind: str
    day: str
    files: tuple[Stored, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def keys(self) -> list[str]:
        return [file.key for file in self.files]

    def settled(self, target: int) -> bool:
        """Nothing has come since it was compacted into ceil(size / target) files: no duplicates, and no better number."""
        return all(file.compacted_at for file in self.files) and len(self.files) <= -(-self.size // target)


@dataclass(frozen=True, slots=True)
class Passes:
    """How a partition is read: `count` times, each time for its own `lanes` of rows. A row's lane is its event id's alone."""

    count: int
    lanes: int

    def lane(self, event_id: str) -> int:
        return crc32(event_id.encode()) % (self.count * self.lanes)


def partitions(files: Iterable[Stored]) -> Iterator[Partition]:
    """`files` by key, as S3 lists them; what is no data file is nobody's."""
    known = ((place, file) for file in files if (place := _place(file.key)))
    for (kind, day), found in groupby(known, key=lambda pair: pair[0]):
        yield Partition(kind, day, tuple(file for _, file in found))


def passes(size: int) -> Passes:
    """A partition of up to `HELD` bytes is read once, and one of up to `LANE` is sorted as a whole."""
    count = max(1, -(-size // HELD))
    return Passes(count, max(1, -(-size // (count * LANE))))


def stamp(partition: Partition, now: datetime) -> str:
    """What the names of its new files begin with: they sort behind all that they replace, also behind older ones of their kind.

    So a lister that reads page by page, and comes too late for a file, has its rows still ahead. `now` is in UTC.
    """
    latest = max(filter(None, (file.compacted_at for file in partition.files)), default="")
    if not latest:
        return now.strftime(STAMP)
    behind = datetime.strptime(f"{latest}Z", f"{STAMP}%z") + timedelta(seconds=1)
    return max(now, behind).strftime(STAMP)


def key_of(partition: Partition, stamp: str, id: str) -> str:
    """ValueError: something in the partition sorts behind it, so that nobody knows what a lister would see."""
    key = f"{partition_prefix(partition.kind, partition.day)}{COMPACTED}{stamp}-{id}.avro"
    if partition.files and key <= max(partition.keys):
        raise ValueError(f"{max(partition.keys)} has a name that no file of ours has")
    return key


def _place(key: str) -> tuple[str, str] | None:
    try:
        return partition_at(key)
    except ValueError:
        return None

"""A Kinesis stream in memory whose shards split and merge as AWS's do, for what no emulator shows."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import md5
from itertools import count, takewhile

from sandbox.streams.sources import Cursor, Page, Raw, Shard

HASH_KEYS = 2**128
FIRST_NUMBER = 49_600_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000


@dataclass(slots=True)
class _Part:
    shard: Shard
    hashes: range
    records: list[Raw] = field(default_factory=list)


@dataclass(slots=True)
class MemoryStream:
    """A stream of one shard to begin with. A split or merge closes the parents and keeps their records."""

    now: Callable[[], datetime]
    keeps: timedelta = timedelta(hours=24)
    _parts: dict[str, _Part] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(FIRST_NUMBER))

    def __post_init__(self) -> None:
        self._open((), range(HASH_KEYS))

    def put(self, key: str, data: bytes) -> str:
        """Append a record to the open shard of its key; returns its sequence number."""
        place = int.from_bytes(md5(key.encode(), usedforsecurity=False).digest(), "big")
        part = next(p for p in self._parts.values() if not p.shard.closed and place in p.hashes)
        number = str(next(self._numbers))
        part.records.append(
            {"SequenceNumber": number, "PartitionKey": key, "Data": data, "ApproximateArrivalTimestamp": self.now()}
        )
        return number

    def split(self, shard: str) -> tuple[str, str]:
        """Close a shard and open two children, each with half of its keys; returns their ids."""
        parent = self._close(shard)
        middle = (parent.hashes.start + parent.hashes.stop) // 2
        lower = self._open((shard,), range(parent.hashes.start, middle))
        return lower, self._open((shard,), range(middle, parent.hashes.stop))

    def merge(self, shard: str, adjacent: str) -> str:
        """Close two neighbours and open one child for the keys of both; returns its id."""
        first, second = self._close(shard), self._close(adjacent)
        keys = range(min(first.hashes.start, second.hashes.start), max(first.hashes.stop, second.hashes.stop))
        return self._open((shard, adjacent), keys)

    def shards(self) -> list[Shard]:
        return [part.shard for part in self._parts.values()]

    def read(self, shard: str, cursor: Cursor, limit: int) -> Page:
        part = self._parts[shard]
        unread = [r for r in part.records if _follows(r, cursor)]
        records = tuple(unread[:limit])
        ended = part.shard.closed and len(records) == len(unread)
        after = records[-1]["SequenceNumber"] if records else cursor.after
        return Page(records, None if ended else replace(cursor, after=after))

    def retention(self) -> timedelta:
        return self.keeps

    def position(self, raw: Raw) -> str:
        return str(raw["SequenceNumber"])

    def trim(self, now: datetime) -> None:
        """Forget what is older than the retention, as the service does."""
        for part in self._parts.values():
            old = takewhile(lambda r: now - r["ApproximateArrivalTimestamp"] > self.keeps, part.records)
            del part.records[: sum(1 for _ in old)]

    def _open(self, parents: tuple[str, ...], hashes: range) -> str:
        name = f"shardId-{len(self._parts):012d}"
        self._parts[name] = _Part(Shard(name, parents), hashes)
        return name

    def _close(self, shard: str) -> _Part:
        part = self._parts[shard]
        part.shard = replace(part.shard, closed=True)
        return part


def _follows(raw: Raw, cursor: Cursor) -> bool:
    if cursor.after is not None:
        return int(raw["SequenceNumber"]) > int(cursor.after)
    return cursor.at is None or raw["ApproximateArrivalTimestamp"] >= cursor.at

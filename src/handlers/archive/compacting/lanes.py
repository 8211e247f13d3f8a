"""Rows in any order in, lane by lane each event id's one row sorted out, in little memory: what waits is deflated."""

import marshal
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from adapters.files.avro_rows import PackedRow

CHUNK = 512 * 1024  # bytes of one lane's rows before they are deflated


@dataclass(slots=True)
class Lanes:
    """Rows of one event id are in one lane. What is marshalled here is our own and leaves this process never."""

    _open: dict[int, list[PackedRow]] = field(default_factory=lambda: defaultdict(list))
    _sizes: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    _waiting: dict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))

    def add(self, lane: int, row: PackedRow) -> None:
        self._open[lane].append(row)
        self._sizes[lane] += len(row.packed)
        if self._sizes[lane] >= CHUNK:
            self._waiting[lane].append(_deflated(self._open.pop(lane)))
            self._sizes[lane] = 0

    def sorted(self) -> Iterator[list[PackedRow]]:
        """Each lane once; it is forgotten then."""
        for lane in sorted(self._open.keys() | self._waiting.keys()):
            kept: dict[str, PackedRow] = {}
            for row in self._taken(lane):
                other = kept.get(row.event_id)
                if other is None or row.outdoes(other):
                    kept[row.event_id] = row
            yield sorted(kept.values())

    def _taken(self, lane: int) -> Iterator[PackedRow]:
        for chunk in self._waiting.pop(lane, ()):
            yield from map(PackedRow._make, marshal.loads(zlib.decompress(chunk)))  # noqa: S302 (our own)
        yield from self._open.pop(lane, ())


def _deflated(rows: Iterable[PackedRow]) -> bytes:
    return zlib.compress(marshal.dumps([tuple(row) for row in rows]), 1)

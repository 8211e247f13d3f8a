"""A partition's files in, its rows out in the order of compacted files, each event id once, packed into new containers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from adapters.files import avro_rows
from adapters.files.avro_blocks import Container
from domain.archive.compaction import Partition, passes
from handlers.archive.compacting.lanes import Lanes


@dataclass(slots=True)
class Reading:
    """`read` gives an object's bytes; `rows` is how many were found so far, duplicates too."""

    partition: Partition
    read: Callable[[str], bytes]
    rows: int = 0

    def containers(self, target: int) -> Iterator[Container]:
        """Each has `target` bytes or somewhat more, but for the last: so there are at most ceil(size / target) of them.

        Rows are sorted by time and event id; where a partition has several lanes, lane by lane. Rejected: a file cannot be read.
        """
        container = Container(self.partition.kind)
        for row in self._sorted():
            container.add(row.packed)
            if container.size >= target:
                yield container
                container = Container(self.partition.kind)
        if container.rows:
            yield container

    def _sorted(self) -> Iterator[avro_rows.PackedRow]:
        """The files are read as often as memory asks for: those of more than `HELD` bytes again for each part of their rows."""
        plan = passes(self.partition.size)
        for turn in range(plan.count):
            lanes = self._lanes(range(turn * plan.lanes, (turn + 1) * plan.lanes))
            for rows in lanes.sorted():
                yield from rows

    def _lanes(self, wanted: range) -> Lanes:
        lanes, plan = Lanes(), passes(self.partition.size)
        for key in self.partition.keys:
            for row in avro_rows.rows(self.read(key), self.partition.kind, key):
                if (lane := plan.lane(row.event_id)) in wanted:
                    lanes.add(lane, row)
                    self.rows += 1
        return lanes

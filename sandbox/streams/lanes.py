"""Records waiting in order, and the time -> the batch a function is to be called with next."""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zlib import crc32

from sandbox.streams.checkpoints import OpenWindow
from sandbox.streams.mapping import Mapping
from sandbox.streams.record import Record
from sandbox.streams.rules import Batch, fill, waits_until

PAYLOAD_BYTES = 6 * 1024 * 1024  # of a synchronous Lambda call
ENVELOPE_BYTES = 1024  # of an event around its records: the list, the window, the shard


@dataclass(slots=True)
class Lane:
    """The share of a shard that is worked on in strict order; a shard has as many as the parallelization factor.

    `again` holds what is in flight or to be sent again, before everything in `queue`.
    """

    queue: list[Record] = field(default_factory=list)
    again: deque[Batch] = field(default_factory=deque)

    @property
    def empty(self) -> bool:
        return not self.queue and not self.again

    def head(self, mapping: Mapping, now: datetime, ended: bool) -> Batch | None:
        """The batch that is due now, if one is; it stays first in `again` until replaced."""
        if not self.again:
            records = fill(self.queue, mapping, now, PAYLOAD_BYTES - ENVELOPE_BYTES, last_call=ended)
            return self._begin(Batch(records)) if records else None
        return self._due(now)

    def head_in_window(
        self, mapping: Mapping, now: datetime, ended: bool, window: OpenWindow, state_bytes: int
    ) -> Batch | None:
        """The same within a tumbling window: its records, and after the last of them its final call."""
        if self.again:
            return self._due(now)
        if window.overfull:
            return self._begin(Batch((), final=True, terminated_early=True))
        end = window_end(window, mapping)
        inside = list(takewhile(lambda record: record.arrived < end, self.queue))
        over = ended or now >= end or len(inside) < len(self.queue)
        if not inside:
            return self._begin(Batch((), final=True)) if over else None
        records = fill(inside, mapping, now, PAYLOAD_BYTES - ENVELOPE_BYTES - state_bytes, last_call=over)
        return self._begin(Batch(records)) if records else None

    def replace_head(self, batches: tuple[Batch, ...]) -> None:
        """Put what is left of the first batch in its place."""
        self.again.popleft()
        self.again.extendleft(reversed(batches))

    def wakes(self, mapping: Mapping, window: OpenWindow | None) -> datetime | None:
        """When something will be due if no record comes."""
        if self.again:
            return self.again[0].not_before
        ends = [window_end(window, mapping)] if window else []
        return min([*ends, waits_until(self.queue[0], mapping)] if self.queue else ends, default=None)

    def _begin(self, batch: Batch) -> Batch:
        del self.queue[: len(batch.records)]
        self.again.append(batch)
        return batch

    def _due(self, now: datetime) -> Batch | None:
        first = self.again[0]
        return first if first.not_before is None or first.not_before <= now else None


def lane_of(key: str, lanes: int) -> int:
    """Which lane a key belongs to: always the same, so that its records stay in order."""
    return crc32(key.encode()) % lanes


def window_start(moment: datetime, mapping: Mapping) -> datetime:
    """The start of the tumbling window a moment falls in; windows are aligned to the epoch."""
    seconds = mapping.tumbling_window
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC)


def window_end(window: OpenWindow, mapping: Mapping) -> datetime:
    """The first moment after the window."""
    return datetime.fromisoformat(window.start) + timedelta(seconds=mapping.tumbling_window)

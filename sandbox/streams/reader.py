"""One mapping's reading of one shard: records in, batches out, checkpoints kept."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.streams.arrivals import Arrivals
from sandbox.streams.checkpoints import Checkpoint, Checkpoints, OpenWindow
from sandbox.streams.destinations import Destinations
from sandbox.streams.lanes import Lane, lane_of, window_end, window_start
from sandbox.streams.mapping import Mapping
from sandbox.streams.progress import Progress
from sandbox.streams.record import Record
from sandbox.streams.responses import Done, FailedFrom, Outcome, state_is_too_large
from sandbox.streams.rules import Batch, Discard, judge, without_expired
from sandbox.streams.shaping import Shaper
from sandbox.streams.sources import Cursor, Raw, ShardGone, Source


@dataclass(slots=True)
class ShardReader:
    """The state of one shard under one mapping; its checkpoint is saved whenever it moves."""

    mapping: Mapping
    shard: str
    source: Source
    shaper: Shaper
    checkpoints: Checkpoints
    destinations: Destinations
    restamp: bool
    counts: Counter[str] = field(default_factory=Counter)
    lanes: list[Lane] = field(init=False)
    _cursor: Cursor | None = field(init=False)
    _progress: Progress = field(init=False)
    _arrivals: Arrivals = field(init=False)
    _window: OpenWindow | None = field(init=False)
    _saved: Checkpoint | None = field(init=False)

    def __post_init__(self) -> None:
        self._saved = self.checkpoints.load(self.mapping.uuid, self.shard)
        start = self._saved or Checkpoint()
        self.lanes = [Lane() for _ in range(self.mapping.parallelization)]
        self._cursor = None if start.ended else Cursor(start.after, self.mapping.starting_at)
        self._progress = Progress(start.after)
        self._arrivals = Arrivals(self.restamp, list(start.stamps))
        self._window = start.window

    @property
    def finished(self) -> bool:
        """Whether the shard is closed and everything in it is done, so that its children may begin."""
        return self._cursor is None and self._window is None and all(lane.empty for lane in self.lanes)

    def poll(self, closed: bool, now: datetime) -> int:
        """Read until a batch for every lane is at hand or nothing more comes; returns how many records came."""
        target, total = self.mapping.batch_size * len(self.lanes), 0
        while self._cursor and sum(len(lane.queue) for lane in self.lanes) < target:
            came = self._read(target, closed, now)
            total += came
            if not came:
                break
        self._save()
        return total

    def due(self, now: datetime) -> list[tuple[Lane, Batch]]:
        """The batches to send now, at most one a lane; what has become too old is discarded on the way."""
        found = []
        for lane in self.lanes:
            while batch := self._head(lane, now):
                discard, rest = without_expired(batch, self.mapping, self.source.retention(), self._window_end(), now)
                if not discard:
                    found.append((lane, batch))
                    break
                self._discard(discard, now)
                lane.replace_head((rest,) if rest else ())
                self._save()
        return found

    def event(self, batch: Batch) -> dict[str, Any]:
        """What the function is called with."""
        event: dict[str, Any] = {"Records": [record.event for record in batch.records]}
        if self._window is None:
            return event
        return event | {
            "window": {"start": _instant(self._window.start), "end": _instant(str(self._window_end()))},
            "state": dict(self._window.state),
            "shardId": self.shard,
            "eventSourceARN": self.mapping.stream_arn,
            "isFinalInvokeForWindow": batch.final,
            "isWindowTerminatedEarly": batch.terminated_early,
        }

    def settle(self, lane: Lane, batch: Batch, outcome: Outcome, now: datetime) -> None:
        """Apply the rules to the first batch of a lane, deliver what is given up, keep the checkpoint."""
        verdict = judge(batch, outcome, self.mapping, now)
        self.counts[type(outcome).__name__] += 1
        self.counts["acknowledged"] += len(verdict.acknowledged)
        self._finish(verdict.acknowledged)
        if self._window and isinstance(outcome, (Done, FailedFrom)) and outcome.state is not None:
            self._window = OpenWindow(self._window.start, outcome.state, state_is_too_large(outcome.state))
        if verdict.discard:
            self._discard(verdict.discard, now)
        if batch.final and not verdict.again and not verdict.discard:
            self._window = None
        lane.replace_head(verdict.again)
        self._save()

    def wakes(self) -> datetime | None:
        """When something will be due if no record comes."""
        return min((at for lane in self.lanes if (at := lane.wakes(self.mapping, self._window))), default=None)

    def _read(self, limit: int, closed: bool, now: datetime) -> int:
        assert self._cursor is not None
        try:
            page = self.source.read(self.shard, self._cursor, limit)
        except ShardGone:
            self._cursor = None
            return 0
        # moto's iterators never end, so a closed shard that gives nothing has ended too
        self._cursor = None if closed and not page.records else page.cursor
        if page.records:
            self._take(page.records, now)
        return len(page.records)

    def _take(self, raws: tuple[Raw, ...], now: datetime) -> None:
        positions = [self.source.position(raw) for raw in raws]
        arrivals = self._arrivals.of(positions, [_arrival(raw) for raw in raws], now)
        shaped = self.shaper.shape(self.shard, list(zip(positions, raws, strict=True)), arrivals, now)
        rank = {position: place for place, position in enumerate(positions)}
        for position in sorted((position for position, _ in shaped), key=rank.__getitem__):
            self._progress.see(position)
        for position, record in shaped:
            if record is None:
                self.counts["dropped"] += 1
                self._progress.finish(position)
            else:
                self.lanes[lane_of(record.lane_key, len(self.lanes))].queue.append(record)

    def _head(self, lane: Lane, now: datetime) -> Batch | None:
        ended = self._cursor is None
        if not self.mapping.tumbling_window:
            return lane.head(self.mapping, now, ended)
        if self._window is None and lane.queue:
            self._window = OpenWindow(window_start(lane.queue[0].arrived, self.mapping).isoformat(), {})
        if self._window is None:
            return None
        state_bytes = len(json.dumps(self._window.state))
        return lane.head_in_window(self.mapping, now, ended, self._window, state_bytes)

    def _window_end(self) -> datetime | None:
        return window_end(self._window, self.mapping) if self._window else None

    def _discard(self, discard: Discard, now: datetime) -> None:
        self.destinations.deliver(discard, self.event(discard.batch), self.mapping, self.shard, now)
        self.counts["discarded"] += len(discard.batch.records)
        self._finish(discard.batch.records)
        if discard.batch.final:
            self._window = None

    def _finish(self, records: tuple[Record, ...]) -> None:
        for record in records:
            self._progress.finish(record.position)

    def _save(self) -> None:
        self._arrivals.forget(self._progress.after)
        current = Checkpoint(self._progress.after, self.finished, self._window, tuple(self._arrivals.stamps))
        if current != self._saved:
            self.checkpoints.save(self.mapping.uuid, self.shard, current)
            self._saved = current


def _arrival(raw: Raw) -> datetime:
    given: datetime = (
        raw["dynamodb"]["ApproximateCreationDateTime"] if "dynamodb" in raw else (raw["ApproximateArrivalTimestamp"])
    )
    return given


def _instant(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%Y-%m-%dT%H:%M:%SZ")

"""Streams in, function calls out, by the rules of AWS's event source mappings, on any Kinesis and DynamoDB endpoint."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Lookup
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, RLock
from typing import Any, Literal

from domain.errors import Unavailable
from sandbox.streams.admission import limit_readers, refuse_repeats
from sandbox.streams.attaching import begin_at_latest
from sandbox.streams.checkpoints import Checkpoints, MemoryCheckpoints
from sandbox.streams.destinations import Destinations
from sandbox.streams.endpoint import Endpoint
from sandbox.streams.expiries import Expiries
from sandbox.streams.faults import Disorder
from sandbox.streams.invoking import Invoke
from sandbox.streams.lanes import Lane
from sandbox.streams.mapping import Mapping
from sandbox.streams.reader import ShardReader
from sandbox.streams.responses import NotInvoked, Outcome, outcome_of
from sandbox.streams.rules import Batch
from sandbox.streams.shaping import Shaper
from sandbox.streams.sources import Shard, Source
from sandbox.timeline import Clock, VirtualClock, WallClock

Work = tuple[ShardReader, Lane, Batch]


@dataclass(slots=True)
class Dispatcher:
    """Polls streams and calls functions for a set of mappings.

    `invoke(function, event)` answers with an Invocation; Unavailable raised by it counts as throttling. `aws(service)`
    makes a boto3 client. `workers` calls run at once, never more than ParallelizationFactor a shard. `restamp` gives
    records the clock's time instead of the emulator's (by default on any clock but the wall's). `sources` replaces the
    stream behind an ARN; `disorder` makes a change-carrying Kinesis stream, by ARN, repeat and shuffle.
    `third_reader` says what a third mapping on a DynamoDB stream is: an error or a warning.
    """

    mappings: Sequence[Mapping]
    invoke: Invoke
    aws: Callable[[str], Any]
    clock: Clock
    checkpoints: Checkpoints = field(default_factory=MemoryCheckpoints)
    workers: int = 1
    restamp: bool | None = None
    expiries: Expiries = field(default_factory=Expiries)
    sources: Lookup[str, Source] = field(default_factory=dict)
    disorder: Lookup[str, Disorder] = field(default_factory=dict)
    third_reader: Literal["refuse", "warn"] = "refuse"
    _sources: dict[str, Source] = field(init=False)
    _readers: dict[tuple[str, str], ShardReader] = field(init=False, default_factory=dict)
    _endpoint: Endpoint = field(init=False)
    _attached: bool = field(init=False, default=False)
    _lock: RLock = field(init=False, default_factory=RLock)

    def __post_init__(self) -> None:
        self.mappings = [mapping for mapping in self.mappings if mapping.enabled]
        refuse_repeats(self.mappings)
        limit_readers(self.mappings, self.third_reader)
        if self.restamp is None:
            self.restamp = not isinstance(self.clock, WallClock)
        self._endpoint = Endpoint(self.aws)
        self._sources = {
            m.stream_arn: self.sources.get(m.stream_arn) or self._endpoint.source(m) for m in self.mappings
        }

    def attach(self) -> None:
        """Fix where mappings that start at LATEST begin; the first step does it otherwise.

        A mapping that has a checkpoint already goes on from there.
        """
        with self._lock:
            self._attached = True
            for mapping in self.mappings:
                if mapping.starting_position == "LATEST":
                    begin_at_latest(mapping, self._sources[mapping.stream_arn], self.checkpoints)

    def step(self) -> bool:
        """Poll every shard once and deliver what is due; True if anything happened."""
        with self._lock:
            if not self._attached:
                self.attach()
            listings = {arn: source.shards() for arn, source in self._sources.items()}
            self._open_readers(listings)
            running = [reader for reader in self._readers.values() if not reader.finished]
            closed = {(arn, shard.id) for arn, shards in listings.items() for shard in shards if shard.closed}
            came = [r.poll((r.mapping.stream_arn, r.shard) in closed, self.clock.now()) for r in running]
            work = [(r, lane, batch) for r in running for lane, batch in r.due(self.clock.now())]
            for (reader, lane, batch), outcome in zip(work, self._outcomes(work), strict=True):
                reader.settle(lane, batch, outcome, self.clock.now())
            return any(came) or bool(work) or any(reader.finished for reader in running)

    def drain(self, ahead: timedelta = timedelta(0)) -> None:
        """Step until nothing is due, moving a virtual clock up to `ahead` through retries and windows still to come."""
        horizon = self.clock.now() + ahead
        while True:
            while self.step():
                pass
            wakes = self.wakes()
            if not ahead or wakes is None or wakes > horizon:
                return
            if not isinstance(self.clock, VirtualClock):
                raise TypeError("only a virtual clock can be moved ahead")
            self.clock.advance_to(max(wakes, self.clock.now()))

    def wakes(self) -> datetime | None:
        """When something held back (a window, a retry) will be due if no record comes; None: nothing is."""
        with self._lock:
            return min((at for reader in self._readers.values() if (at := reader.wakes())), default=None)

    def run(self, stop: Event, pause: float = 0.2) -> None:
        """Step until `stop` is set, resting `pause` seconds (of real time) when there is nothing to do."""
        while not stop.is_set():
            if not self.step():
                stop.wait(pause)

    def counts(self, function: str) -> Counter[str]:
        """What happened to a function's batches (Done, Failed, FailedFrom, NotInvoked) and its records
        (acknowledged, discarded, dropped)."""
        readers = [reader for reader in self._readers.values() if reader.mapping.function == function]
        return sum((reader.counts for reader in readers), Counter())

    def _open_readers(self, listings: Lookup[str, list[Shard]]) -> None:
        for mapping in self.mappings:
            listed = {shard.id for shard in listings[mapping.stream_arn]}
            for shard in listings[mapping.stream_arn]:
                known = (mapping.uuid, shard.id) in self._readers
                if not known and all(self._over(mapping, parent, listed) for parent in shard.parents):
                    self._readers[mapping.uuid, shard.id] = self._reader(mapping, shard.id)

    def _over(self, mapping: Mapping, shard: str, listed: set[str]) -> bool:
        """Whether a parent is finished; one that is neither listed nor being read is gone, so it is."""
        reader = self._readers.get((mapping.uuid, shard))
        return reader.finished if reader else shard not in listed

    def _reader(self, mapping: Mapping, shard: str) -> ShardReader:
        shaper = Shaper(
            mapping,
            self.expiries.caused,
            lambda table: self._endpoint.precision(table, mapping.stream_arn),
            self.disorder.get(mapping.stream_arn, Disorder()),
        )
        source, restamp = self._sources[mapping.stream_arn], bool(self.restamp)
        return ShardReader(
            mapping, shard, source, shaper, self.checkpoints, Destinations(self._endpoint.client), restamp
        )

    def _outcomes(self, work: Sequence[Work]) -> Iterator[Outcome]:
        if self.workers == 1 or len(work) < 2:
            return map(self._call, work)
        with ThreadPoolExecutor(min(self.workers, len(work))) as pool:
            return iter(list(pool.map(self._call, work)))

    def _call(self, work: Work) -> Outcome:
        reader, _, batch = work
        try:
            answer = self.invoke(reader.mapping.function, reader.event(batch))
        except Unavailable:
            return NotInvoked()
        return outcome_of(answer, batch.records, reader.mapping)

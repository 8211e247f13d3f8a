"""Random histories of the Scores table, its stream, Lambda's deliveries and repairs, in memory; and, kept apart, what is true.

Rows are written and removed; their changes lie in shards that split; a shard's batches are delivered in order, cut anywhere, twice, in
halves, again much later, at the same time as another delivery, and with a fault or a death at any call. Each action takes a seed.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from zlib import crc32

from botocore.exceptions import ReadTimeoutError
from counting_actors import Actors, Change
from crashes import Death
from memory_table import Item, MemoryTable, cancelled, refusal

from adapters.aws.batch_items import Backoff
from adapters.aws.score_counts import ScoreCounts
from adapters.aws.score_rows import ScoreRows
from domain.errors import Unavailable
from handlers.scores.process_saved_scores import process_saved_scores
from handlers.scores.reconcile_counts import reconcile_counts

AT_ONCE = Backoff(tries=3, sleep=lambda seconds: None)
QUIET = 20.0  # seconds
FEW = 3  # items of one transaction: slices are short
Action = Callable[[Random], None]


@dataclass
class Shard:
    """`done`: how many of its changes Lambda will not deliver again by itself."""

    id: str
    parents: tuple[str, ...] = ()
    changes: list[Change] = field(default_factory=list)
    done: int = 0
    closed: bool = False


@dataclass
class History:
    """`parked`: changes that Lambda gave up on before they were counted."""

    table: MemoryTable = field(default_factory=lambda: MemoryTable(page=6))
    actors: Actors = field(init=False)
    shards: dict[str, Shard] = field(default_factory=dict)
    parked: list[Change] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)  # what reconciling answered
    seconds: float = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
    depth: int = 0

    def __post_init__(self) -> None:
        self.actors = Actors(self.table.items)
        self.shards = {name: Shard(name) for name in ("shard-0", "shard-1")}
        self.counts = ScoreCounts(self.table, "Scores", AT_ONCE)  # type: ignore[arg-type]
        self.rows = ScoreRows(self.table, "Scores", segments=1, backoff=AT_ONCE)  # type: ignore[arg-type]

    # What happens

    def write(self, chance: Random) -> None:
        """A row is written or removed; the open shard of its key has the change."""
        self.seconds += chance.choice((0, 0.001, 0.3, 2))
        change = self.actors.act(chance, self.seconds)
        if change:
            open_ones = [it for it in self.shards.values() if not it.closed]
            open_ones[crc32("".join(change.key).encode()) % len(open_ones)].changes.append(change)

    def burst(self, chance: Random) -> None:
        """Some rows are written, and counted at once."""
        for _ in range(chance.randint(1, 6)):
            self.write(chance)
        for _ in range(chance.randint(1, 6)):
            self.deliver(chance)

    def split(self, chance: Random) -> None:
        """A shard closes, and two children go on: keys move to other shards, of which none is read before its parents are."""
        shard = chance.choice([it for it in self.shards.values() if not it.closed])
        if len(self.shards) < 10:
            for it in [it for it in self.shards.values() if not it.closed]:
                it.closed = True
            parents = tuple(self.shards)
            for _ in range(2 + (shard.done > 3)):
                name = f"shard-{len(self.shards)}"
                self.shards[name] = Shard(name, parents)

    def deliver(self, chance: Random) -> None:
        """The next batch of a shard, of any size; what goes wrong leaves it to be delivered again, cut otherwise, or parks it."""
        if ready := self._ready():
            shard = chance.choice(ready)
            self._deliver(shard, shard.done, min(shard.done + chance.randint(1, 8), len(shard.changes)), chance)

    def give_up(self, chance: Random) -> None:
        """The next batch of a shard is tried once, and parked where that fails."""
        if ready := self._ready():
            shard = chance.choice(ready)
            first, end = shard.done, min(shard.done + chance.randint(1, 4), len(shard.changes))
            if self._invoke(shard, shard.changes[first:end], chance) is None:
                self._park(shard, first, end)

    def repeat(self, chance: Random) -> None:
        """What was delivered long ago comes again; Lambda does not look at the answer."""
        if shards := [it for it in self.shards.values() if it.done]:
            shard = chance.choice(shards)
            first = chance.randrange(shard.done)
            batch = shard.changes[first : chance.randint(first + 1, shard.done)]
            self._invoke(shard, [it for it in batch if it not in self.parked], chance)

    def reconcile(self, chance: Random) -> None:
        """Rows are recounted while all else goes on."""
        self.actors.sparing = set()
        with suppress(Unavailable), self._something(chance, 12):
            self.told.append(
                reconcile_counts({}, self.clock, self._sleeper(chance), rows=self.rows, counts=self.counts, quiet=QUIET)
            )
        self.actors.sparing = None

    def settle(self) -> None:
        """Everything that is still to be delivered, without a fault."""
        chance = Random(0)
        while ready := self._ready():
            for shard in ready:
                answer = self._call(shard, shard.changes[shard.done :][: chance.randint(1, 30)])
                assert answer["batchItemFailures"] == []
                shard.done += answer["delivered"]

    # How it goes on

    def clock(self) -> datetime:
        self.seconds += 0.01
        return datetime.fromtimestamp(self.seconds, UTC)

    def _ready(self) -> list[Shard]:
        """With changes left, and with none left in their parents."""
        left = {it.id for it in self.shards.values() if it.done < len(it.changes)}
        return [self.shards[it] for it in sorted(left) if left.isdisjoint(self.shards[it].parents)]

    def _deliver(self, shard: Shard, first: int, end: int, chance: Random) -> None:
        """Meanwhile another delivery may have got further than this one, which is nobody's any more then."""
        answer = self._invoke(shard, shard.changes[first:end], chance)
        if answer is not None:
            shard.done = max(shard.done, first + answer["delivered"])
        elif end - first > 1 and chance.random() < 0.5:
            half = chance.randrange(first + 1, end)
            self._deliver(shard, first, half, chance)
            if shard.done == half:
                self._deliver(shard, half, end, chance)
        elif chance.random() < 0.4 and self.depth == 0:
            self._park(shard, first, end)

    def _park(self, shard: Shard, first: int, end: int) -> None:
        """Nobody is at work: what lies behind the watermark was counted before its last call failed."""
        mark = self.counts.standing(shard.id, ()).watermark
        self.parked += [it for it in shard.changes[first:end] if mark is None or it.number > int(mark)]
        shard.done = max(shard.done, end)

    def _invoke(self, shard: Shard, batch: list[Change], chance: Random) -> Any:
        """The answer, or None where the function died or failed."""
        with self._something(chance, 6):
            return self._call(shard, batch)
        return None

    def _call(self, shard: Shard, batch: list[Change]) -> Any:
        event = {"shardId": shard.id, "state": {}, "Records": [it.record for it in batch]}
        answer = process_saved_scores(event, self.clock, counts=self.counts, touched=FEW)
        assert answer["state"] == {}
        numbers = [str(it.number) for it in batch]
        failed = [numbers.index(it["itemIdentifier"]) for it in answer["batchItemFailures"]]
        return {**answer, "delivered": min(failed, default=len(batch))}

    @contextmanager
    def _something(self, chance: Random, calls: int) -> Iterator[None]:
        """In two of three cases something happens at one of the next calls."""
        self.depth += 1
        self.table.at_call = nothing
        if chance.random() < 0.67:
            self._plan(chance, self.table.calls + chance.randint(1, calls))
        try:
            yield
        except Death:
            pass
        finally:
            self.depth -= 1
            self.table.at_call = nothing

    def _plan(self, chance: Random, call: int) -> None:
        side, happens = chance.choice(self._faults(chance))

        def at_call(number: int, at: str) -> None:
            if number >= call and at.startswith(side):
                self.table.at_call = nothing
                happens()

        self.table.at_call = at_call

    def _faults(self, chance: Random) -> list[tuple[str, Callable[[], None]]]:
        throttled, conflict = refusal("ThrottlingException"), cancelled(["TransactionConflict"])
        faults = [
            ("before", raising(Death())),
            ("after", raising(Death())),
            ("before", raising(throttled)),
            ("before TransactWriteItems", raising(conflict)),
            ("after", raising(ReadTimeoutError(endpoint_url="http://table"))),
        ]
        meanwhile = [self.write, self.burst, self.deliver, self.repeat] if self.depth < 3 else [self.write]
        if self.actors.sparing is None:
            meanwhile.append(self.reconcile)
        sides = ("before", "after", "before TransactWriteItems")
        acting = [(side, self._acting(it, chance)) for it in meanwhile for side in sides]
        return [*faults, *acting] if self.depth < 3 else faults

    def _acting(self, action: Action, chance: Random) -> Callable[[], None]:
        return lambda: action(Random(chance.random()))

    def _sleeper(self, chance: Random) -> Callable[[float], None]:
        def sleep(seconds: float) -> None:
            self.seconds += seconds / 2 - 0.1
            for action in (self.deliver, self.repeat, self.write, self.burst):
                if chance.random() < 0.3:
                    action(Random(chance.random()))
            self.seconds += seconds / 2 + 0.1

        return sleep

    # What must be true

    def check(self) -> None:
        """Counts are a recount, but for what was parked behind the fence; a load has counted all but what was parked."""
        assert counted(self.table.items) == self.actors.truth(self.parked, self.counts)
        assert loads(self.table.items) == self.actors.loads(self.parked)


def nothing(number: int, side: str) -> None:
    """No call is of interest."""


def raising(error: BaseException) -> Callable[[], None]:
    def happens() -> None:
        raise error

    return happens


def counted(items: dict[tuple[str, str], Item]) -> dict[str, dict[str, int]]:
    """What the table says of each campaign that has any fan."""
    found = {pk: it for (pk, sk), it in items.items() if sk == "meta:counts"}
    names = ("verified", "rejected", "selected", "unscored", "fans")
    figures = {pk.removeprefix("campaign:"): {name: int(it[name]["N"]) for name in names} for pk, it in found.items()}
    return {campaign: it for campaign, it in figures.items() if any(it.values())}


def loads(items: dict[tuple[str, str], Item]) -> dict[tuple[str, str], Counter[str]]:
    found = {}
    for (pk, sk), item in items.items():
        if sk.endswith(":counted"):
            figures = Counter({name: int(it["N"]) for name, it in item.items() if "N" in it and it["N"] != "0"})
            found[pk.removeprefix("campaign:"), sk.split(":")[2]] = figures
    return {load: it for load, it in found.items() if it}


@contextmanager
def unheard() -> Iterator[None]:
    """Metrics are printed."""
    with redirect_stdout(io.StringIO()):
        yield

"""Changes of fans' rows in; by how much each campaign's counts and each load's counted figures move, transaction by transaction, out.

A change is counted once, however often it is delivered: the watermark of its shard moves in the transaction that counts it, and
what lies behind the watermark is passed over. What a repair has found in the rows already is behind its fence, and passed over too.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

from domain.scores.marks import Mark, reached

TOUCHED = 99  # items of one transaction beside the watermark (AWS: 100 actions)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the fans of one campaign, or by how much they move. `fans` = verified + rejected + unscored; any of them may be selected."""

    verified: int = 0
    rejected: int = 0
    selected: int = 0
    unscored: int = 0
    fans: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) + getattr(other, name) for name in FIGURES))

    def __sub__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) - getattr(other, name) for name in FIGURES))

    def __mul__(self, times: int) -> "Figures":
        return Figures(*(getattr(self, name) * times for name in FIGURES))

    def __bool__(self) -> bool:
        """Whether any of them is not zero."""
        return any(self.by_name().values())

    @property
    def distance(self) -> int:
        """The sum of all, without their signs."""
        return sum(map(abs, self.by_name().values()))

    def by_name(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in FIGURES}


FIGURES = tuple(it.name for it in fields(Figures))


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of a campaign as they stand. All zero where nothing was ever counted.

    `version` is one higher after each transaction, `at` the time of the last one. `repaired_at` is the fence of the last of `repairs`
    repairs: changes made before it were in the recount.
    """

    verified: int = 0
    rejected: int = 0
    selected: int = 0
    unscored: int = 0
    fans: int = 0
    version: int = 0
    at: datetime | None = None
    repaired_at: datetime | None = None
    repairs: int = 0

    @property
    def figures(self) -> Figures:
        return Figures(*(getattr(self, name) for name in FIGURES))


@dataclass(frozen=True, slots=True)
class Row:
    """What is counted of a fan's row. `verified` None: not scored. `selected`: its verdict is true."""

    verified: bool | None = None
    selected: bool = False
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """Of one fan's row of a campaign: `old` None when it came, `new` None when it went. `sequence` is the record's, of its shard.

    `at` has whole seconds and is never later than the change itself. `changed` are names of what people look for (audit).
    """

    sequence: str
    campaign: str
    at: datetime
    old: Row | None
    new: Row | None
    name: str = ""
    fan: str = ""
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slice:
    """What one transaction moves, and the sequence number of the last change in it.

    `counts` names each campaign any of whose changes counts, even where they come to nothing together: its fence must stand.
    `loads`, by campaign and load: records, unique, and each outcome.
    """

    upto: str
    changes: int = 0
    counts: Mapping[str, Figures] = field(default_factory=dict)
    loads: Mapping[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)

    @property
    def touched(self) -> int:
        return len(self.counts) + len(self.loads)


def figures_of(row: Row | None) -> Figures:
    """What one row adds to its campaign; None: there is none."""
    if row is None:
        return Figures()
    return Figures(
        verified=int(row.verified is True),
        rejected=int(row.verified is False),
        selected=int(row.selected),
        unscored=int(row.verified is None),
        fans=1,
    )


def unseen(changes: Sequence[Change], watermark: str | None) -> list[Change]:
    """Those beyond the watermark of their shard, in the order of the stream."""
    fresh = [it for it in changes if watermark is None or int(it.sequence) > int(watermark)]
    return sorted(fresh, key=lambda it: int(it.sequence))


def slices(changes: Sequence[Change], fences: Mapping[str, datetime | None], touched: int = TOUCHED) -> Iterator[Slice]:
    """Cut `changes`, in the order of the stream, into transactions of at most `touched` items, as long as possible.

    `fences`: of each campaign, the time of its last repair. A slice that touches nothing needs no transaction.
    """
    so_far: Slice | None = None
    for change in changes:
        one = _alone(change, fences.get(change.campaign))
        both = _together(so_far, one) if so_far else one
        if so_far and both.touched > touched:
            yield so_far
            both = one
        so_far = both
    if so_far:
        yield so_far


def _alone(change: Change, fence: datetime | None) -> Slice:
    moved = figures_of(change.new) - figures_of(change.old)
    counts = {change.campaign: moved} if moved and (fence is None or change.at >= fence) else {}
    marks = reached(change.old.marks if change.old else (), change.new.marks if change.new else ())
    loads = {
        (change.campaign, it.load): {"records": it.records, "unique": sum(it.outcomes.values()), **it.outcomes}
        for it in marks
    }
    return Slice(change.sequence, 1, counts, loads)


def _together(first: Slice, then: Slice) -> Slice:
    counts = dict(first.counts)
    for campaign, moved in then.counts.items():
        counts[campaign] = counts.get(campaign, Figures()) + moved
    loads = dict(first.loads)
    for load, reached_it in then.loads.items():
        total = Counter(loads.get(load, {}))
        total.update(reached_it)
        loads[load] = dict(total)
    return Slice(then.upto, first.changes + then.changes, counts, loads)

"""A fan's row as it stands and the records that reach it in; what is to be written, on which condition, and what became of each out.

Who the fan is and the events of each rank are kept by age for themselves, all else by the row's: so the row ends the same in
whatever order loads come in. Of one load, records of a fan must come in the order of its file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from domain.scores.marks import (
    CREATED,
    SUPERSEDED,
    UNCHANGED,
    UPDATED,
    Mark,
    is_marked,
    marked,
    read_marks,
    write_marks,
)
from domain.scores.scored import TAKEN, Scored

FAILED, INVALID = "failed", "invalid"  # nothing was written: now, or for good
IDENTITY = ("campaignId", "globalUserId", "memberId")
SAID = tuple(
    name for name in TAKEN if name not in IDENTITY
)  # what a newer record of a rank takes away by not saying it
EVENTS, ORIGIN, NUDETECT = "events", "origin", "nudetect"  # the first two are maps that neighbours write into as well
RANK, VERSION, LOADS, UPDATED_AT = "rank", "loadVersion", "loads", "updated"
OLDER = "olderEvents"  # rank -> version, of the events that come from an older load than the row's
NEEDED = (*IDENTITY, *SAID, EVENTS, ORIGIN, RANK, VERSION, LOADS, OLDER)  # to fold

Path = tuple[str, ...]
Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """By path into the item. It may be written only while the row is as it was seen: absent, or with the `loads` that it had."""

    sets: Mapping[Path, Any]
    removes: tuple[Path, ...]
    absent: bool
    seen: str | None  # None: it had no `loads`
    maps: Mapping[str, bool]  # whether an attribute that is written into must be a map already, or must not be


@dataclass(frozen=True, slots=True)
class Folded:
    """A status for each record; no change where all of them had reached the row before."""

    statuses: tuple[str, ...]
    change: Change | None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a record; `why` says it of those that are failed or invalid."""

    status: str
    why: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """What of an item is ours."""

    stands: bool
    content: Item = field(default_factory=dict)
    nudetect: Any = None
    events: Item = field(default_factory=dict)
    rank: int | None = None
    version: str = ""
    older: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()

    @property
    def said(self) -> tuple[Any, ...]:
        """All but when and by what it was said."""
        return self.content, self.nudetect, self.rank, self.events


def fold(standing: Item | None, records: Sequence[Scored], now: datetime) -> Folded:
    """`standing` is the whole item or its NEEDED attributes, plain; None: there is none. ValueError: its `loads` is no such text."""
    before = row = _read(standing)
    statuses = []
    for record in records:
        row, status = _reached(row, record)
        statuses.append(status)
    if row is before:
        return Folded(tuple(statuses), None)
    moved = CREATED in statuses or UPDATED in statuses or row.said != before.said
    return Folded(tuple(statuses), _change(standing or {}, before, row, now if moved else None))


def _read(item: Item | None) -> _Row:
    if item is None:
        return _Row(stands=False)
    rank = item.get(RANK)
    return _Row(
        stands=True,
        content=item,
        nudetect=_map(item, ORIGIN).get(NUDETECT),
        events=_map(item, EVENTS),
        rank=rank if isinstance(rank, int) else None,
        version=item.get(VERSION, ""),
        older=_map(item, OLDER),
        marks=read_marks(item.get(LOADS, "")),
    )


def _reached(row: _Row, record: Scored) -> tuple[_Row, str]:
    if is_marked(row.marks, record.load, record.part):
        return row, SUPERSEDED if record.version < row.version else UNCHANGED
    content, nudetect, rank = _top(row, record)
    events, older = _events(row, record)
    after = _Row(True, content, nudetect, events, rank, max(record.version, row.version), older)
    if not row.stands:
        status = CREATED
    elif record.version < row.version:
        status = SUPERSEDED  # though it may tell of a rank that no newer load has told of
    else:
        status = UNCHANGED if after.said == row.said else UPDATED
    return replace(after, marks=marked(row.marks, record.load, record.part, status)), status


def _top(row: _Row, record: Scored) -> tuple[Item, Any, int | None]:
    """What is not of one rank: the newest load's, and of its records the lowest rank's, and of those the last one's."""
    if record.version < row.version or (record.version == row.version and not _outranks(record.rank, row.rank)):
        told = {name: record.content[name] for name in IDENTITY if name in record.content and name not in row.content}
        return ({**row.content, **told} if told else row.content), row.nudetect, row.rank
    if record.rank is None:  # a fanlist knows a score, and says nothing of the rest
        return {**row.content, **record.content}, record.nudetect or row.nudetect, None
    kept = {name: value for name, value in row.content.items() if name not in SAID}
    return {**kept, **record.content}, record.nudetect or None, record.rank


def _outranks(rank: int | None, standing: int | None) -> bool:
    return rank is None or standing is None or rank <= standing


def _events(row: _Row, record: Scored) -> tuple[Item, Mapping[str, str]]:
    """Each rank for itself, the newest load's; and which of them are older than the row is."""
    version = max(record.version, row.version)
    ages = {rank: row.older.get(rank, row.version) for rank in row.events}
    taken = {rank: it for rank, it in record.events.items() if record.version >= ages.get(rank, "")}
    ages |= dict.fromkeys(taken, record.version)
    return {**row.events, **taken}, {rank: age for rank, age in ages.items() if age < version}


def _change(standing: Item, before: _Row, after: _Row, now: datetime | None) -> Change:
    """`now`: when the row became another one; None: nothing but the loads that reached it is new."""
    sets: dict[Path, Any] = {(name,): it for name, it in after.content.items() if _differs(before.content, name, it)}
    removes: list[Path] = [(name,) for name in before.content if name not in after.content]
    maps: dict[str, bool] = {}
    events = {rank: event for rank, event in after.events.items() if _differs(before.events, rank, event)}
    _set_into(EVENTS, events, standing, sets, maps)
    if after.nudetect is None and before.nudetect is not None:
        maps[ORIGIN] = True
        removes.append((ORIGIN, NUDETECT))
    elif after.nudetect != before.nudetect:
        _set_into(ORIGIN, {NUDETECT: after.nudetect}, standing, sets, maps)
    own = {RANK: after.rank, VERSION: after.version, OLDER: dict(after.older) or None, LOADS: write_marks(after.marks)}
    own |= {UPDATED_AT: _iso(now)} if now else {}
    for name, value in own.items():
        if value is not None and _differs(standing, name, value):
            sets[(name,)] = value
        elif value is None and name in standing:
            removes.append((name,))
    return Change(sets, tuple(removes), not before.stands, standing.get(LOADS), maps)


def _set_into(name: str, members: Item, standing: Item, sets: dict[Path, Any], maps: dict[str, bool]) -> None:
    """Members of a map one by one, so that the others in it stay; the whole map where there is none."""
    if members:
        maps[name] = isinstance(standing.get(name), Mapping)
        sets |= {(name, member): value for member, value in members.items()} if maps[name] else {(name,): members}


def _differs(standing: Item, name: str, value: Any) -> bool:
    return name not in standing or standing[name] != value


def _map(item: Item, name: str) -> Item:
    found = item.get(name)
    return found if isinstance(found, Mapping) else {}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Rows of the table and rows of the archive in, what the archive lacks, has too much or has otherwise out."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from domain.archive.kinds import KEYS

Row = Mapping[str, Any]
Key = tuple[str, ...]

MOVING = frozenset({"event", "sale"})  # their dates are when they take place; the others' are when they were made
COMPUTED = ("reference", "isDeleted", "change")  # what tells of the change, not of the item


@dataclass(frozen=True, slots=True)
class Findings:
    """Of one kind and date, the items by their keys; `parked` ones wait in errors/ for a replay, the rest nobody will mend."""

    equal: int
    missing: tuple[Key, ...] = ()  # in the table alone
    parked: tuple[Key, ...] = ()  # any of the other three, and in errors/
    stale: tuple[Key, ...] = ()  # the archive's latest is another state
    left_over: tuple[Key, ...] = ()  # in the archive alone, as if it still were in the table

    @property
    def complete(self) -> bool:
        return not (self.missing or self.parked or self.stale or self.left_over)


def key_of(kind: str, row: Row) -> Key:
    """What the row is about; an absent part is an empty text."""
    return tuple(row.get(name) or "" for name in KEYS[kind])


def latest(kind: str, rows: Iterable[Row]) -> dict[Key, Row]:
    """The last row of each item, deletions included: by time, a REMOVE last, then by event id, as the views have it."""
    found: dict[Key, Row] = {}
    for row in rows:
        key = key_of(kind, row)
        if key not in found or _age(row) > _age(found[key]):
            found[key] = row
    return found


def compare(
    kind: str,
    table: Mapping[Key, Row],
    archived: Mapping[Key, Row],
    *,
    parked: Set[Key] = frozenset(),
    elsewhere: Set[Key] = frozenset(),
) -> Findings:
    """`archived` is what `latest` gives; `elsewhere` are items of the table that lie under another date by now."""
    standing = {key: row for key, row in archived.items() if not row["isDeleted"]}
    stale = {key for key, row in table.items() if key in standing and content(row) != content(standing[key])}
    lacking = {key for key in table if key not in standing}
    left_over = {key for key in standing if key not in table and key not in elsewhere}
    return Findings(
        equal=len(table) - len(stale) - len(lacking),
        missing=tuple(sorted(lacking - parked)),
        parked=tuple(sorted((lacking | stale | left_over) & parked)),
        stale=tuple(sorted(stale - parked)),
        left_over=tuple(sorted(left_over - parked)),
    )


def content(row: Row) -> Row:
    """What a row tells of its item."""
    return {name: value for name, value in row.items() if name not in COMPUTED}


def _age(row: Row) -> tuple[str, bool, str]:
    change = row["change"]
    return change["at"], row["isDeleted"], change["eventId"]

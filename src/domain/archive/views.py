"""The columns of the archive's tables in, the views of each in Athena's SQL out: no row twice, and the latest state of each item."""

from collections.abc import Mapping, Sequence

from domain.archive.kinds import KEYS
from domain.archive.places import PARTITION

LATER_FIRST = 'change."at" DESC, isdeleted DESC, change.eventid DESC'  # a deletion comes after all else of its instant


def views(columns: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """`columns`: by kind, the names of its table's columns without the partition's. By name, what each view selects."""
    found = {f"{kind}_events": events_of(kind, names) for kind, names in columns.items()}
    found |= {f"{kind}_current": current_of(kind, names) for kind, names in columns.items()}
    if "event" in columns:  # as the mission has the table's name in places
        found["events"] = events_of("event", columns["event"])
    return found


def events_of(kind: str, columns: Sequence[str]) -> str:
    """One row a change, however often it was delivered. The date is part of the window, so that a condition on it spares files."""
    return _first_of(kind, columns, (PARTITION, "change.eventid"), "")


def current_of(kind: str, columns: Sequence[str]) -> str:
    """One row an item, as it last was; none of one that was deleted. Its changes may lie in several dates, and in any order."""
    return _first_of(kind, columns, tuple(key.lower() for key in KEYS[kind]), " AND NOT isdeleted")


def _first_of(kind: str, columns: Sequence[str], window: Sequence[str], also: str) -> str:
    names = ", ".join(f'"{name.lower()}"' for name in (*columns, PARTITION))
    over = f"PARTITION BY {', '.join(window)} ORDER BY {LATER_FIRST}"
    numbered = f"SELECT {names}, row_number() OVER ({over}) AS place FROM {kind}"  # noqa: S608 (names of our own schemas)
    return f"SELECT {names} FROM ({numbered}) WHERE place = 1{also}"  # noqa: S608

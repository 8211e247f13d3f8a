"""A notification's row and what was seen of it in, the row as it then is out: forward only, whatever the order and however often."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from domain.notifications.instants import iso
from domain.notifications.keys import UNSETTLED_SHARD, UNSETTLED_SINCE, shard_of, unsettled_shard

Status = Literal[
    "CREATED", "RETRY", "SENDING", "UNKNOWN", "TRIGGERED", "QUEUED", "SENT", "FAILED", "EXPIRED", "DELIVERED"
]
Row = Mapping[str, Any]

# Only a higher rank is a move forward. A delivery that is told is one, whatever else was told before or after it.
RANKS: Mapping[str, int] = {
    "CREATED": 0,
    "RETRY": 0,
    "SENDING": 1,
    "UNKNOWN": 2,
    "TRIGGERED": 3,
    "QUEUED": 4,
    "SENT": 5,
    "FAILED": 6,
    "EXPIRED": 7,
    "DELIVERED": 8,
}
FINAL = frozenset({"FAILED", "EXPIRED", "DELIVERED"})
TO_SEND = frozenset({"CREATED", "RETRY"})
UNSETTLED = frozenset({"CREATED", "RETRY", "SENDING", "UNKNOWN"})  # somebody must still do something about it
DATED = frozenset(RANKS) - UNSETTLED  # each has its own time in `date`, under its name in lower case


@dataclass(frozen=True, slots=True)
class Sighting:
    """What somebody outside says of a notification: its status, when, and why where it failed: {statusCode?, reason}."""

    status: Status
    at: datetime
    error: Mapping[str, Any] | None = None


def status_of(row: Row) -> str:
    return str(row["status"]["id"])


def seen(row: Row, sightings: Iterable[Sighting]) -> Row:
    """The row after all of them. Equal to `row` where they say nothing new. Any order, and any repetition, ends the same.

    Each status keeps its earliest time, errors are kept once each by time; `date.updated` is the latest time of all.
    """
    new: dict[str, Any] = {**row, "date": dict(row["date"]), "status": dict(row["status"])}
    for it in sightings:
        at = iso(it.at)
        if it.status in DATED:
            _earliest(new["date"], it.status.lower(), at)
        if it.error is not None:
            new["errors"] = _with(new.get("errors", []), {**it.error, "timestamp": at})
        if RANKS[it.status] > RANKS[new["status"]["id"]]:
            new["status"] = {"id": it.status, "date": at}
        elif it.status == new["status"]["id"]:
            new["status"]["date"] = min(new["status"]["date"], at)
        new["date"]["updated"] = max(new["date"].get("updated", ""), at)
    return _marked(new)


def moved(row: Row, status: Status, at: datetime, **attributes: Any) -> Row:
    """The row as one of our own workers moves it, which may be back to be tried again. An attribute that is None goes.

    `errors`: one more of them, {statusCode?, reason}; its timestamp is `at`.
    """
    error = attributes.pop("error", None)
    date = {**row["date"], "updated": iso(at)}
    new: dict[str, Any] = {**row, **attributes, "status": {"id": status, "date": iso(at)}, "date": date}
    if error is not None:
        new["errors"] = _with(row.get("errors", []), {**error, "timestamp": iso(at)})
    if status in DATED:
        _earliest(date, status.lower(), iso(at))
    return _marked({name: value for name, value in new.items() if value is not None})


def _marked(row: dict[str, Any]) -> Row:
    """In the index of what is unsettled, or out of it; a row whose status stands is in it since then."""
    if row["status"]["id"] in UNSETTLED:
        return {
            **row,
            UNSETTLED_SHARD: unsettled_shard(shard_of(row["PK"])),
            UNSETTLED_SINCE: row["status"]["date"],
        }
    gone = (UNSETTLED_SHARD, UNSETTLED_SINCE, "lease")
    return {name: value for name, value in row.items() if name not in gone}


def _earliest(date: dict[str, str], name: str, at: str) -> None:
    date[name] = min(date.get(name, at), at)


def _with(errors: list[Any], error: dict[str, Any]) -> list[Any]:
    if error in errors:
        return errors
    return sorted([*errors, error], key=lambda it: (it["timestamp"], str(it.get("reason")), str(it.get("statusCode"))))

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
TAKEN = frozenset(
    {"QUEUED", "SENT", "DELIVERED"}
)  # so it was TRIGGERED by then, even where its sender died before saying so
# Why our own workers end one: of what is told at one instant, the last word.
SALE_MOVED, SALE_STARTED, SPENT, UNKNOWN = "sale_moved", "sale_started", "max attempts exceeded", "unknown"
ENDINGS = frozenset({SALE_MOVED, SALE_STARTED, SPENT, UNKNOWN})
ERRORS = 20  # a row keeps the earliest of them: whoever tells of one failure for ever fills no item


@dataclass(frozen=True, slots=True)
class Sighting:
    """What somebody outside says of a notification: its status, when, and why where it failed: {statusCode?, reason, timestamp?: if
    not `at`}.
    """

    status: Status
    at: datetime
    error: Mapping[str, Any] | None = None


def status_of(row: Row) -> str:
    return str(row["status"]["id"])


def seen(row: Row, sightings: Iterable[Sighting]) -> Row:
    """The row after all of them. Equal to `row` where they say nothing new. Any order, and any repetition, ends the same.

    Each status keeps its earliest time, and none of TAKEN is older than TRIGGERED; errors are kept once each by time; `date.updated`
    is the latest time of all.
    """
    new: dict[str, Any] = {**row, "date": dict(row["date"])}
    for it in sightings:
        if it.error is not None:
            new["errors"] = _with(new.get("errors", []), {"timestamp": iso(it.at), **it.error})
        _told(new, it.status, iso(it.at))
    return _marked(new)


def moved(row: Row, status: Status, at: datetime, **attributes: Any) -> Row:
    """The row as one of our own workers moves it, which may be back to be tried again, but never back from what was seen outside:
    then only the rest is noted. An attribute that is None goes.

    `errors`: one more of them, {statusCode?, reason}; its timestamp is `at`.
    """
    error = attributes.pop("error", None)
    new: dict[str, Any] = {**row, **attributes, "date": dict(row["date"])}
    if error is not None:
        new["errors"] = _with(row.get("errors", []), {"timestamp": iso(at), **error})
    if status_of(row) in UNSETTLED:
        new["status"] = {"id": status, "date": iso(at)}
    _told(new, status, iso(at))
    return _marked({name: value for name, value in new.items() if value is not None})


def _told(new: dict[str, Any], status: Status, at: str) -> None:
    """The status and its times; a status that has a time of its own is as old as that."""
    date = new["date"]
    for name in (status, "TRIGGERED") if status in TAKEN else (status,) if status in DATED else ():
        date[name.lower()] = min(date.get(name.lower(), at), at)
    current = status_of(new)
    if current not in RANKS or RANKS[status] > RANKS[current]:  # other systems' words are as good as none
        new["status"] = {"id": status, "date": date.get(status.lower(), at)}
    elif status == current and status in DATED:
        new["status"] = {"id": status, "date": date[status.lower()]}
    date["updated"] = max(date.get("updated", ""), at)


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


def _with(errors: list[Any], error: dict[str, Any]) -> list[Any]:
    if error in errors:
        return errors
    return sorted([*errors, error], key=_order)[:ERRORS]


def _order(error: Mapping[str, Any]) -> tuple[str, bool, str, str]:
    reason = error.get("reason")
    return (str(error.get("timestamp")), str(reason) in ENDINGS, repr(reason), repr(error.get("statusCode")))

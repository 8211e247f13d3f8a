"""What one record of a load says of one fan: the stream's JSON in, a value that a row can take over out."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.errors import Rejected
from domain.scores.keys import FAN, Key, fan_row

# Attributes of the row <- of the record (seed 004, use case 2; reference: registrationScore is localFanscore).
TAKEN = {
    "score": "score",
    "isVerified": "isVerified",
    "registrationScore": "localFanscore",
    "accountScore": "accountFanscore",
    "bandScore": "bandScore",
    "tags": "tags",
    "memberId": "memberId",
}


@dataclass(frozen=True, slots=True)
class Scored:
    """`content` are the row's attributes by name, absent where the record does not tell them; `nudetect` becomes
    `origin.nudetect`; `events` by rank becomes `events.{rank}`, each rank for itself. `rank` None: the record has none (a fanlist).
    """

    key: Key
    content: Mapping[str, Any]
    load: str
    version: str
    part: int
    rank: int | None = None
    nudetect: Mapping[str, Any] | None = None
    events: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def scored(record: Any) -> Scored:
    """A record of `scoresStream`. Rejected: what the table needs is missing or of another type; the text says which."""
    if not isinstance(record, dict):
        raise Rejected("not an object")
    _demand(record, REQUIRED)
    _demand(meta := _object(record, "__meta"), OF_A_LOAD)
    events, rank = _object(record, "events"), record.get("rank")
    nudetect = _object(_object(record, "origin"), "nudetect")
    content = {name: record[told] for name, told in TAKEN.items() if record.get(told) is not None}
    about = {"campaignId": record["campaignId"], "globalUserId": record["globalUserId"]}
    try:
        return Scored(
            key=fan_row(FAN, record["globalUserId"], record["campaignId"]),
            content={**content, **about},
            load=meta["load"],
            version=meta["version"],
            part=int(meta["part"]),
            rank=None if rank is None else int(rank),
            nudetect=nudetect or None,
            events={place: _object(events, place) for place in events},
        )
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise Rejected(f"the part or the rank is no number: {type(error).__name__}") from error


def _demand(told: Mapping[str, Any], required: Mapping[str, Callable[[Any], bool]]) -> None:
    """Rejected: the first that is missing or otherwise; never what it is."""
    for name, good in required.items():
        if not good(value := told.get(name)):
            raise Rejected(f"{name} is {'missing' if value is None else 'not what it must be'}")


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _object(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Rejected: it is there, and no object."""
    value = record.get(name) or {}
    if not isinstance(value, dict):
        raise Rejected(f"{name} is no object")
    return value


REQUIRED: Mapping[str, Callable[[Any], bool]] = {
    "campaignId": _text,
    "globalUserId": _text,
    "score": _number,
    "isVerified": lambda value: isinstance(value, bool),
}
# A load's name becomes part of a row's marks, and a version decides for ever what is newer: both must be what they seem.
OF_A_LOAD: Mapping[str, Callable[[Any], bool]] = {
    "load": lambda value: _text(value) and not {":", ";"} & set(value),
    "version": _text,
}

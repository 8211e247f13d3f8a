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
    for name, good in REQUIRED.items():
        if not good(value := record.get(name)):
            raise Rejected(f"{name} is {'missing' if value is None else 'not what it must be'}")
    meta = _object(record, "__meta")
    events, rank = _object(record, "events"), record.get("rank")
    nudetect = _object(_object(record, "origin"), "nudetect")
    content = {name: record[told] for name, told in TAKEN.items() if record.get(told) is not None}
    about = {"campaignId": record["campaignId"], "globalUserId": record["globalUserId"]}
    try:
        return Scored(
            key=fan_row(FAN, record["globalUserId"], record["campaignId"]),
            content={**content, **about},
            load=str(meta["load"]),
            version=str(meta["version"]),
            part=int(meta["part"]),
            rank=None if rank is None else int(rank),
            nudetect=nudetect or None,
            events={place: _object(events, place) for place in events},
        )
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise Rejected(f"no load is told in __meta, or the rank is no number: {error}") from error


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

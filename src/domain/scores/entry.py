"""A record of `scoresStream` in, what the Entry Service is told of its fan out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from domain.errors import Rejected
from domain.scores.campaign import market_name
from domain.scores.row_rules import LONGEST_FAN
from domain.scores.upsert import EVENTS, OLDER, VERSION

FIRST = "0"  # the rank of a fan's first choice: only that goes to the Entry Service
# Told as they are, where the record has them (reference: the entry payload).
ALONG = (
    "memberId",
    "phoneType",
    "phone",
    "phoneConfirmedDate",
    "email",
    "firstName",
    "lastName",
    "localFanscore",
    "bandScore",
    "locale",
)


@dataclass(frozen=True, slots=True)
class Entrant:
    """A record by its sequence number. `entry`: what is to be told but the market's id, `market` its name; None: there is no first
    choice.
    """

    number: str
    campaign: str
    load: str
    version: str  # of the load: sorts loads by age
    entry: Mapping[str, Any] | None
    market: str = ""


@dataclass(frozen=True, slots=True)
class Parked:
    """What cannot be told, with the reason's code; `record` is what there is of it. Without a load nobody is charged with it."""

    number: str
    reason: str
    record: Any
    campaign: str = ""
    load: str = ""

    def to_json(self) -> dict[str, Any]:
        about = {"sequenceNumber": self.number, "campaignId": self.campaign, "load": self.load}
        return {"reason": self.reason, **about, "record": self.record}


def entrant(number: str, record: Any) -> Entrant | Parked:
    """A record that has its place, whatever its first choice lacks, is charged to its load."""
    if not isinstance(record, dict):
        return Parked(number, "not_an_object", record)
    meta, events = record.get("__meta"), record.get("events") or {}
    if not _text(record.get("campaignId")):
        return Parked(number, "no_campaign", record)
    if not (isinstance(meta, dict) and _text(meta.get("load"))):
        return Parked(number, "no_load", record)
    campaign = str(record["campaignId"])
    if not isinstance(events, dict):
        return Parked(number, "bad_events", record, campaign, meta["load"])
    if FIRST not in events:
        return Entrant(number, campaign, meta["load"], str(meta.get("version", "")), None)
    try:
        entry, market = _entry(record, events[FIRST])
    except Rejected as reason:
        return Parked(number, str(reason), record, campaign, meta["load"])
    return Entrant(number, campaign, meta["load"], str(meta.get("version", "")), entry, market)


def market_id(market: str, ids: Mapping[str, str]) -> str:
    """`ids` are by normalised name. Rejected: `no_market`, `unknown_market`."""
    name = market_name(market)
    if not name:
        raise Rejected("no_market")
    if name not in ids:
        raise Rejected("unknown_market")
    return ids[name]


def told_anew(row: Mapping[str, Any], version: str) -> bool:
    """Whether a newer load than this one has told the first choice that the fan's row of the table has."""
    events, older = row.get(EVENTS), row.get(OLDER, {})
    if not isinstance(events, Mapping) or FIRST not in events:
        return False
    return str(older.get(FIRST, row.get(VERSION, ""))) > version


def _entry(record: Mapping[str, Any], choice: Any) -> tuple[dict[str, Any], str]:
    """Score and verdict are the first choice's own, else the record's. Rejected: what every entry needs is missing."""
    if not isinstance(choice, dict):
        raise Rejected("bad_events")
    score, verdict = (choice.get(name, record.get(name)) for name in ("score", "isVerified"))
    if not _text(record.get("globalUserId")):
        raise Rejected("no_fan")
    if not isinstance(score, int | float) or isinstance(score, bool):
        raise Rejected("no_score")
    if not isinstance(verdict, bool):
        raise Rejected("no_verdict")
    told = {name: record[name] for name in ALONG if record.get(name) is not None}
    market = choice.get("market")
    entry = {"globalUserId": record["globalUserId"], "verdict": verdict, "score": score, **told}
    return entry, market if isinstance(market, str) else ""


def _text(value: Any) -> TypeGuard[str]:
    """Ids are parts of keys."""
    return isinstance(value, str) and 0 < len(value.encode()) <= LONGEST_FAN

"""A changed row of the Demand table in, whom it is for out: the queue of short links, the outbox, or the generator."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from domain.errors import Rejected
from domain.notifications.instants import iso, moment
from domain.notifications.keys import SALE_DEMAND_SHARD, Key
from domain.notifications.statuses import TO_SEND

Row = Mapping[str, Any]
NOTIFICATIONS = ("notification", "notification:asu")  # "test-notification" is archived, and sent by nobody
LONGEST_DELAY = 900  # seconds, SQS; the sender puts off what comes too early
LONGEST_ID = 1_000  # bytes: with what we put before it, a sort key (DynamoDB: 1,024); a call with another would fail for all its batch
KEPT = timedelta(hours=24)  # by a table's stream: no record is older
_CHANGED = ["INSERT", "MODIFY"]
_NONE = [{"exists": False}]

# What the mapping lets through, as patterns of EventBridge: an event without a short link, a notification to send, demand nobody has
# been told of, a sale to tell of. `sorted_out` asks the same again: a mapping without filters only costs more.
FILTERS: tuple[Mapping[str, Any], ...] = tuple(
    {"eventName": _CHANGED, "dynamodb": {"NewImage": wanted}}
    for wanted in (
        {"type": {"S": ["event"]}, "isSuppressed": {"BOOL": [False]}, "shortUrl": {"S": _NONE}},
        {"type": {"S": list(NOTIFICATIONS)}, "status": {"M": {"id": {"S": sorted(TO_SEND)}}}},
        {"type": {"S": ["demand"]}, "date": {"M": {"triggered": {"S": _NONE}}}},
        {"type": {"S": ["sale"]}, "isSuppressed": {"BOOL": [False]}},
    )
)


@dataclass(frozen=True, slots=True)
class Unshortened:
    """An event that reminders cannot be short about yet; `at` is the instant its change is of."""

    event: str
    at: datetime

    def message(self) -> dict[str, Any]:
        return {"time": iso(self.at), "id": self.event, "data": {"id": self.event}}


@dataclass(frozen=True, slots=True)
class ToSend:
    """A notification for the outbox, `delay` seconds from now."""

    key: Key
    rev: int
    at: datetime
    delay: int = 0

    def message(self) -> dict[str, Any]:
        return {"time": iso(self.at), "pk": self.key.pk, "sk": self.key.sk, "rev": self.rev}


@dataclass(frozen=True, slots=True)
class Wish:
    """A fan who wants to be reminded of a sale. `placed`: the row lies in the index that generators read."""

    key: Key
    fan: str
    event: str
    sale: str
    at: datetime
    placed: bool


@dataclass(frozen=True, slots=True)
class Announced:
    """A sale that is new or has changed, perhaps into a window that is open."""

    event: str
    sale: str
    at: datetime


Routed = Unshortened | ToSend | Wish | Announced


def sorted_out(row: Row, created: datetime, lag: timedelta) -> Routed | None:
    """Whom a row is for as it is after a change that was made at `created` and comes `lag` later; None: nobody.

    Rejected: it says that it is for somebody, and lacks what they would find it by. A time that is none is `created`: the reader
    of the message judges the row itself.
    """
    date = _mapping(row, "date")
    match row.get("type"):
        case "event" if row.get("isSuppressed") is False and not row.get("shortUrl"):
            return Unshortened(_id(row, "id"), _latest(created, date.get("updated")) + lag)
        case "notification" | "notification:asu":
            return _to_send(row, created, lag)
        case "demand" if not date.get("triggered"):
            return _wish(row, _latest(created, date.get("requested"), date.get("updated")) + lag)
        case "sale" if row.get("isSuppressed") is False:
            return Announced(_id(row, "eventId"), _id(row, "id"), created + lag)
        case str():
            return None
    raise Rejected("a row without a type")


def behind(created: datetime, now: datetime) -> timedelta:
    """How long a record has been on its way by this machine's clock: nothing where the two clocks cannot be of one world."""
    lag = now - created
    return lag if timedelta() < lag <= KEPT else timedelta()


def _to_send(row: Row, created: datetime, lag: timedelta) -> ToSend | None:
    status, rev = _mapping(row, "status"), row.get("rev")
    if str(status.get("id")) not in TO_SEND:
        return None
    at = _latest(created, status.get("date")) + lag
    early = _known(row.get("notBefore")) or at
    delay = min(max(0, ceil((early - at).total_seconds())), LONGEST_DELAY)
    return ToSend(Key(_text(row, "PK"), _text(row, "SK")), rev if type(rev) is int else 0, at, delay)


def _wish(row: Row, at: datetime) -> Wish:
    fan, event, sale = _text(row, "fanId"), _id(row, "eventId"), _id(row, "saleId")
    return Wish(Key(_text(row, "PK"), _text(row, "SK")), fan, event, sale, at, bool(row.get(SALE_DEMAND_SHARD)))


def _latest(created: datetime, *told: Any) -> datetime:
    return max(filter(None, map(_known, told)), default=created)


def _known(text: Any) -> datetime | None:
    """None too for an instant that no sale is near: time can be added to all others."""
    try:
        at = moment(text)
    except (Rejected, OverflowError):
        return None
    return at if 1970 <= at.year < 9999 else None


def _mapping(row: Row, name: str) -> Row:
    found = row.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(row: Row, name: str) -> str:
    found = row.get(name)
    if not isinstance(found, str) or not found:
        raise Rejected(f"a row of type {row['type']} without {name}")
    return found


def _id(row: Row, name: str) -> str:
    """Of what has a row of its own."""
    found = _text(row, name)
    if len(found.encode("utf-8", "replace")) > LONGEST_ID:
        raise Rejected(f"a row of type {row['type']} whose {name} no key could hold")
    return found

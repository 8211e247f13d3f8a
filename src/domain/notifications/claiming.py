"""A notification that is to be sent and what is known of its sale, its fan and the time in, what a worker must do with it out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from domain.errors import Rejected
from domain.notifications.instants import iso, moment
from domain.notifications.keys import EMAIL, SMS
from domain.notifications.malformed import malformed
from domain.notifications.statuses import SALE_MOVED, SALE_STARTED, SPENT, TO_SEND, Row, moved, status_of

# Each longer than the one before: a lease cannot end while its holder still works, and a message comes back only when the holder
# has ended, so that what it finds is free or in doubt.
SENDER = timedelta(seconds=120)  # the function's timeout
LEASE = timedelta(seconds=135)
VISIBILITY = timedelta(seconds=150)  # the queue's

WORK = timedelta(seconds=80)  # of the function's time, after which no new call is begun
TOO_LATE = timedelta(seconds=60)  # before the sale: who is told later than that has no use for it
LEAD = timedelta(minutes=30)  # before the sale: when fans are told
ADDRESS = {SMS: "phoneNumber", EMAIL: "email"}
CONTENT = {SMS: "messageBody", EMAIL: "templateVariables"}

Do = Literal["send", "leave", "wait", "move"]


@dataclass(frozen=True, slots=True)
class Facts:
    """The rows that its own row points to, as they stand now, None where there is none; and whether its address is opted out."""

    sale: Row | None
    event: Row | None
    demand: Row | None
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """`wait` until an instant; `move` to a row. `anew`: its sale begins at another time, of which its fan must be told now."""

    do: Do
    until: datetime | None = None
    row: Row | None = None
    anew: bool = False


LEAVE, SEND = Course("leave"), Course("send")


def in_hand(row: Row | None, now: datetime) -> Course | None:
    """What its row alone says; None: it is to be sent, if the facts allow it.

    A worker that died with it in hand may have sent it: nobody knows.
    """
    if row is None:
        return LEAVE
    told = row.get("status")
    status = told.get("id") if isinstance(told, Mapping) else None
    if status == "SENDING":
        until = (row.get("lease") or {}).get("until", 0)
        if until > milliseconds(now):
            return Course("wait", until=datetime.fromtimestamp(until / 1000, now.tzinfo))
        return Course("move", row=moved(row, "UNKNOWN", now, lease=None, mayHaveSent=True))
    if status not in TO_SEND:
        return None if is_replaced(row) else LEAVE
    if name := malformed(row):
        date = row["date"] if isinstance(row.get("date"), Mapping) else {}
        whole = {**row, "date": {name: at for name, at in date.items() if isinstance(at, str)}, "errors": []}
        return Course("move", row=ended(whole, "FAILED", f"malformed {name}", now))
    return None


def course(row: Row, facts: Facts, now: datetime, attempts: int) -> Course:
    """What is to be done with one that waits to be sent; the first reason that holds ends it."""
    if is_replaced(row):  # and whoever did it may not have come to tell its fan anew
        return Course("move", row=row, anew=sale_moved(row, facts) and _soon(facts.sale, now))
    if sale_moved(row, facts):
        return Course("move", row=ended(row, "EXPIRED", SALE_MOVED, now), anew=_soon(facts.sale, now))
    if deadline(row) <= now:
        return Course("move", row=ended(row, "EXPIRED", SALE_STARTED, now))
    if reason := refusal(row, facts):
        return Course("move", row=ended(row, "FAILED", reason, now))
    if row.get("sendAttempts", 0) >= attempts:
        return Course("move", row=ended(row, "FAILED", SPENT, now))
    if "notBefore" in row and moment(row["notBefore"]) > now:
        return Course("wait", until=moment(row["notBefore"]))
    return SEND


def deadline(row: Row) -> datetime:
    """From when on it may not be sent."""
    return moment(row["saleStartDateTime"]) - TOO_LATE


def is_replaced(row: Row) -> bool:
    """Whether another notification may take its place."""
    told = row.get("status")
    return isinstance(told, Mapping) and told.get("id") == "EXPIRED" and row.get("expiredReason") == SALE_MOVED


def sale_moved(row: Row, facts: Facts) -> bool:
    starts = _starts(facts.sale) if facts.sale else None
    return starts is not None and starts != moment(row["saleStartDateTime"])


def refusal(row: Row, facts: Facts) -> str | None:
    """Why it may not be sent to its fan, or at all."""
    if reason := suppressed(facts):
        return f"suppressed_{reason}"
    if facts.demand is None:
        return "forgotten"
    if facts.opted_out:
        return "opted_out"
    method = str(row["contactMethod"])
    return None if row.get(ADDRESS.get(method, "")) and row.get(CONTENT.get(method, "")) else "no_address"


def suppressed(facts: Facts) -> str | None:
    """The code of its sale, or its event; a sale that is gone is no sale."""
    if facts.sale is None:
        return "withdrawn"
    if reason := _reason(facts.sale):
        return reason
    told = _reason(facts.event) if facts.event else None
    return None if told == "all_sales" else told  # which its sale would say, too


def ended(row: Row, status: Literal["FAILED", "EXPIRED"], reason: str, now: datetime, **error: Any) -> Row:
    """One that will not be sent. One that may have been is unknown until an event, or the sale's start, settles it; but not
    one whose sale has moved: another takes its place.
    """
    known = status if reason == SALE_MOVED or not row.get("mayHaveSent") else "UNKNOWN"
    expired = reason if known == "EXPIRED" else None
    told = {**error, "reason": reason}
    return moved(row, known, now, lease=None, notBefore=None, expiredReason=expired, error=told)


def claimed(row: Row, holder: str, now: datetime) -> Row:
    """In our hands, and about to be called for once more."""
    lease = {"holder": holder, "until": milliseconds(now + LEASE)}
    return moved(row, "SENDING", now, lease=lease, notBefore=None, sendAttempts=row.get("sendAttempts", 0) + 1)


def given_back(row: Row, now: datetime, until: datetime) -> Row:
    """One that was claimed, and nobody has looked at it: its call does not count. It comes again `until`, by the table's stream;
    without that instant it would be at once, and again, and again.
    """
    again = min(until, max(now, deadline(row)))
    return moved(row, "RETRY", now, lease=None, sendAttempts=max(0, row["sendAttempts"] - 1), notBefore=iso(again))


def is_held_by(row: Row, holder: str) -> bool:
    return status_of(row) == "SENDING" and (row.get("lease") or {}).get("holder") == holder


def late_fan(row: Row, now: datetime) -> dict[str, Any]:
    """What the generator is told of a fan whose sale has moved."""
    return {
        "time": iso(now),
        "eventId": row["eventId"],
        "saleId": row["saleId"],
        "fanIds": [row["fanId"]],
        "until": iso(now + LEAD),
    }


def milliseconds(at: datetime) -> int:
    """Epoch milliseconds, as leases are kept."""
    return round(at.timestamp() * 1000)


def _soon(sale: Row | None, now: datetime) -> bool:
    """Its fans are told now or never: a later sale has a window of its own."""
    starts = _starts(sale) if sale else None
    return starts is not None and now + TOO_LATE < starts <= now + LEAD


def _starts(sale: Row) -> datetime | None:
    """None: its row, which others may have written, does not say."""
    try:
        return moment(sale.get("saleStartDateTime", ""))
    except Rejected:
        return None


def _reason(row: Mapping[str, Any]) -> str | None:
    return row.get("suppressionReason") or ("suppressed" if row.get("isSuppressed") else None)

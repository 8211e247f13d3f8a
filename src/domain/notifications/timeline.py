"""All that is kept about a fan and a sale in, one story in the order of time out: why a reminder came, or did not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.notifications.demand import Demand
from domain.notifications.events import Event, Sale
from domain.notifications.instants import iso

HALF_HOUR = timedelta(minutes=30)
ON_THEIR_WAY = frozenset({"TRIGGERED", "QUEUED", "SENT"})  # carriers may never say more
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What the tables say. `opted_out`: since when, by way of contact; `mark`: up to which sale start windows have been opened."""

    demand: Row | None
    notifications: Sequence[Row]
    event: Event | None
    sale: Sale | None
    opted_out: Mapping[str, str]
    mark: str | None


@dataclass(frozen=True, slots=True)
class Moment:
    """`at` is ISO text, so that they sort; empty where no time is known. No address is in it."""

    at: str
    what: str
    detail: str = ""


def timeline(known: Known) -> list[Moment]:
    """Oldest first; what has no time stands at the end."""
    found = [*_of_demand(known.demand), *_of_sale(known), *_of_notifications(known.notifications), *_opt_outs(known)]
    return sorted(found, key=lambda it: (not it.at, it.at))


def verdicts(known: Known, now: datetime) -> list[str]:
    """One sentence a way of contact, or one for all where nothing was decided."""
    if known.notifications:
        return [_verdict(row) for row in known.notifications]
    if known.demand is None:
        return ["the fan has not asked to be reminded of this sale, or has taken it back"]
    if known.sale is None:
        return ["the sale is not known: its event was never read from the vendor, or has no such sale"]
    if reason := known.sale.suppressed or (known.event and known.event.suppressed):
        return [f"suppressed: {reason}"]
    opens = opening(known.sale.starts)
    if now < opens:
        return [f"not yet: the sale's window opens at {iso(opens)}"]
    if known.mark is None or known.mark < iso(known.sale.starts):
        return [f"the window should have opened at {iso(opens)}, and no run of the scheduler has come so far"]
    return [
        "its window is open, and no reminder was made: told by another sale of that instant, in quiet hours, or still queued"
    ]


def opening(starts: datetime) -> datetime:
    """The half hour at which a sale's window opens: the 09:30 run has those that start after 09:30, up to 10:00."""
    midnight = starts.replace(hour=0, minute=0, second=0, microsecond=0)
    slots = -(-(starts - midnight) // HALF_HOUR)
    return midnight + (slots - 1) * HALF_HOUR


def half_hour(at: datetime) -> datetime:
    """The one that an instant lies in, by its begin."""
    return at - (at - at.replace(hour=0, minute=0, second=0, microsecond=0)) % HALF_HOUR


def _verdict(row: Row) -> str:
    status, errors = row["status"]["id"], row.get("errors") or [{}]
    why = errors[-1].get("reason") if status in ("FAILED", "EXPIRED", "UNKNOWN", "RETRY") else None
    if status in ON_THEIR_WAY:
        why = "taken, not confirmed so far"
    return f"{row['contactMethod']}: {status}" + (f", {why}" if why else "")


def _of_demand(row: Row | None) -> Iterator[Moment]:
    if row is None:
        return
    dates = row.get("date") or {}
    yield Moment(dates.get("requested", ""), "asked to be reminded", "by " + " and ".join(Demand.of(row).methods))
    for name, what in {"updated": "changed", "triggered": "first sent", "notified": "first delivered"}.items():
        if name in dates:
            yield Moment(dates[name], what)


def _of_sale(known: Known) -> Iterator[Moment]:
    if known.event:
        yield Moment(iso(known.event.first_seen), "event known", known.event.name)
    if known.event and known.event.suppressed:
        yield Moment(iso(known.event.updated), "event suppressed", known.event.suppressed)
    if known.sale is None:
        return
    if known.sale.suppressed:
        yield Moment(iso(known.event.updated) if known.event else "", "sale suppressed", known.sale.suppressed)
    yield Moment(iso(opening(known.sale.starts)), "window opens")
    yield Moment(iso(known.sale.starts), "sale begins", known.sale.name)


def _of_notifications(rows: Iterable[Row]) -> Iterator[Moment]:
    for row in rows:
        method, dates = row["contactMethod"], row.get("date") or {}
        for name, at in dates.items():
            if name != "updated":
                yield Moment(at, f"{method} {name}", _attempts(row) if name == "triggered" else "")
        for error in row.get("errors") or ():
            code = error.get("statusCode")
            yield Moment(
                error.get("timestamp", ""), f"{method} error", f"{code} {error['reason']}" if code else error["reason"]
            )
        if row["status"]["id"] in ("SENDING", "RETRY", "UNKNOWN"):
            yield Moment(row["status"]["date"], f"{method} {row['status']['id'].lower()}", _attempts(row))


def _opt_outs(known: Known) -> Iterator[Moment]:
    return (Moment(at, f"{method} opted out") for method, at in known.opted_out.items())


def _attempts(row: Row) -> str:
    tries = row.get("sendAttempts", 0)
    return f"{tries} {'try' if tries == 1 else 'tries'}"

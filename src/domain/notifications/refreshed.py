"""What is kept of an event and what the vendor says of it now in, its rows as they then stand out: rows that say the same stay."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.errors import Rejected
from domain.notifications.events import Event, Sale
from domain.notifications.instants import iso, moment
from domain.notifications.suppression import CANCELLED, WITHDRAWN

Row = Mapping[str, Any]
# What we write, and so may take away; everything else of a row belongs to others, `shortUrl` and `date` have rules of their own.
OF_EVENT = frozenset(
    {
        *("PK", "SK", "type", "id", "name", "url", "locale", "isSuppressed", "suppressionReason", "eventDate"),
        *("statusCode", "classifications", "venues", "attractions", "images"),
    }
)
OF_SALE = frozenset(
    {
        *("PK", "SK", "type", "id", "eventId", "name", "saleTypes", "saleStartDateTime", "saleStartDate"),
        *("saleEndDateTime", "isSuppressed", "suppressionReason"),
    }
)


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows of an event, whoever wrote them; its sales by id."""

    event: Row | None = None
    sales: Mapping[str, Row] = field(default_factory=dict)

    @property
    def there(self) -> bool:
        """Whether there is an event's row that can be read."""
        return self.read()[0] is not None

    @property
    def checked(self) -> datetime | None:
        """When the vendor was asked, at the least: its answer was written then. None: nothing is kept, or it does not say."""
        updated = _instants(self.event or {}).get("updated")
        return moment(updated) if updated and self.there else None

    def read(self) -> tuple[Event | None, tuple[Sale, ...]]:
        """As values, the sales by their start. A row of others that cannot be read is none."""
        event = _readable(Event.of, [self.event] if self.event else [])
        sales = _readable(Sale.of, self.sales.values())
        return next(iter(event), None), tuple(sorted(sales, key=lambda it: (it.starts, it.id)))


def refreshed(kept: Kept, event: Event, sales: Iterable[Sale], at: datetime) -> Kept:
    """After an answer of the vendor's. A sale ahead that it has no more is withdrawn, one that has begun stays as it was."""
    told = {it.id: it for it in sales}
    withdrawn = {it.id: it for it in _ahead(kept, at) if it.id not in told}
    rows: dict[str, Row] = dict(kept.sales)
    rows |= {id: _suppressed(kept.sales[id], WITHDRAWN) for id in withdrawn}
    rows |= {id: _over(kept.sales.get(id, {}), it.row(), OF_SALE) for id, it in told.items()}
    gone = tuple(Sale.of(rows[id]) for id in withdrawn)
    return Kept(_event(kept.event, event.row((*told.values(), *gone)), at), rows)


def gone(kept: Kept, at: datetime) -> Kept:
    """After the vendor has said that it has no such event any more: all that is ahead of it is cancelled."""
    assert kept.event is not None
    ahead = {it.id for it in _ahead(kept, at)}
    sales = {id: _suppressed(row, CANCELLED) if id in ahead else row for id, row in kept.sales.items()}
    says = {name: it for name, it in _suppressed(kept.event, CANCELLED).items() if name in OF_EVENT}
    return Kept(_event(kept.event, {**says, "statusCode": CANCELLED, "date": {"firstSeen": iso(at)}}, at), sales)


def _ahead(kept: Kept, at: datetime) -> list[Sale]:
    """Of those whose rows lie under their own ids: another system's need not, and are left to it."""
    own = (row for id, row in kept.sales.items() if row.get("id") == id)
    return [it for it in _readable(Sale.of, own) if it.starts > at]


def _event(old: Row | None, new: Row, at: datetime) -> Row:
    """`date.firstSeen` is never told anew, and `date.updated` only with something else."""
    was = old or {}
    row = _over(was, {name: it for name, it in new.items() if name != "date"}, OF_EVENT)
    if old is not None and row == was and "updated" in _instants(was):
        return old
    return {**row, "date": {"firstSeen": new["date"]["firstSeen"], **_instants(was), "updated": iso(at)}}


def _instants(row: Row) -> dict[str, str]:
    """Of `date`, what can be read as such."""
    dates = row.get("date")
    return {name: at for name, at in dates.items() if _readable(moment, [at])} if isinstance(dates, Mapping) else {}


def _suppressed(row: Row, code: str) -> Row:
    return {**row, "isSuppressed": True, "suppressionReason": code}


def _over(old: Row, new: Row, ours: frozenset[str]) -> dict[str, Any]:
    return {**{name: it for name, it in old.items() if name not in ours}, **new}


def _readable(of: Any, rows: Iterable[Any]) -> list[Any]:
    found = []
    for row in rows:
        try:
            found.append(of(row))
        except (KeyError, TypeError, AttributeError, ValueError, Rejected):
            continue
    return found

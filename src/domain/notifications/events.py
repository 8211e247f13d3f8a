"""Rows of the Demand table in, an event and its sales out, and back: what reminders are about (reference/ticketing.md, 2.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from domain.notifications.instants import iso, moment
from domain.notifications.keys import event_row, sale_row

Row = Mapping[str, Any]
PUBLIC = "PUBLIC"  # the sale type of the one sale that is for everybody


@dataclass(frozen=True, slots=True)
class Venue:
    """`zone` an IANA name; `country` ISO 3166 alpha-2. Anything may be unknown."""

    id: str | None = None
    name: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    zone: str | None = None

    def row(self) -> dict[str, Any]:
        told = {
            "id": self.id,
            "name": self.name,
            "city": _nested("name", self.city),
            "state": _nested("stateCode", self.state),
            "country": _nested("countryCode", self.country),
            "timezone": self.zone,
        }
        return _known(told)

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            row.get("id"),
            row.get("name"),
            _inner(row, "city", "name"),
            _inner(row, "state", "stateCode"),
            _inner(row, "country", "countryCode"),
            row.get("timezone"),
        )


@dataclass(frozen=True, slots=True)
class Image:
    """The one for the mail; sizes in pixels."""

    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Sale:
    """`types`: PUBLIC, or what its name says it is for, most telling first. `suppressed`: the reason's code, or None."""

    id: str
    event_id: str
    name: str
    types: tuple[str, ...]
    starts: datetime
    ends: datetime | None = None
    suppressed: str | None = None

    @property
    def public(self) -> bool:
        return PUBLIC in self.types

    def row(self) -> dict[str, Any]:
        """Its item of the Demand table, whole."""
        told = {
            **sale_row(self.event_id, self.id).attributes(),
            "type": "sale",
            "id": self.id,
            "eventId": self.event_id,
            "name": self.name,
            "saleTypes": list(self.types),
            "saleStartDateTime": iso(self.starts),
            "saleStartDate": iso(self.starts)[:10],
            "saleEndDateTime": iso(self.ends) if self.ends else None,
            "isSuppressed": self.suppressed is not None,
            "suppressionReason": self.suppressed,
        }
        return _known(told)

    @classmethod
    def of(cls, row: Row) -> Self:
        """Rejected: its start is no instant. A row that others wrote may have no types and no reason."""
        ends = row.get("saleEndDateTime")
        told = row.get("suppressionReason") or ("suppressed" if row.get("isSuppressed") else None)
        return cls(
            row["id"],
            row["eventId"],
            row.get("name") or "",
            tuple(row.get("saleTypes") or ()),
            moment(row["saleStartDateTime"]),
            moment(ends) if ends else None,
            told,
        )


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it is kept. `suppressed`: the code of the rule that hits it as a whole, or None; `status` the vendor's word
    (onsale, offsale, rescheduled, cancelled, postponed); `segment` the first classification's; `zone` the event's own, else its venue's.

    `starts` None: only `local_date` (YYYY-MM-DD) is known, or not even that. `updated`: when the vendor said all this.
    """

    id: str
    name: str
    url: str
    updated: datetime
    first_seen: datetime
    locale: str | None = None
    short_url: str | None = None
    artist_id: str | None = None
    artist: str | None = None
    attractions: tuple[tuple[str, str], ...] = ()
    venue: Venue = Venue()
    zone: str | None = None
    starts: datetime | None = None
    local_date: str | None = None
    status: str | None = None
    segment: str | None = None
    image: Image | None = None
    suppressed: str | None = None

    def row(self, sales: tuple[Sale, ...] = ()) -> dict[str, Any]:
        """Its item of the Demand table. It is suppressed when a rule hits it, or all its `sales` are."""
        all_are = bool(sales) and all(it.suppressed for it in sales)
        reason = self.suppressed or ("all_sales" if all_are else None)
        start = {"dateTime": iso(self.starts) if self.starts else None, "localDate": self.local_date}
        told = {
            **event_row(self.id).attributes(),
            "type": "event",
            "id": self.id,
            "name": self.name,
            "url": self.url,
            "shortUrl": self.short_url,
            "locale": self.locale,
            "isSuppressed": reason is not None,
            "suppressionReason": reason,
            "eventDate": _known({"start": _known(start), "timezone": self.zone}),
            "date": {"firstSeen": iso(self.first_seen), "updated": iso(self.updated)},
            "statusCode": self.status,
            "classifications": [{"segment": {"name": self.segment}}] if self.segment else None,
            "venues": [self.venue.row()] if self.venue != Venue() else None,
            "attractions": [{"id": id, "name": name} for id, name in self.attractions] or None,
            "images": [{"url": it.url, "width": it.width, "height": it.height} for it in [self.image] if it] or None,
        }
        return _known(told)

    @classmethod
    def of(cls, row: Row) -> Self:
        """What a row says, be it ours or another system's: only `id` must be in it. Rejected: a time in it is no instant."""
        when, dates = row.get("eventDate") or {}, row.get("date") or {}
        attractions = tuple((it.get("id") or "", it.get("name") or "") for it in row.get("attractions") or ())
        venues, images = row.get("venues") or (), row.get("images") or ()
        venue = Venue.of(venues[0]) if venues else Venue()
        reason = row.get("suppressionReason") or ("suppressed" if row.get("isSuppressed") else None)
        updated = moment(dates.get("updated") or dates.get("firstSeen") or "1970-01-01T00:00:00Z")
        starts = _inner(when, "start", "dateTime")
        first = attractions[0] if attractions else (None, None)
        return cls(
            id=row["id"],
            name=row.get("name") or "",
            url=row.get("url") or "",
            updated=updated,
            first_seen=moment(dates["firstSeen"]) if dates.get("firstSeen") else updated,
            locale=row.get("locale"),
            short_url=row.get("shortUrl"),
            artist_id=first[0],
            artist=first[1],
            attractions=attractions,
            venue=venue,
            zone=when.get("timezone") or venue.zone,
            starts=moment(starts) if starts else None,
            local_date=_inner(when, "start", "localDate"),
            status=row.get("statusCode"),
            segment=_segment(row.get("classifications") or ()),
            image=Image(images[0]["url"], images[0]["width"], images[0]["height"]) if images else None,
            suppressed=None if reason == "all_sales" else reason,
        )


def _segment(classifications: Any) -> str | None:
    return _inner(classifications[0], "segment", "name") if classifications else None


def _inner(row: Row, outer: str, name: str) -> Any:
    found = row.get(outer)
    return found.get(name) if isinstance(found, Mapping) else None


def _nested(name: str, value: str | None) -> dict[str, str] | None:
    return {name: value} if value else None


def _known(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}

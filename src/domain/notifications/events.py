"""Rows of the Demand table in, an event and its sales out, and back: what reminders are about (reference/ticketing.md, 2.5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from domain.notifications.instants import iso, moment
from domain.notifications.keys import event_row, sale_row
from domain.notifications.row_parts import Row, first, inner, known, nested

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
            "city": nested("name", self.city),
            "state": nested("stateCode", self.state),
            "country": nested("countryCode", self.country),
            "timezone": self.zone,
        }
        return known(told)

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            row.get("id"),
            row.get("name"),
            inner(row, "city", "name"),
            inner(row, "state", "stateCode"),
            inner(row, "country", "countryCode"),
            row.get("timezone"),
        )


@dataclass(frozen=True, slots=True)
class Image:
    """The one for the mail; sizes in pixels."""

    url: str
    width: int
    height: int

    @classmethod
    def of(cls, row: Row) -> Self | None:
        url, width, height = (row.get(name) for name in ("url", "width", "height"))
        return cls(url, width, height) if url and width and height else None


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
        return known(told)

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
            moment(row.get("saleStartDateTime") or ""),
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
            "eventDate": known({"start": known(start), "timezone": self.zone}),
            "date": {"firstSeen": iso(self.first_seen), "updated": iso(self.updated)},
            "statusCode": self.status,
            "classifications": [{"segment": {"name": self.segment}}] if self.segment else None,
            "venues": [self.venue.row()] if self.venue != Venue() else None,
            "attractions": [{"id": id, "name": name} for id, name in self.attractions] or None,
            "images": [{"url": it.url, "width": it.width, "height": it.height} for it in [self.image] if it] or None,
        }
        return known(told)

    @classmethod
    def of(cls, row: Row) -> Self:
        """What a row says, be it ours or another system's: only `id` must be in it. Rejected: a time in it is no instant."""
        when, dates = row.get("eventDate") or {}, row.get("date") or {}
        attractions = tuple((it.get("id") or "", it.get("name") or "") for it in row.get("attractions") or ())
        venue = Venue.of(first(row, "venues"))
        reason = row.get("suppressionReason") or ("suppressed" if row.get("isSuppressed") else None)
        updated = moment(dates.get("updated") or dates.get("firstSeen") or "1970-01-01T00:00:00Z")
        return cls(
            id=row["id"],
            name=row.get("name") or "",
            url=row.get("url") or "",
            updated=updated,
            first_seen=moment(dates["firstSeen"]) if dates.get("firstSeen") else updated,
            locale=row.get("locale"),
            short_url=row.get("shortUrl"),
            artist_id=attractions[0][0] or None if attractions else None,
            artist=attractions[0][1] or None if attractions else None,
            attractions=attractions,
            venue=venue,
            zone=when.get("timezone") or venue.zone,
            starts=moment(starts) if (starts := inner(when, "start", "dateTime")) else None,
            local_date=inner(when, "start", "localDate"),
            status=row.get("statusCode"),
            segment=inner(first(row, "classifications"), "segment", "name"),
            image=Image.of(first(row, "images")),
            suppressed=None if reason == "all_sales" else reason,
        )

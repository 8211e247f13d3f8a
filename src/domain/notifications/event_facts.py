"""An event of the Discovery API v2 in, what we keep of it out, its sales aside; unknown keys, and values of another kind, are left out."""

from datetime import datetime
from typing import Any

from domain.errors import Rejected
from domain.notifications.events import Event, Venue
from domain.notifications.locales import tag
from domain.notifications.posters import poster
from domain.notifications.vendor_values import address, code, day, identifier, instant, part, parts, said, text

_ZONE = r"[A-Za-z][\w+-]{0,31}(/[\w+-]{1,32}){0,2}"  # of the IANA database, as far as its spelling tells
_UNDATED = ("dateTBD", "dateTBA")
_TIMELESS = ("timeTBA", "noSpecificTime")


def event_of(document: Any, at: datetime) -> Event:
    """Its first attraction is the artist; `at` is when the vendor said so. Rejected: it has no id that keys can be made of."""
    id = identifier(document, "id")
    if id is None:
        raise Rejected("an event of the vendor must be a mapping with an id of letters and digits, 64 at most")
    venue, attractions, url = _venue(document), _attractions(document), address(document, "url")
    artist_id, artist = attractions[0] if attractions else (None, None)
    return Event(
        id=id,
        name=text(document, "name") or artist or "",
        url=url.geturl() if url else "",
        updated=at,
        first_seen=at,
        locale=tag(part(document, "locale")),
        artist_id=artist_id or None,
        artist=artist or None,
        attractions=attractions,
        venue=venue,
        zone=code(document, _ZONE, "dates", "timezone") or venue.zone,
        starts=_starts(document),
        local_date=_local_date(document),
        status=text(document, "dates", "status", "code"),
        segment=_segment(document),
        image=poster(document),
    )


def _venue(document: Any) -> Venue:
    venues = parts(document, "_embedded", "venues")
    if not venues:
        return Venue()
    country = code(venues[0], "[A-Za-z]{2}", "country", "countryCode")
    return Venue(
        id=identifier(venues[0], "id"),
        name=text(venues[0], "name"),
        city=text(venues[0], "city", "name"),
        state=code(venues[0], r"\w{1,8}", "state", "stateCode"),
        country=country.upper() if country else None,
        zone=code(venues[0], _ZONE, "timezone"),
    )


def _attractions(document: Any) -> tuple[tuple[str, str], ...]:
    found = [(identifier(it, "id") or "", text(it, "name") or "") for it in parts(document, "_embedded", "attractions")]
    return tuple(it for it in found if any(it))


def _starts(document: Any) -> datetime | None:
    start = part(document, "dates", "start")
    return None if any(said(start, flag) for flag in (*_UNDATED, *_TIMELESS)) else instant(start, "dateTime")


def _local_date(document: Any) -> str | None:
    start = part(document, "dates", "start")
    return None if any(said(start, flag) for flag in _UNDATED) else day(start, "localDate")


def _segment(document: Any) -> str | None:
    """Of the primary classification, else of the first that has one."""
    told = parts(document, "classifications")
    named = [(not said(it, "primary"), name) for it in told if (name := text(it, "segment", "name"))]
    return min(named, key=lambda it: it[0])[1] if named else None

"""What an event is about and when it goes on sale in, its document out, as the Discovery API has it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Document = dict[str, Any]
PLACES: Mapping[str, tuple[str, str, str, str]] = {  # state, its code, country, zone
    "Los Angeles": ("California", "CA", "US", "America/Los_Angeles"),
    "New York": ("New York", "NY", "US", "America/New_York"),
    "Chicago": ("Illinois", "IL", "US", "America/Chicago"),
    "Toronto": ("Ontario", "ON", "CA", "America/Toronto"),
    "Montréal": ("Québec", "QC", "CA", "America/Toronto"),
    "Cancún": ("Quintana Roo", "ROO", "MX", "America/Cancun"),
    "London": ("", "", "GB", "Europe/London"),
}
NAMES = {"US": "United States Of America", "CA": "Canada", "MX": "Mexico", "GB": "Great Britain"}


def event_document(
    id: str,
    *,
    artist: str,
    onsale: datetime | None,
    presales: Mapping[str, datetime] | None = None,
    city: str = "Los Angeles",
    venue: str = "Harbour Hall",
    starts: datetime | None = None,
    segment: str = "Music",
    status: str = "onsale",
    attraction: str | None = None,
) -> Document:
    """`onsale` is the public sale's start, `presales` theirs by name; each presale ends when the public one starts. The event itself
    is on 60 days after unless told when."""
    known = [at for at in (onsale, *(presales or {}).values()) if at]
    begins = starts or max(known, default=datetime(2026, 12, 1, tzinfo=UTC)) + timedelta(days=60)
    state, code, country, zone = PLACES[city]
    at = begins.astimezone(ZoneInfo(zone))
    return {
        "name": f"{artist} Live",
        "type": "event",
        "id": id,
        "test": False,
        "url": f"https://tickets.example.com/event/{id}",
        "locale": "en-us",
        "images": images(id),
        "sales": _sales(onsale, presales or {}, begins),
        "dates": {
            "start": {
                "localDate": f"{at:%Y-%m-%d}",
                "localTime": f"{at:%H:%M:%S}",
                "dateTime": instant(begins),
                **dict.fromkeys(("dateTBD", "dateTBA", "timeTBA", "noSpecificTime"), False),
            },
            "timezone": zone,
            "status": {"code": status},
            "spanMultipleDays": False,
        },
        "classifications": [{"primary": True, "segment": {"id": f"seg-{segment}", "name": segment}}],
        "promoter": {"id": "1"},
        "_embedded": {
            "venues": [_venue(venue, city, (state, code), country, zone)],
            "attractions": [{"name": artist, "type": "attraction", "id": attraction or f"artist-{id}", "test": False}],
        },
    }


def images(id: str) -> list[Document]:
    """As the vendor has them: one picture in several sizes and shapes."""
    shapes = (("3_2", 1024, 683), ("16_9", 205, 115), ("16_9", 1024, 576), ("16_9", 2048, 1152))
    address = "https://images.example.com/{id}_{width}.jpg"
    return [
        {"ratio": ratio, "url": address.format(id=id, width=width), "width": width, "height": height, "fallback": False}
        for ratio, width, height in shapes
    ]


def instant(at: datetime) -> str:
    """To the second, as the vendor writes it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _sales(onsale: datetime | None, presales: Mapping[str, datetime], begins: datetime) -> Document:
    public = {"startDateTime": instant(onsale), "startTBD": False, "endDateTime": instant(begins)} if onsale else {}
    ends = instant(onsale or begins)
    told = [{"name": name, "startDateTime": instant(at), "endDateTime": ends} for name, at in presales.items()]
    return {"public": public, **({"presales": told} if told else {})}


def _venue(name: str, city: str, state: tuple[str, str], country: str, zone: str) -> Document:
    named = {"state": {"name": state[0], "stateCode": state[1]}} if state[1] else {}
    return {
        "name": name,
        "type": "venue",
        "id": f"venue-{city.lower().replace(' ', '-')}",
        "timezone": zone,
        "city": {"name": city},
        **named,
        "country": {"name": NAMES[country], "countryCode": country},
    }

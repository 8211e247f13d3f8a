"""Events as the Discovery API v2 tells them, made to order for tests."""

from datetime import UTC, datetime
from typing import Any

from handlers.notifications.rules import rules

AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
RULES = rules()
VENUE = {
    "id": "KovZpZA1",
    "name": "Blue Hall",
    "timezone": "America/Los_Angeles",
    "city": {"name": "Los Angeles"},
    "state": {"name": "California", "stateCode": "CA"},
    "country": {"name": "United States Of America", "countryCode": "US"},
}
ATTRACTION = {"id": "K8vZ1", "name": "The Lanterns", "type": "attraction"}


def sale(name: str | None = None, starts: Any = "2026-12-03T18:00:00Z", **more: Any) -> dict[str, Any]:
    told = {"name": name, "startDateTime": starts, **more}
    return {key: value for key, value in told.items() if value is not None}


def image(width: Any, height: Any, name: str = "a.jpg", **more: Any) -> dict[str, Any]:
    return {"url": f"https://img.example.com/{name}", "width": width, "height": height, "fallback": False, **more}


def vendor_event(*presales: Any, **changes: Any) -> dict[str, Any]:
    """With a public sale on 4 December 2026 at 18:00 UTC; a change to None leaves its key out."""
    told = {
        "id": "Z7r9jZ1A7",
        "name": "The Lanterns: Winter Tour",
        "url": "https://tickets.example.com/event/Z7r9jZ1A7",
        "locale": "en-us",
        "images": [image(1024, 576)],
        "sales": {"public": sale(starts="2026-12-04T18:00:00Z"), "presales": list(presales)},
        "dates": {
            "start": {"localDate": "2027-03-15", "dateTime": "2027-03-16T03:00:00Z"},
            "timezone": "America/Los_Angeles",
            "status": {"code": "onsale"},
        },
        "classifications": [{"primary": True, "segment": {"name": "Music"}}],
        "_embedded": {"venues": [VENUE], "attractions": [ATTRACTION]},
        **changes,
    }
    return {key: value for key, value in told.items() if value is not None}

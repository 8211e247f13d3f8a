"""An event and its sales in, what apps are told of them out: DemandEvent of schemas/graphql/schema.graphql."""

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from domain.notifications.events import Event, Sale
from domain.notifications.instants import iso

# By ISO 3166 code; of the countries that reminders are for. Others are called by their code.
COUNTRIES = MappingProxyType({"CA": "Canada", "US": "United States"})


def demand_event(event: Event, sales: Sequence[Sale]) -> dict[str, Any]:
    """Every field is there, null where nothing is known. `isSuppressed`: the event as a whole, or all of its sales."""
    reason = event.suppressed or ("all_sales" if sales and all(it.suppressed for it in sales) else None)
    return {
        "id": event.id,
        "name": event.name,
        "startDateTime": _told(event.starts),
        "venue": _venue(event),
        "isSuppressed": reason is not None,
        "suppressionReason": reason,
        "url": event.url or None,
        "shortUrl": event.short_url,
        "imageUrl": event.image.url if event.image else None,
        "sales": [_sale(it) for it in sales],
        "marketEventId": event.id,
    }


def _venue(event: Event) -> dict[str, str | None]:
    venue = event.venue
    return {
        "id": venue.id,
        "name": venue.name,
        "timezone": venue.zone or event.zone,
        "city": venue.city,
        "state": venue.state,
        "country": COUNTRIES.get(venue.country or "", venue.country),
        "countryCode": venue.country,
    }


def _sale(sale: Sale) -> dict[str, Any]:
    return {
        "id": sale.id,
        "name": sale.name,
        "saleTypes": list(sale.types),
        "startDateTime": iso(sale.starts),
        "endDateTime": _told(sale.ends),
        "isSuppressed": sale.suppressed is not None,
        "suppressionReason": sale.suppressed,
    }


def _told(at: datetime | None) -> str | None:
    return iso(at) if at else None

"""An event, a sale or an hour in, the code of the rule that forbids a reminder out, or None (reference/ticketing.md, 2.4)."""

from datetime import datetime, tzinfo

from domain.notifications.events import Event, Sale
from domain.notifications.rules import Rules, segment_of

ARTIST, CANCELLED, REGISTRATION, QUIET_HOURS = "artist", "cancelled", "registration", "quiet_hours"
COUNTRY, UNKNOWN_COUNTRY = "country", "unknown_country"
CLASSIFICATION, UNKNOWN_CLASSIFICATION = "classification", "unknown_classification"
WITHDRAWN = "withdrawn"  # the vendor has the sale no more; told by who compares its answers
UNDEFINED = "undefined"  # the vendor's word for a segment that nobody has told it


def suppressed_event(event: Event, rules: Rules) -> str | None:
    """The first rule that hits the event as a whole: what was decided on purpose comes before what is merely not supported."""
    if any(id in rules.suppression.artists for id in (event.artist_id, *(id for id, _ in event.attractions))):
        return ARTIST
    if (event.status or "").casefold() in rules.suppression.statuses:
        return CANCELLED
    return _country(event, rules) or _classification(event, rules)


def suppressed_sale(sale: Sale, event: Event, rules: Rules) -> str | None:
    """The rule that hits its event, else the one that hits it alone. A row that others wrote is typed by its name."""
    if event.suppressed is not None:
        return event.suppressed
    types = sale.types or rules.sale_types.types(sale.name)
    return None if rules.suppression.sale_types.isdisjoint(types) else REGISTRATION


def quiet(rules: Rules, method: str, at: datetime, zone: tzinfo | None) -> bool:
    """No reminder by this method at this instant. Without a zone nobody knows the hour: then it is not quiet, as sales open by day."""
    hours = rules.suppression.quiet
    if hours is None or zone is None or method not in hours.methods:
        return False
    return hours.hold(at.astimezone(zone).time())


def _country(event: Event, rules: Rules) -> str | None:
    if not event.venue.country:
        return UNKNOWN_COUNTRY
    return None if event.venue.country.upper() in rules.suppression.countries else COUNTRY


def _classification(event: Event, rules: Rules) -> str | None:
    segment = segment_of(event.segment or "")
    if segment in ("", UNDEFINED):
        return UNKNOWN_CLASSIFICATION
    return None if segment in rules.suppression.segments else CLASSIFICATION

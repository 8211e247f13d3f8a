"""A change's image in, the date of the partition its row belongs to out: the item's own date, never the day we are at work."""

from functools import lru_cache

from domain.archive.attributes import inner, text
from domain.archive.change import Image
from domain.archive.places import FIRST_DATE, YEARS_AHEAD
from domain.archive.refusal import refused
from domain.archive.times import day_of

FIRST = FIRST_DATE.isoformat()


def partition_date(kind: str, image: Image, at: str) -> str:
    """YYYY-MM-DD in UTC. A date that no query could see goes to the first partition; the row keeps its true one.

    Refused: the item's date cannot be read, or is not there.
    """
    path, told = _date(kind, image)
    if told is None:
        if kind == "event":
            return at[:10]
        raise refused("missing_field", f"{kind}: {path} is missing", kind, path)
    try:
        day = day_of(told)
    except ValueError as error:
        raise refused("bad_date", f"{kind}: {path}: {error}", kind, path) from None
    return day if FIRST <= day <= _last(at[:10]) else FIRST


def has_date(kind: str, image: Image) -> bool:
    """Whether the item itself says where its rows belong, rightly or not."""
    return _date(kind, image)[1] is not None


def _date(kind: str, image: Image) -> tuple[str, str | None]:
    """Which field says it, and what it says."""
    match kind:
        case "demand":
            return "date.requested", text(inner(image, "date"), "requested")
        case "notification":
            return "date.created", text(inner(image, "date"), "created")
        case "sale":
            return "saleStartDateTime", text(image, "saleStartDateTime")
    first_seen = text(inner(image, "date"), "firstSeen")
    if first_seen:  # an empty one says as little as none
        return "date.firstSeen", first_seen
    return "eventDate.start.dateTime", text(inner(inner(image, "eventDate"), "start"), "dateTime")


@lru_cache(maxsize=64)
def _last(today: str) -> str:
    return f"{int(today[:4]) + YEARS_AHEAD:04d}{today[4:]}"

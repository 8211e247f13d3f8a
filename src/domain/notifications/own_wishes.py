"""A fan's own wishes in, as they are shown to that fan, page by page, out."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from domain.errors import Rejected
from domain.notifications.demand import methods_of
from domain.notifications.instants import iso, moment
from domain.notifications.keys import DEMAND

Row = Mapping[str, Any]
MOST, USUAL = 100, 50  # wishes of a page
LONGEST = 1024  # bytes of a sort key (DynamoDB)
DATES = ("requested", "triggered", "notified")


def shown(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """No addresses: whoever asks knows them. A row that others wrote, and that tells of no sale, is left out."""
    return [_shown(row) for row in rows if all(isinstance(row.get(it), str) for it in ("fanId", "eventId", "saleId"))]


def limit_of(told: Any) -> int:
    """Rejected: no number of wishes that a page has."""
    if told is None:
        return USUAL
    if type(told) is not int or not 1 <= told <= MOST:
        raise Rejected(f"limit: 1 to {MOST}")
    return told


def token_of(last: str | None) -> str | None:
    """What to go on after; it is of no use to any other fan, whose own wishes are listed by it."""
    return urlsafe_b64encode(last.encode()).decode() if last else None


def after(token: Any) -> str | None:
    """The sort key that a token was made of. Rejected: it was made of none."""
    if token is None:
        return None
    try:
        key = urlsafe_b64decode(token if isinstance(token, str) and len(token) <= 2 * LONGEST else "-").decode()
    except ValueError:  # of base64, or no UTF-8
        key = ""
    if not key.startswith(DEMAND) or len(key.encode()) > LONGEST:
        raise Rejected("nextToken: the one of the page before")
    return key


def _shown(row: Row) -> dict[str, Any]:
    dates = row.get("date")
    told = dates if isinstance(dates, Mapping) else {}
    names = {name: _text(row.get(name)) for name in ("eventName", "saleName", "artistName", "locale")}
    methods = list(methods_of(row.get("contactMethod")))
    times = {name: _time(told.get(name)) for name in DATES}
    return {"eventId": row["eventId"], "saleId": row["saleId"], **names, "contactMethods": methods, **times}


def _text(told: Any) -> str | None:
    return told if isinstance(told, str) else None


def _time(told: Any) -> str | None:
    try:
        return iso(moment(told))
    except (Rejected, OverflowError):
        return None

"""A part of a vendor's document in, the value it should be out, or None: nothing in it is what its contract says until looked at."""

from collections.abc import Mapping
from datetime import date, datetime
from re import ASCII, fullmatch
from typing import Any
from urllib.parse import SplitResult, urlsplit

from domain.errors import Rejected
from domain.notifications.instants import moment
from domain.solicitation.names import shortened, tidy

LONGEST = 200  # characters of a name that a reader sees
LONGEST_ID = 64
LONGEST_URL = 2_000
MOST = 100  # entries of a list that are looked at
_YEARS = range(1970, 2100)  # 1900 is the vendor's word for no time at all, and sums with years near 10000 overflow


def part(document: Any, *path: str) -> Any:
    """What lies at the end of the path; None where a step leads nowhere."""
    for name in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document


def parts(document: Any, *path: str) -> list[Mapping[str, Any]]:
    """The mappings of a list; what else is in it goes."""
    found = part(document, *path)
    return [it for it in found[:MOST] if isinstance(it, Mapping)] if isinstance(found, list) else []


def text(document: Any, *path: str) -> str | None:
    """On one line, of bounded length."""
    found = part(document, *path)
    if not isinstance(found, str):
        return None
    tidied = tidy(found[: LONGEST * 4])
    return shortened(tidied, LONGEST) if tidied else None


def identifier(document: Any, *path: str) -> str | None:
    """One that keys can be made of."""
    found = part(document, *path)
    return found if isinstance(found, str) and fullmatch(rf"[\w.~-]{{1,{LONGEST_ID}}}", found, ASCII) else None


def code(document: Any, pattern: str, *path: str) -> str | None:
    found = part(document, *path)
    return found if isinstance(found, str) and fullmatch(pattern, found, ASCII) else None


def said(document: Any, *path: str) -> bool:
    """A flag that is set, and nothing like it."""
    return part(document, *path) is True


def instant(document: Any, *path: str) -> datetime | None:
    """With its zone, in a year in which tickets are sold."""
    found = part(document, *path)
    try:
        at = moment(found)
    except Rejected:
        return None
    return at if at.year in _YEARS else None


def day(document: Any, *path: str) -> str | None:
    """YYYY-MM-DD."""
    found = code(document, r"\d{4}-\d\d-\d\d", *path)
    try:
        return found if found and date.fromisoformat(found).year in _YEARS else None
    except ValueError:
        return None


def address(document: Any, *path: str) -> SplitResult | None:
    """Of a page or a picture: http or https, at a host, nobody's name or password in it."""
    found = part(document, *path)
    if not isinstance(found, str) or len(found) > LONGEST_URL or not found.isprintable() or " " in found:
        return None
    try:
        split = urlsplit(found)
        whole = split.scheme in ("http", "https") and split.hostname and "@" not in split.netloc and split.port != 0
    except ValueError:
        return None
    return split if whole else None

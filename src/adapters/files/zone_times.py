"""An instant, a zone and a locale in, the clock time, the day and the zone's short name that people there say out, by CLDR."""

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, get_timezone_name

from adapters.files.zones import zone

_BLANKS = str.maketrans(dict.fromkeys("\u00a0\u2009\u202f", " "))  # CLDR's, of which a phone's alphabet has none


def zone_of(*names: str | None) -> ZoneInfo | None:
    """The first of the names that is one of a zone."""
    known = (zone(name) for name in names if name)
    return next((ZoneInfo(it.name) for it in known if it), None)


def formatted(at: datetime, pattern: str, locale: str) -> str:
    """A local time by a pattern of CLDR (UTS #35) in plain blanks."""
    return str(format_datetime(at, pattern, locale=_parsed(locale))).translate(_BLANKS).strip()


def short_name(at: datetime, locale: str) -> str:
    """`PST`, `HNE` in French. Where the locale has none for an aware local time: the sibling's in Canada, the zone's own, `UTC-3:30`."""
    names = (str(get_timezone_name(at, "short", locale=each)) for each in (_parsed(locale), _canadian(locale)))
    return next((name for name in (*names, at.tzname() or "") if name.isalpha()), "") or _offset(at)


def _offset(at: datetime) -> str:
    minutes = (at.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")


@lru_cache(maxsize=16)
def _parsed(locale: str) -> Locale:
    return Locale.parse(locale, sep="-")


@lru_cache(maxsize=16)
def _canadian(locale: str) -> Locale:
    """English and French are both spoken there, and zones named that others do without."""
    return Locale.parse(f"{locale.partition('-')[0]}-CA", sep="-")

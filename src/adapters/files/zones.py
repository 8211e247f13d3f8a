"""A time zone's name in, its rules out, from the IANA database this process has."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from domain.errors import Rejected
from domain.solicitation.ranked import Zone


@cache
def zone(name: str) -> Zone | None:
    """The zone; None for what is no IANA name, as customers' data may hold."""
    return Zone(name, ZoneInfo(name)) if name in _names() else None


def known_zone(name: str) -> Zone:
    """A zone that must be there. Rejected: this process does not know it."""
    found = zone(name)
    if found is None:
        raise Rejected(f"{name} is no time zone that is known here")
    return found


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())

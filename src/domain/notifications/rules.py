"""The documents of the folder `notifications` in, the rules that sales are typed and suppressed by out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from re import fullmatch
from types import MappingProxyType
from typing import Any, Self

from domain.errors import Rejected
from domain.notifications.documents import among, known_keys, words
from domain.notifications.folding import folded
from domain.notifications.keys import METHODS
from domain.notifications.sale_types import TYPES, SaleTypes

_KEYS = ("artists", "countries", "segments", "saleTypes", "eventStatuses", "quietHours")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """By the clock of the event's zone: from `first` on, until `last`; it may pass midnight."""

    first: time
    last: time
    methods: tuple[str, ...]

    @classmethod
    def of(cls, document: Any) -> Self:
        told = known_keys(document, {"from", "to", "contactMethods"}, "quietHours")
        first, last = (_clock(told.get(name), f"quietHours.{name}") for name in ("from", "to"))
        if first == last:
            raise Rejected("quietHours: from and to are the same; leave quietHours out for none")
        methods = words(told.get("contactMethods"), "quietHours.contactMethods")
        return cls(first, last, among(methods, METHODS, "quietHours.contactMethods"))

    def hold(self, clock: time) -> bool:
        if self.first < self.last:
            return self.first <= clock < self.last
        return clock >= self.first or clock < self.last


@dataclass(frozen=True, slots=True)
class Suppression:
    """What reminders are not for. `countries` are the supported ones, ISO 3166 alpha-2; so are `segments`, in one spelling."""

    artists: frozenset[str]
    countries: frozenset[str]
    segments: frozenset[str]
    sale_types: frozenset[str]
    statuses: frozenset[str]
    quiet: QuietHours | None = None

    @classmethod
    def of(cls, document: Any) -> Self:
        """Of the file's document. Rejected: the key, and what is wrong with it."""
        told = known_keys(document, _KEYS, "the file")
        artists, countries, segments, types, statuses = (words(told.get(name), name) for name in _KEYS[:5])
        for country in countries:
            if not fullmatch("[A-Z]{2}", country):
                raise Rejected(f"countries: {country[:40]!r} is no code of two capital letters (ISO 3166)")
        return cls(
            frozenset(artists),
            frozenset(countries),
            frozenset(map(segment_of, segments)),
            frozenset(among(types, TYPES, "saleTypes")),
            frozenset(status.strip().casefold() for status in statuses),
            QuietHours.of(told["quietHours"]) if told.get("quietHours") is not None else None,
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """All that an event is judged by."""

    sale_types: SaleTypes
    suppression: Suppression


def segment_of(name: str) -> str:
    """A segment's name in one spelling: theater is theatre, & is and."""
    return " ".join("theatre" if word == "theater" else word for word in folded(name.replace("&", " and ")).split())


# By the file's name: what checks its document, and makes values of it.
READERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = MappingProxyType(
    {"sale-types": SaleTypes.of, "suppression": Suppression.of}
)


def _clock(found: Any, place: str) -> time:
    """YAML reads 21:00 without quotes as a number of minutes."""
    if not isinstance(found, str) or not fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", found):
        raise Rejected(f'{place}: must be a time of day like "21:00", in quotes')
    return time.fromisoformat(found)

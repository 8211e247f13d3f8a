"""An event, a sale and a fan's locale and market in, the reminder in words out: rendered once, however many fans are told."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from adapters.files.reminder_words import Words, phrases_of, read_words
from adapters.files.zone_times import formatted, short_name, zone_of
from domain.notifications.brands import BRANDS, Brands, brand_of
from domain.notifications.events import Event, Sale
from domain.notifications.locales import locale_of
from domain.notifications.rendering import Rendered, Said, Times, bare, filled, names_of, rendered, variables_of

KEPT = 1024  # renderings; a window has a few hundred sales
_Asked = tuple[str, str, str, str | None, str]


@dataclass(frozen=True)
class ReminderTexts:
    """`folder` is the one named `templates`; `budget` the parts an SMS may have; `brands` by the beginnings of markets' ids."""

    folder: Path
    budget: int = 2
    brands: Brands = field(default_factory=lambda: BRANDS)
    _kept: dict[_Asked, tuple[Event, Sale, Rendered]] = field(default_factory=dict, repr=False, compare=False)

    def render(self, event: Event, sale: Sale, locale: str, market: str | None, link: str) -> Rendered:
        """`link`: with its scheme, as mails show it. An event or a sale that changed in anything is rendered anew."""
        asked = (event.id, sale.id, locale, market, link)
        kept = self._kept.get(asked)
        if kept and (kept[0] is event or kept[0] == event) and (kept[1] is sale or kept[1] == sale):
            return kept[2]
        if len(self._kept) >= KEPT:
            self._kept.clear()
        made = self._rendered(event, sale, locale_of(locale, None, None), brand_of(market, self.brands), link)
        self._kept[asked] = (event, sale, made)
        return made

    def _rendered(self, event: Event, sale: Sale, locale: str, brand: str, link: str) -> Rendered:
        words = words_of(self.folder, locale)
        times = times_of(event, sale, words, locale)
        said = Said(*names_of(event, sale), when_of(words, times.sale, times.zone), brand, bare(link))
        return rendered(phrases_of(words), said, self.budget, variables_of(event, sale, times, brand, link))


def when_of(words: Words, time: str | None, zone: str | None) -> str:
    """`at 10:00 AM PST`; `soon` where no zone is known: a wrong clock time is worse than none."""
    return filled(words["at"], {"time": f"{time} {zone}"}) if time and zone else words["soon"]


def times_of(event: Event, sale: Sale, words: Words, locale: str) -> Times:
    """In the event's zone, else its venue's."""
    zone = zone_of(event.zone, event.venue.zone)
    opens = sale.starts.astimezone(zone) if zone else None
    begins = event.starts.astimezone(zone) if zone and event.starts else None
    day = begins or _local(event.local_date)
    return Times(
        _clock(opens, words, locale) if opens else None,
        short_name(opens, locale) if opens else None,
        formatted(day, words["day"], locale).upper() if day else None,
        formatted(day, words["date"], locale).upper() if day else None,
        _clock(begins, words, locale) if begins else None,
    )


def _clock(at: datetime, words: Words, locale: str) -> str:
    return formatted(at, words["clock" if at.minute else "clockOnTheHour"], locale)


def _local(date: str | None) -> datetime | None:
    """Midnight of a day that is told without a time; None: it is no day."""
    try:
        return datetime.fromisoformat(date[:10]).replace(tzinfo=UTC) if date else None
    except ValueError:
        return None


@lru_cache(maxsize=16)
def words_of(folder: Path, locale: str) -> Words:
    return read_words(folder, locale)

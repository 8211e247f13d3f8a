"""CPU that the words of a reminder cost: ours, rendered once a sale and locale, against Jinja2 with babel for every message."""

import gc
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from babel.dates import format_datetime, get_timezone, get_timezone_name
from jinja2 import DictLoader, Environment, StrictUndefined

from adapters.files.reminder_texts import ReminderTexts
from benchmarks.result import Line, paired
from domain.notifications.events import PUBLIC, Event, Sale, Venue

TEMPLATES = Path(__file__).parents[1] / "templates"
LOCALES = ("en-us", "en-ca", "fr-ca")
LINK = "https://bit.ly/3xYZ"
FANS, BY_PEER, ROUNDS = 50_000, 3_000, 5
GOAL = 12
AT = datetime(2026, 12, 4, 18, tzinfo=UTC)
EVENT = Event(
    "e1",
    "Renaissance Tour",
    "https://www.example.com/e1",
    AT,
    AT,
    artist="Beyoncé",
    venue=Venue("v1", "SoFi Stadium", "Los Angeles", "CA", "US", "America/Los_Angeles"),
    zone="America/Los_Angeles",
    starts=datetime(2027, 3, 13, 4, tzinfo=UTC),
)
SALES = (Sale("s1", "e1", "Public Onsale", (PUBLIC,), AT), Sale("s2", "e1", "Verified Fan Presale", ("VF",), AT))
Render = Callable[[Event, Sale, str], str]


def measure() -> list[Line]:
    check()
    sides: list[tuple[list[float], Callable[[], Render], int]] = [([], _ours, FANS), ([], _peer, BY_PEER)]
    gc.freeze()
    for _ in range(ROUNDS):
        for seconds, begin, fans in sides:
            render = begin()  # what is kept is kept for one sale
            wanted = [*_wanted(fans)]
            begun = process_time()
            for event, sale, locale in wanted:
                render(event, sale, locale)
            seconds.append((process_time() - begun) / fans * 1e6)
    return [paired("reminder: the words of an SMS", "CPU µs per fan", sides[0][0], sides[1][0], goal=GOAL)]


def check() -> None:
    """Only compare what both sides say."""
    ours, peer = _ours(), _peer()
    for event in (EVENT, replace(EVENT, artist="Sigur & Co.", zone="America/Toronto"), replace(EVENT, venue=Venue())):
        for sale in SALES:
            for locale in LOCALES:
                said, theirs = ours(event, sale, locale), peer(event, sale, locale)
                assert said == theirs, f"{locale}: the two sides say different things:\n{said}\n{theirs}"


def _wanted(fans: int) -> Iterator[tuple[Event, Sale, str]]:
    """Fans of one sale, their locales as they come."""
    return ((EVENT, SALES[0], LOCALES[number % len(LOCALES)]) for number in range(fans))


def _ours() -> Render:
    texts = ReminderTexts(TEMPLATES)
    return lambda event, sale, locale: texts.render(event, sale, locale, "TM_US", LINK).sms


def _peer() -> Render:
    """One environment with compiled templates; the time by babel and the text by Jinja2 for each message."""
    words = {locale: json.loads((TEMPLATES / "reminder" / f"{locale}.json").read_bytes()) for locale in LOCALES}
    environment = Environment(
        loader=DictLoader({locale: _template(words[locale]) for locale in LOCALES}),
        undefined=StrictUndefined,
        autoescape=False,  # an SMS is no HTML
    )

    def render(event: Event, sale: Sale, locale: str) -> str:
        zone, language = get_timezone(event.zone), f"{locale[:2]}_{locale[3:].upper()}"
        at = sale.starts.astimezone(zone)
        clock = words[locale]["clock" if at.minute else "clockOnTheHour"]
        time = format_datetime(at, clock, locale=language).replace("\u202f", " ")
        name = get_timezone_name(at, "short", locale=language)
        return environment.get_template(locale).render(
            artist=event.artist,
            sale=None if sale.public else sale.name,
            city=event.venue.city,
            time=f"{time} {name}",
            brand="Ticketmaster",
            link=LINK.removeprefix("https://"),
        )

    return render


def _template(words: dict[str, str]) -> str:
    """A locale's text as one writes it for Jinja2."""
    text = words["sms"].replace("{when}", words["at"])
    for name, key in (("sale", "smsSale"), ("city", "smsCity")):
        text = text.replace(f"{{{name}}}", f"[% if {name} %]{words[key]}[% endif %]")
    text = re.sub(r"\{(\w+)\}", r"{{ \1 }}", text)
    return text.replace("[%", "{%").replace("%]", "%}")

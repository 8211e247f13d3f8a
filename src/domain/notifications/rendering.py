"""An event, a sale and a locale's phrases in, the SMS that keeps to its budget of parts and what a mail shows out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from domain.notifications.events import Event, Sale
from domain.notifications.plain_letters import folded, plain, without_pictures
from domain.notifications.sms_parts import GSM_7, Encoding, encoding_of, measured
from domain.solicitation.names import characters, isolated, shortened, tidy

SLOT = re.compile(r"\{(\w+)\}")
ON_A_LINE = 200  # characters of a name: more is an accident or an attack
SHORTEST = 8  # characters of an artist below which fewer words tell a fan more than fewer letters
_LOOSE_ENDS = " -,.:;&+/("


@dataclass(frozen=True, slots=True)
class Phrases:
    """Of an SMS in one locale. `text` has the slots artist, sale, city, when, brand and link; `short` only artist, when and link;
    `sale` and `city` are what is said of them where there is one; `unnamed` stands for an artist that is not known, or has no room.
    """

    text: str
    short: str
    sale: str
    city: str
    unnamed: str


@dataclass(frozen=True, slots=True)
class Said:
    """What an SMS speaks of. `when` is a phrase: `at 10:00 AM PST`, or `soon`."""

    artist: str | None
    sale: str | None
    city: str | None
    when: str
    brand: str
    link: str


@dataclass(frozen=True, slots=True)
class Times:
    """As they are said in the event's zone, `sale` with its zone's short name in `zone`; None: not known."""

    sale: str | None = None
    zone: str | None = None
    day: str | None = None
    date: str | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """`dropped`: what the budget took from the SMS, of `sale`, `city`, `words` (the short form) and `artist` (shortened, or not
    named at all). `variables`: the `templateVariables` of a mail, only what is known. `parts` is above the budget only where the
    link itself is too long: it is never cut.
    """

    sms: str
    parts: int
    encoding: Encoding
    variables: Mapping[str, str]
    dropped: tuple[str, ...]


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its slots filled in one go: braces in a value are a value's."""
    return SLOT.sub(lambda slot: values[slot[1]], text)


def rendered(phrases: Phrases, said: Said, budget: int, variables: Mapping[str, str]) -> Rendered:
    """The first text of those that say less and less which keeps to `budget` parts; the last of them where none does."""
    for sms, dropped in _tries(phrases, said):
        measure = measured(sms)
        made = Rendered(sms, measure.parts, measure.encoding, variables, dropped)
        if measure.parts <= budget:
            break
    return made


def names_of(event: Event, sale: Sale) -> tuple[str | None, str | None, str | None]:
    """The artist (else the event), the sale where it is for some only, and the city: each on one line, None where there is none."""
    names = (event.artist or event.name, None if sale.public else sale.name, event.venue.city)
    artist, presale, city = map(_one_line, names)
    return artist or _one_line(event.name), presale, city


def for_phone(name: str | None) -> str | None:
    """A name as an SMS says it: without typography and pictures. None where nothing is left."""
    return tidy(without_pictures(plain(name))) if name else None


def bare(link: str) -> str:
    """Without its scheme, which phones know by themselves."""
    return link.removeprefix("https://").removeprefix("http://")


def variables_of(event: Event, sale: Sale, times: Times, brand: str, link: str) -> dict[str, str]:
    """What a mail shows, as the notification's row keeps it (reference/ticketing.md, 2.5, and its poster)."""
    artist, presale, city = names_of(event, sale)
    venue, image = event.venue, event.image
    told = {
        "artistName": artist,
        "saleName": presale,
        "saleTime": times.sale,
        "saleZone": times.zone,
        "eventDay": times.day,
        "eventDate": times.date,
        "eventTime": times.time,
        "url": link,
        "venueName": tidy(venue.name),
        "venueCity": city,
        "venueStateCode": tidy(venue.state),
        "brand": brand,
    }
    if image and image.url.startswith("https://"):
        told |= {"imageUrl": image.url, "imageWidth": str(image.width), "imageHeight": str(image.height)}
    return {name: value for name, value in told.items() if value}


def _one_line(name: str | None) -> str | None:
    name = tidy(name[: ON_A_LINE * 10]) if name else None
    return shortened(name, ON_A_LINE) if name else None


def _tries(phrases: Phrases, said: Said) -> Iterator[tuple[str, tuple[str, ...]]]:
    said = replace(said, artist=for_phone(said.artist), sale=for_phone(said.sale), city=for_phone(said.city))
    dropped: tuple[str, ...] = ()
    yield _text(phrases.text, phrases, said), dropped
    if said.sale:
        said, dropped = replace(said, sale=None), (*dropped, "sale")
        yield _text(phrases.text, phrases, said), dropped
    if said.city:
        said, dropped = replace(said, city=None), (*dropped, "city")
        yield _text(phrases.text, phrases, said), dropped
    shorter = [replace(said, artist=artist) for artist in _cut(said.artist or "")]
    for it in shorter:
        yield _text(phrases.text, phrases, it), (*dropped, "artist")
    yield _text(phrases.short, phrases, said), (*dropped, "words")
    for it in [*shorter, replace(said, artist=None)]:
        yield _text(phrases.short, phrases, it), (*dropped, "words", "artist")


def _cut(artist: str) -> Iterator[str]:
    """The name with less and less of its end, between characters."""
    whole = [*characters(artist)]
    dots = "..." if encoding_of(folded(artist)) == GSM_7 else "…"
    for length in range(len(whole) - 1, SHORTEST - 1, -1):
        yield "".join(whole[:length]).rstrip(_LOOSE_ENDS) + dots


def _text(text: str, phrases: Phrases, said: Said) -> str:
    """Everything but the link may lose its accents; a link that is changed leads nowhere."""
    values = {
        "artist": isolated(said.artist) if said.artist else phrases.unnamed,
        "sale": filled(phrases.sale, {"sale": isolated(said.sale)}) if said.sale else "",
        "city": filled(phrases.city, {"city": isolated(said.city)}) if said.city else "",
        "when": said.when,
        "brand": said.brand,
    }
    before, _, after = text.partition("{link}")
    parts = (filled(before, values), said.link, filled(after, values))
    light = "".join((folded(parts[0]), parts[1], folded(parts[2])))
    return light if encoding_of(light) == GSM_7 else "".join(parts)

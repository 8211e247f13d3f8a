"""A locale in, made-up events and sales that try its texts out: plain ones, and the worst that vendors send."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from domain.notifications.events import PUBLIC, Event, Sale, Venue

AT = datetime(2026, 12, 4, 18, tzinfo=UTC)
SHORT = "https://bit.ly/3xYZ"
OWN = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/e/vvG1zZ9h4GkP7T"  # as long as our own links get
LONG = "The Amazing Travelling Philharmonic Orchestra of the Northern Territories and Friends"
LONG_SALE = "Platinum Cardmember Preferred Seating and VIP Package Early Access Presale - Weekend Two"

_PUBLIC = Sale("public", "sample", "Public Onsale", (PUBLIC,), AT)
_PRESALE = Sale("presale", "sample", "Verified Fan Presale", ("VF",), AT)
_EVENT = Event(
    "sample",
    "An Evening Out",
    "https://www.example.com/event/sample",
    AT,
    AT,
    artist="Taylor Swift",
    venue=Venue("v", "Stadium", "Los Angeles", "CA", "US", "America/Los_Angeles"),
    zone="America/Los_Angeles",
)
_AT_HOME = {
    "en-ca": Venue("v", "Arena", "Toronto", "ON", "CA", "America/Toronto"),
    "fr-ca": Venue("v", "Centre", "Montréal", "QC", "CA", "America/Toronto"),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """`link`: what an SMS of it ends with."""

    case: str
    event: Event
    sale: Sale
    link: str = SHORT


def samples(locale: str) -> Iterator[Sample]:
    venue = _AT_HOME.get(locale, _EVENT.venue)
    event = replace(_EVENT, venue=venue, zone=venue.zone)
    yield Sample("public", replace(event, artist="Beyoncé"), _PUBLIC)
    yield Sample("presale", event, _PRESALE)
    yield Sample("no zone", replace(event, venue=replace(venue, zone=None), zone=None), _PRESALE)
    city = replace(venue, city="Saint-Louis-du-Ha! Ha! and Surroundings")
    yield Sample("longest names", replace(event, artist=LONG, venue=city), replace(_PRESALE, name=LONG_SALE), OWN)
    typeset = replace(event, artist="Mötley Crüe® – “Rosalía’s” 🎸 Tour…", venue=replace(venue, city="Cancún"))
    yield Sample("special characters", typeset, replace(_PRESALE, name="Citi® Cardmember’s Presale"))
    yield Sample("another script", replace(event, artist="宇多田ヒカル"), _PRESALE)
    yield Sample("right to left", replace(event, artist="להקה"), _PRESALE, OWN)

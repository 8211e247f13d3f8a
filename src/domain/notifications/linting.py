"""A sample's SMS and the price of a part in, what it would cost and what makes it dear out; and what of our own words does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.notifications.messages import Price
from domain.notifications.rendering import Rendered
from domain.notifications.sms_parts import UCS_2, Measure, measured, named, outside

RECIPIENTS = 50_000  # of the mission's large event
SHOWN = 6  # characters of a note


@dataclass(frozen=True, slots=True)
class Linted:
    """One sample in one locale. `outside`: the characters GSM-7 does not have: of the SMS where it is UCS-2, else of the names as
    they came, which have been replaced or left out. `one`, `all`: the price to one phone, and to `RECIPIENTS`.
    """

    locale: str
    case: str
    sms: str
    measure: Measure
    dropped: tuple[str, ...]
    outside: tuple[str, ...]
    price: Price | None

    @property
    def one(self) -> Decimal | None:
        return self.price.amount * self.measure.parts if self.price else None

    @property
    def all(self) -> Decimal | None:
        return None if self.one is None else self.one * RECIPIENTS

    @property
    def notes(self) -> tuple[str, ...]:
        """What became of the characters and the names, a line each."""
        codes = [f"U+{ord(character):04X}" for character in self.outside]
        more = [f"{len(codes) - SHOWN} more"] if len(codes) > SHOWN else []
        kept = "not in GSM-7" if self.measure.encoding == UCS_2 else "replaced"
        strange = [f"{kept}: {' '.join([*codes[:SHOWN], *more])}"] if codes else []
        return (*strange, *([f"no room for: {', '.join(self.dropped)}"] if self.dropped else []))


def linted(locale: str, case: str, made: Rendered, names: str, price: Price | None) -> Linted:
    """`names`: of artist, sale and city, as they came."""
    measure = measured(made.sms)
    strange = outside(made.sms if measure.encoding == UCS_2 else names)
    return Linted(locale, case, made.sms, measure, made.dropped, strange, price)


def broken(texts: list[Linted], budget: int) -> Iterator[str]:
    """A line each text that takes more parts than it may."""
    for it in texts:
        if it.measure.parts > budget:
            yield f"{it.locale}.json: sms: {it.case} takes {it.measure.parts} parts, and may take {budget}"


def dear_words(place: str, words: Mapping[str, str]) -> Iterator[str]:
    """A line each of our own texts whose characters are not all in GSM-7: every SMS would lose accents, or be UCS-2."""
    for key, text in words.items():
        if strange := outside(text):
            yield f"{place}: {key}: not in GSM-7: {', '.join(map(named, strange))}"

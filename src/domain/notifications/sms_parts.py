"""A text in, how it travels as SMS out: its alphabet, its parts, the room left, and the characters that make it dear (3GPP TS 23.038)."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Encoding = Literal["GSM-7", "UCS-2"]
GSM_7: Encoding = "GSM-7"
UCS_2: Encoding = "UCS-2"

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")  # each takes two places: an escape comes before it
ALPHABET = BASIC | EXTENDED

# Places of a message of one part, and of each of several, which begin with six bytes of header.
ALONE = {GSM_7: 160, UCS_2: 70}
TOGETHER = {GSM_7: 153, UCS_2: 67}


@dataclass(frozen=True, slots=True)
class Measure:
    """`units` are septets in GSM-7, and 16-bit code units in UCS-2; `left`: how many more fit before another part is due."""

    encoding: Encoding
    units: int
    parts: int
    left: int


def measured(text: str) -> Measure:
    """How a text travels. No character is torn: what takes two places and finds one left begins the next part."""
    encoding = encoding_of(text)
    widths = [*_widths(text, encoding)]
    units = sum(widths)
    if units <= ALONE[encoding]:
        return Measure(encoding, units, 1, ALONE[encoding] - units)
    parts, filled = _packed(widths, TOGETHER[encoding])
    return Measure(encoding, units, parts, TOGETHER[encoding] - filled)


def encoding_of(text: str) -> Encoding:
    return GSM_7 if ALPHABET.issuperset(text) else UCS_2


def room(encoding: Encoding, parts: int) -> int:
    """Places in so many parts."""
    return ALONE[encoding] if parts == 1 else TOGETHER[encoding] * parts


def outside(text: str) -> tuple[str, ...]:
    """The characters that GSM-7 does not have, once each, as they come."""
    return tuple(dict.fromkeys(character for character in text if character not in ALPHABET))


def named(character: str) -> str:
    """`U+2019 RIGHT SINGLE QUOTATION MARK`."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '(no name)')}"


def _widths(text: str, encoding: Encoding) -> Iterator[int]:
    if encoding == GSM_7:
        return (2 if character in EXTENDED else 1 for character in text)
    return (2 if character > "\uffff" else 1 for character in text)


def _packed(widths: Iterable[int], size: int) -> tuple[int, int]:
    """How many parts of `size` places, and how much of the last is taken."""
    parts, filled = 1, 0
    for width in widths:
        if filled + width > size:
            parts, filled = parts + 1, 0
        filled += width
    return parts, filled

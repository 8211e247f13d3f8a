"""Names that others typed, made fit for a line of a mail or page: tidied, shortened between characters, and kept to themselves."""

import unicodedata
from collections.abc import Iterator
from itertools import islice

# Line ends would start a header of their own. Directions that a name opens and does not close would turn our text around.
_BREAKS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " ")
_DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_HALVES = dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}")  # half a character cannot be sent at all
_UNFIT = _BREAKS | _DIRECTIONS | _HALVES

_FIRST_STRONG, _POP = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_JOINER = "\N{ZERO WIDTH JOINER}"
_VIRAMA = 9  # Unicode's combining class of the signs that bind two consonants of Indic scripts
_WEIGHT = 4  # code points a character may have on average; a family of four has more, a hundred accents on one letter too many


def tidy(name: str | None) -> str | None:
    """The name on one line, in composed form (NFC), without what is no text; None where nothing is left to see."""
    if not name:
        return None
    if not name.isprintable():
        name = name.translate(_UNFIT)
    name = " ".join(unicodedata.normalize("NFC", name).split())
    return name if any(character.isprintable() for character in name) else None


def shortened(name: str, most: int) -> str:
    """The name itself, or the start of it and an ellipsis: `most` characters as a reader counts them, none of them torn."""
    if len(name) <= most:
        return name
    seen = list(islice(characters(name), most + 1))
    if len(seen) <= most and len(name) <= most * _WEIGHT:
        return name
    kept = seen[: most - 1]
    while sum(map(len, kept)) > most * _WEIGHT:
        kept.pop()
    return "".join(kept).rstrip() + "…"


def isolated(name: str) -> str:
    """The name, and where any of it runs from right to left the marks that keep it from turning around what follows (UAX #9)."""
    if name.isascii() or not any(unicodedata.bidirectional(character) in ("R", "AL") for character in name):
        return name
    return f"{_FIRST_STRONG}{name}{_POP}"


def characters(text: str) -> Iterator[str]:
    """Text in what readers take for single characters: UAX #29 for composed text, as far as the standard library knows it."""
    cluster = ""
    for character in text:
        if cluster and not _belongs(character, cluster):
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


def _belongs(character: str, cluster: str) -> bool:
    if _is_flag_half(character):
        return len(cluster) == 1 and _is_flag_half(cluster)
    bound = cluster[-1] == _JOINER or unicodedata.combining(cluster[-1]) == _VIRAMA
    return bound or _extends(character)


def _extends(character: str) -> bool:
    code = ord(character)
    if unicodedata.category(character).startswith("M") or character in (_JOINER, "\N{ZERO WIDTH NON-JOINER}"):
        return True
    return 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F or code in (0x0E33, 0x0EB3)


def _is_flag_half(character: str) -> bool:
    return "\N{REGIONAL INDICATOR SYMBOL LETTER A}" <= character <= "\N{REGIONAL INDICATOR SYMBOL LETTER Z}"

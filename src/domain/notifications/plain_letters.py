"""Words as people typeset them in, the same words as a phone's alphabet has them out: an SMS with one curly quote costs three of ours."""

import unicodedata

from domain.notifications.sms_parts import ALPHABET, GSM_7, encoding_of

# Marks of owners say nothing to a reader, and what has no width nothing to an eye.
_DROPPED = "®™©℠℗\u00ad\u200b\u2060\ufeff"
_PLAIN = {
    "‘’‚‛′ʼʹ`´": "'",
    "“”„‟″«»": '"',
    "‹": "<",
    "›": ">",
    "‐‑‒–—―−": "-",
    "…": "...",
    "•·∙": "-",
    "×": "x",
    "⁄∕": "/",
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t": " ",
}
_TYPOGRAPHY = str.maketrans(
    dict.fromkeys(_DROPPED, "") | {mark: plain for marks, plain in _PLAIN.items() for mark in marks}
)
_BASES = str.maketrans("łŁđĐðÐħĦıĸŋŊŧŦſ", "lLdDdDhHiknNtTs") | str.maketrans(
    {"þ": "th", "Þ": "Th", "œ": "oe", "Œ": "OE", "ẞ": "SS"}
)
_UNSEEN = ("Mn", "Mc", "Me", "Cf")  # marks on letters, and what only steers them
_DRESS = frozenset("\u200d\ufe0e\ufe0f\u20e3")  # what joins emoji, and says how they look


def plain(text: str) -> str:
    """Quotes, dashes, dots and blanks as a typewriter has them, without ® ™ ©; letters as they are."""
    return text.translate(_TYPOGRAPHY)


def without_pictures(name: str) -> str:
    """A name without emoji and other symbols, which adorn it; the name itself where it is nothing else."""
    if not any(map(_is_picture, name)):
        return name
    words = "".join("" if _is_dress(it) else " " if _is_picture(it) else it for it in name)
    return " ".join(words.split()) if any(map(str.isalnum, words)) else name


def folded(text: str) -> str:
    """Without the accents that GSM-7 does not have, where that makes GSM-7 of it: Rosalia, but Beyoncé; else the text itself."""
    if encoding_of(text) == GSM_7:
        return text
    base = "".join(character if character in ALPHABET else _base(character) for character in text)
    return base if encoding_of(base) == GSM_7 else text


def _base(character: str) -> str:
    spelt = unicodedata.normalize("NFKD", character.translate(_BASES))
    return "".join(each for each in spelt if unicodedata.category(each) not in _UNSEEN).translate(_TYPOGRAPHY)


def _is_dress(character: str) -> bool:
    return character in _DRESS or "\U000e0020" <= character <= "\U000e007f"


def _is_picture(character: str) -> bool:
    """Emoji, and other symbols that stand for no letters, as № does."""
    if character < "\u2000" or unicodedata.decomposition(character):
        return False
    return unicodedata.category(character) in ("So", "Sk", "Cn")

"""Names as vendors and fans spell them in, the one plain spelling that they are compared by out."""

import unicodedata

_MARKS = dict.fromkeys(map(ord, "™℠"), " ")  # compatibility forms would make letters of them


def folded(text: str) -> str:
    """Words of lower-case letters and digits with single blanks between: `Citi® Pre-Sale` is `citi pre sale`, `Mötley` `motley`."""
    apart = unicodedata.normalize("NFKD", text.translate(_MARKS))
    plain = "".join(each for each in apart if not unicodedata.combining(each)).casefold()
    return " ".join("".join(each if each.isalnum() else " " for each in plain).split())

"""A row's `id` and its fan's global id in, the rank of the market it is about out: 0 is the fan's first preference."""

DIGITS = 9  # at most: nobody has so many preferences, and a rank must be a number that a table can hold


def rank_of(id: str, fan: str) -> int | None:
    """0 where both are the same, else the number that `id` has behind the fan's: `f7001` of `f7` is 1. None: it is no such id."""
    if id == fan:
        return 0
    suffix = id[len(fan) :]
    digits = suffix.lstrip("0")  # Python reads no number of over 4,300 of them, not even of zeros
    if not id.startswith(fan) or not (suffix.isascii() and suffix.isdigit()) or len(digits) > DIGITS:
        return None
    return int(digits or 0)

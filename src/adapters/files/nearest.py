"""A word nobody knows and the words that are known in, the hint for the person who wrote it out."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST = 12  # known words worth listing; more of them help nobody


def nearest(word: str, known: Iterable[str]) -> str:
    """`; nearest: x`, `; nearest: x (known: x, y)` when there are few, or nothing when there are none."""
    words = sorted(known)
    if not words:
        return ""
    folded = {fold(candidate): candidate for candidate in words}
    close = get_close_matches(fold(word), folded, n=1, cutoff=0.0)
    listed = f" (known: {', '.join(words)})" if len(words) <= MOST else ""
    return f"; nearest: {folded[close[0]]}{listed}" if close else listed


def fold(word: str) -> str:
    """Spelling that should not keep two words apart: case, hyphens, underscores."""
    return "".join(letter for letter in word.lower() if letter.isalnum())

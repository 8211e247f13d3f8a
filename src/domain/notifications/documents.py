"""A rule file's document in, its lists of words checked out: whatever is wrong is told by its key."""

from collections.abc import Collection, Mapping
from typing import Any

from domain.errors import Rejected

Document = Mapping[str, Any]


def known_keys(found: Any, known: Collection[str], place: str) -> Document:
    """The mapping itself. Rejected: it is none, or has a key that nobody reads."""
    if not isinstance(found, Mapping):
        raise Rejected(f"{place}: must be a mapping of keys")
    for key in found:
        if key not in known:
            raise Rejected(f"{place}: has an unknown key {str(key)[:40]!r}; there are {', '.join(sorted(known))}")
    return found


def listed(found: Any, place: str) -> list[Any]:
    if not isinstance(found, list):
        raise Rejected(f"{place}: must be a list")
    return found


def words(found: Any, place: str) -> tuple[str, ...]:
    """Texts with something in them, each once."""
    seen: list[str] = []
    for number, word in enumerate(listed(found, place)):
        if not isinstance(word, str) or not word.strip():
            raise Rejected(f"{place}[{number}]: must be a text; put it in quotes")
        if word in seen:
            raise Rejected(f"{place}[{number}]: {word[:40]!r} is there twice")
        seen.append(word)
    return tuple(seen)


def among(found: tuple[str, ...], known: Collection[str], place: str) -> tuple[str, ...]:
    """The same words. Rejected: one of them is none of the known."""
    for word in found:
        if word not in known:
            raise Rejected(f"{place}: {word[:40]!r} is none of {', '.join(sorted(known))}")
    return found

"""What tells of a removed item in, the same without its personal values out: images, parsed records, and unreadable texts."""

import binascii
import json
import re
from typing import Any

from domain.archive.attributes import NOTHING, inner
from domain.archive.change import BACKFILL, Image
from domain.archive.kinds import PERSONAL, REDACTED

DEEPEST = 100  # levels of JSON: DynamoDB nests 32 attributes, two levels each
KEPT = frozenset({"INSERT", "MODIFY", BACKFILL})  # what these tell of still is there, so is what they hold
NAMES = "|".join(PERSONAL)
# JSON within a text: a personal name in quotes that a value follows, however often the quotes are escaped.
QUOTED = re.compile(rf"\b({NAMES})\\*\"\s*:")
EVENT_NAME = re.compile(r'"eventName"\s*:\s*"([^"]*)"')
# In a text that is no JSON: a personal name, or what may spell one (escaped letters, two-byte letters).
PERHAPS = re.compile(rf"{NAMES}|\\u00[2-7]|\x00", re.IGNORECASE)

TELLING = re.compile(rf"{NAMES}|REMOVE|eventName", re.IGNORECASE)


def deleted(image: Image, at: str) -> tuple[Image, tuple[str, ...]]:
    """The image of an item that was removed at `at`: redacted, and with `date.deleted`; and the names of what was redacted."""
    found: set[str] = set()
    clean = _without(image, found, 0)
    if clean.get("date", {"NULL": True}) == {"NULL": True} or inner(clean, "date") is not NOTHING:
        clean["date"] = {"M": {**inner(clean, "date"), "deleted": {"S": at}}}
    return clean, tuple(sorted(found))


def event_text(data: bytes, record: Any = None) -> str:
    """A change record's JSON for the error object: as it came, but for one that may tell of a removal.

    `record` is what was parsed of it, None where it cannot be parsed.
    """
    if record is None:
        return by_text(data.decode(errors="backslashreplace"))
    if type(record) is dict and record.get("eventName") in KEPT:
        return data.decode(errors="backslashreplace")
    return json.dumps(_without(record, set(), 0), separators=(",", ":"), ensure_ascii=False)


def by_text(text: str) -> str:
    """What cannot be parsed is cut off where a personal value may begin, unless it says that nothing was removed."""
    perhaps = None if _says_it_stays(text) else PERHAPS.search(text)
    return text[: perhaps.start()] + REDACTED if perhaps else text


def base64_text(text: str) -> str:
    """A text that ought to be base64: whatever it would say, read from any of the places a character may be missing at."""
    said = [_leniently(text[start:]) for start in range(4)]
    if any(_says_it_stays(it) for it in said):
        return text
    return REDACTED if any(TELLING.search(it) for it in said) else by_text(text)


def _says_it_stays(text: str) -> bool:
    names = EVENT_NAME.findall(text)
    return bool(names) and KEPT.issuperset(names) and "REMOVE" not in text


def _without(value: Any, found: set[str], depth: int) -> Any:
    if depth > DEEPEST:
        return REDACTED
    if isinstance(value, dict):
        return {name: _kept(name, inside, found, depth) for name, inside in value.items()}
    if isinstance(value, list):
        return [_without(item, found, depth + 1) for item in value]
    if isinstance(value, str) and (quoted := QUOTED.search(value)):
        found.add(quoted[1])
        return REDACTED
    return value


def _kept(name: str, value: Any, found: set[str], depth: int) -> Any:
    if name not in PERSONAL:
        return _without(value, found, depth + 1)
    if value == {"NULL": True}:
        return value
    found.add(name)
    return {"S": REDACTED}


def _leniently(text: str) -> str:
    letters = re.sub(r"[^A-Za-z0-9+/]", "", text)
    whole = letters[: len(letters) // 4 * 4]
    return binascii.a2b_base64(whole).decode(errors="backslashreplace")

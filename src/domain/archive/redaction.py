"""What tells of a removed item in, the same without its personal values out: images, parsed records, and unreadable texts."""

import binascii
import json
import re
from typing import Any

from domain.archive.attributes import NOTHING, NULL, inner
from domain.archive.change import BACKFILL, Image
from domain.archive.kinds import PERSONAL, REDACTED

DEEPEST = 100  # levels of JSON: DynamoDB nests 32 attributes, two levels each
KEPT = frozenset({"INSERT", "MODIFY", BACKFILL})  # what these tell of still is there, so is what they hold
NAMED, NAMES = frozenset(PERSONAL), "|".join(PERSONAL)
# JSON within a text: a personal name in quotes that a value follows, however often the quotes are escaped.
QUOTED = re.compile(rf"\b({NAMES})\\*\"\s*:")
EVENT_NAME = re.compile(r'"eventName"\s*:\s*"([^"]*)"')
# In a text that is no JSON: a personal name, or what may spell one (escaped letters, two-byte letters).
PERHAPS = re.compile(rf"{NAMES}|\\u00[2-7]|\x00", re.IGNORECASE)
# What a change record begins with, up to the images: whatever is garbled further on, this holds no value but the keys'.
FLAT = r"\{(?:[^{}]|\{[^{}]*\})*"
HEAD = re.compile(rf'{FLAT}"dynamodb"\s*:\s*\{{(?:[^{{}}]*"Keys"\s*:\s*{FLAT}\}})?')
TELLING = re.compile(rf"{NAMES}|REMOVE|eventName|OldImage|ApproximateCreation", re.IGNORECASE)


def deleted(image: Image, at: str) -> tuple[Image, tuple[str, ...]]:
    """The image of an item that was removed at `at`: redacted, and with `date.deleted`; and the names of what was redacted."""
    found: set[str] = set()
    clean = _map_without(dict(image), found, 0)
    if clean.get("date", NULL) == NULL or inner(clean, "date") is not NOTHING:
        clean["date"] = {"M": {**inner(clean, "date"), "deleted": {"S": at}}}
    return clean, tuple(sorted(found))


def event_text(data: bytes, record: Any = None) -> str:
    """A change record's JSON for the error object: as it came, but for one that may tell of a removal.

    `record` is what was parsed of it, None where it cannot be parsed.
    """
    text = data.decode(errors="backslashreplace")
    if record is None:
        return by_text(text)
    if _stays(record) or not PERHAPS.search(text):
        return text
    return json.dumps(_without(record, set()), separators=(",", ":"), ensure_ascii=False)


def by_text(text: str) -> str:
    """What cannot be parsed is cut off where an image or a personal value may begin, unless it says that nothing was removed."""
    if _says_it_stays(text):
        return text
    head = HEAD.match(text)
    if not head and TELLING.search(text):
        return REDACTED  # without its head a record may begin with a value
    perhaps = PERHAPS.search(text)
    end = min(perhaps.start() if perhaps else len(text), head.end() if head else len(text))
    return text[:end] + REDACTED if end < len(text) else text


def base64_text(text: str) -> str:
    """A text that ought to be base64: whatever it would say, read from any of the places a character may be missing at."""
    letters = re.sub(r"[^A-Za-z0-9+/]", "", text)
    said = [_decoded(letters[start:]) for start in range(4)]
    if any(_says_it_stays(it) for it in said):
        return text
    return REDACTED if any(TELLING.search(it) for it in said) else by_text(text)


def _stays(record: Any) -> bool:
    name = record.get("eventName") if type(record) is dict else None
    return type(name) is str and name in KEPT


def _says_it_stays(text: str) -> bool:
    names = EVENT_NAME.findall(text)
    return bool(names) and KEPT.issuperset(names) and "REMOVE" not in text


def _without(value: Any, found: set[str], depth: int = 0) -> Any:
    if type(value) is str:
        quoted = QUOTED.search(value) if '"' in value else None
        if quoted is None:
            return value
        found.add(quoted[1])
        return REDACTED
    if type(value) is dict:
        return _map_without(value, found, depth + 1) if depth < DEEPEST else REDACTED
    if type(value) is list:
        return [_without(item, found, depth + 1) for item in value] if depth < DEEPEST else REDACTED
    return value


def _map_without(value: dict[str, Any], found: set[str], depth: int) -> dict[str, Any]:
    clean = dict(value)
    for name, inside in value.items():
        if name in NAMED and inside != NULL:
            found.add(name)
            clean[name] = {"S": REDACTED}
            continue
        text = inside.get("S") if type(inside) is dict and len(inside) == 1 else inside
        if type(text) is not str or '"' in text:  # few are: what is left is its own copy
            clean[name] = _without(inside, found, depth)
    return clean


def _decoded(letters: str) -> str:
    return binascii.a2b_base64(letters[: len(letters) // 4 * 4]).decode(errors="backslashreplace")

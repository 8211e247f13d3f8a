"""What a mail says in one locale: a small file that a translator can edit in, its texts or what is wrong with them out."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from domain.solicitation.mail import DEFAULT_LOCALE

# The texts of every mail, and the one name that each may, and then must, speak of in braces.
TEXTS = {
    "ask": "subject",  # the subject line, and the headline
    "askUnnamed": None,
    "preheader": None,
    "greeting": "name",
    "greetingUnnamed": None,
    "body": None,
    "button": None,
    "because": "program",
    "unsubscribe": None,
}
SLOTS = tuple(slot for slot in TEXTS.values() if slot)
BRACES = re.compile(r"[{}]+[^{}]*[{}]*")


def read_texts(template: Path, locale: str) -> dict[str, str]:
    """The texts of one template, whose folder it is, in a locale there is."""
    texts: dict[str, str] = json.loads((template / f"{locale}.json").read_bytes())
    return texts


def problems(template: Path) -> list[str]:
    """What must be mended before mails of a template can go out, a line each: files, texts and names missing or too many."""
    found = [] if (template / f"{DEFAULT_LOCALE}.json").exists() else [f"{DEFAULT_LOCALE}.json: is missing"]
    for path in sorted(template.glob("*.json")):
        found += [f"{path.name}: {problem}" for problem in _problems(path.read_bytes())]
    return [f"{template.name}/{problem}" for problem in found]


def _problems(document: bytes) -> Iterator[str]:
    try:
        texts = json.loads(document)
    except ValueError as error:
        texts = error
    if not isinstance(texts, dict):
        yield f"is no object of texts: {texts}"
        return
    yield from (f"{key} is none of the texts of a mail" for key in texts if key not in TEXTS)
    for key, slot in TEXTS.items():
        text = texts.get(key)
        yield from _problems_of(key, text, slot) if isinstance(text, str) and text.strip() else (f"{key} is missing",)


def _problems_of(key: str, text: str, slot: str | None) -> Iterator[str]:
    wanted, found = [f"{{{slot}}}"] if slot else [], BRACES.findall(text)
    if found != wanted:
        yield f"{key} must name {''.join(wanted) or 'nothing in braces'}, and names {', '.join(found) or 'nothing'}"

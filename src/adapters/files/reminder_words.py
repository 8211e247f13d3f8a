"""What reminders say in one locale: a small file that a translator can edit in, its texts or what is wrong with them out."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from domain.notifications.locales import KNOWN
from domain.notifications.rendering import SLOT, Phrases

FOLDER = "reminder"  # below the one named `templates`
Words = Mapping[str, str]

# The texts of every locale, and what each speaks of in braces: all of it, once.
TEXTS: Mapping[str, tuple[str, ...]] = {
    "sms": ("artist", "sale", "city", "when", "brand", "link"),
    "smsShort": ("artist", "when", "link"),
    "smsSale": ("sale",),
    "smsCity": ("city",),
    "at": ("time",),
    "soon": (),
    "unnamed": (),
    "clock": (),  # patterns of CLDR
    "clockOnTheHour": (),
    "day": (),
    "date": (),
    "subject": ("artist", "when"),
    "subjectPresale": ("artist", "sale", "when"),
    "preheader": (),
    "body": (),
    "fact": ("label", "value"),
    "saleLabel": (),
    "opensLabel": (),
    "eventLabel": (),
    "venueLabel": (),
    "poster": ("artist",),
    "button": (),
    "because": ("brand",),
    "unsubscribe": (),
}
ON_PHONES = ("sms", "smsShort", "smsSale", "smsCity", "at", "soon", "unnamed")


def read_words(templates: Path, locale: str) -> Words:
    """The texts of a locale there is."""
    words: Words = json.loads((templates / FOLDER / f"{locale}.json").read_bytes())
    return words


def phrases_of(words: Words) -> Phrases:
    return Phrases(words["sms"], words["smsShort"], words["smsSale"], words["smsCity"], words["unnamed"])


def problems(templates: Path) -> Iterator[str]:
    """What must be mended before a reminder can go out, a line each: files, texts and slots missing or too many."""
    folder = templates / FOLDER
    there = {path.stem for path in folder.glob("*.json")}
    yield from (f"{locale}.json: is missing" for locale in KNOWN if locale not in there)
    yield from (f"{locale}.json: no fan is written to in {locale}" for locale in sorted(there - {*KNOWN}))
    for locale in KNOWN:
        if locale in there:
            yield from (f"{locale}.json: {it}" for it in _problems((folder / f"{locale}.json").read_bytes()))


def _problems(document: bytes) -> Iterator[str]:
    try:
        words = json.loads(document)
    except ValueError as error:
        words = error
    if not isinstance(words, dict):
        yield f"is no object of texts: {words}"
        return
    yield from (f"{key} is none of the texts of a reminder" for key in words if key not in TEXTS)
    for key, slots in TEXTS.items():
        text = words.get(key)
        yield from _problems_of(key, text, slots) if isinstance(text, str) and text.strip() else (f"{key} is missing",)


def _problems_of(key: str, text: str, slots: tuple[str, ...]) -> Iterator[str]:
    found = SLOT.findall(text)
    if sorted(found) != sorted(slots) or text.count("{") != len(found) or text.count("}") != len(found):
        wanted = ", ".join(f"{{{slot}}}" for slot in slots) or "nothing"
        yield f"{key} must name {wanted}, each once, and names {', '.join(f'{{{it}}}' for it in found) or 'nothing'}"

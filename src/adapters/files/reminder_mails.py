"""A locale and what a notification's row keeps of its event in, the mail that reminds of the sale out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from adapters.files.mail_templates import BLANKS, ON_A_LINE
from adapters.files.reminder_texts import when_of, words_of
from adapters.files.reminder_words import FOLDER, Words
from domain.notifications.brands import DEFAULT_BRAND
from domain.notifications.locales import locale_of
from domain.notifications.rendering import SLOT, filled
from domain.solicitation.mail import Mail
from domain.solicitation.names import isolated, shortened, tidy

POSTER = 480  # pixels that the card is wide inside


@dataclass(frozen=True, slots=True)
class Poster:
    """As it is shown, in pixels: as wide as the card at most."""

    url: str
    width: int
    height: int


@dataclass(frozen=True)
class ReminderMails:
    """`folder` is the one named `templates`. Below `reminder`: one layout, and a file of texts a locale."""

    folder: Path

    def render(self, locale: str, variables: Mapping[str, str], unsubscribe: str) -> Mail:
        """`variables`: a notification's `templateVariables`, any of which may be missing. `unsubscribe`: an absolute address."""
        spoken = locale_of(locale, None, None)
        words, known = words_of(self.folder, spoken), _tidied(variables)
        key, names = _headline(words, known)
        line = _plainly(words, key, **{name: shortened(value, ON_A_LINE) for name, value in names.items()})
        values: dict[str, Any] = {
            "lang": _tag(spoken),
            "line": line,
            "headline": _said(words, key, **{**names, "when": names["when"].replace(" ", "\N{NO-BREAK SPACE}")}),
            "brand": known.get("brand", DEFAULT_BRAND),
            "facts": [*_facts(words, known)],
            "poster": poster_of(known),
            "alt": _plainly(words, "poster", artist=names["artist"]),
            "url": _address(known.get("url")),
            "unsubscribe": unsubscribe,
            "blanks": BLANKS,
            "say": partial(_said, words),
            "plain": partial(_plainly, words),
        }
        html, text = (self._environment.get_template(f"layout.{part}").render(values) for part in ("html", "txt"))
        return Mail(line, html, text)

    @cached_property
    def _environment(self) -> Environment:
        return Environment(
            loader=FileSystemLoader(self.folder / FOLDER),
            autoescape=select_autoescape(("html",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )


def _tidied(variables: Mapping[str, str]) -> dict[str, str]:
    """One line each, and none that is empty: others may write rows too."""
    return {name: told for name, value in variables.items() if (told := tidy(str(value)))}


def _headline(words: Words, known: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The key of the subject's text, and what it speaks of."""
    when = when_of(words, known.get("saleTime"), known.get("saleZone"))
    names = {"artist": known.get("artistName") or words["unnamed"], "when": when}
    sale = known.get("saleName")
    return ("subjectPresale", {**names, "sale": sale}) if sale else ("subject", names)


def poster_of(variables: Mapping[str, str]) -> Poster | None:
    """The event's image; None: there is none, it is fetched in the open, or has no size."""
    url = variables.get("imageUrl", "")
    sizes = [variables.get(name, "") for name in ("imageWidth", "imageHeight")]
    if not url.startswith("https://") or not all(size.isdecimal() and int(size) for size in sizes):
        return None
    width, height = map(int, sizes)
    shown = min(width, POSTER)
    return Poster(url, shown, max(1, round(height * shown / width)))


def _facts(words: Words, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What the mail lists, each with its label, as far as it is known."""
    lines = {
        "saleLabel": (("saleName",), ""),
        "opensLabel": (("saleTime", "saleZone"), " "),
        "eventLabel": (("eventDay", "eventDate", "eventTime"), " · "),
        "venueLabel": (("venueName", "venueCity", "venueStateCode"), ", "),
    }
    for label, (names, between) in lines.items():
        if told := between.join(variables[name] for name in names if variables.get(name)):
            yield words[label], told


def _address(url: str | None) -> str | None:
    return url if url and url.startswith(("https://", "http://")) else None


def _said(words: Words, key: str, **names: str) -> Markup:
    """A text of the locale, its names set apart so that their direction stays their own."""
    apart = {name: Markup("<bdi>{}</bdi>").format(value) for name, value in names.items()}
    return Markup(SLOT.sub(lambda slot: str(apart[slot[1]]), str(escape(words[key]))))  # noqa: S704 - escaped above


def _plainly(words: Words, key: str, **names: str) -> str:
    return filled(words[key], {name: isolated(value) for name, value in names.items()})


def _tag(locale: str) -> str:
    """`en-US`, as HTML and people write it."""
    language, _, country = locale.partition("-")
    return f"{language}-{country.upper()}"

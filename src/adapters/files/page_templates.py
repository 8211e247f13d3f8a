"""The folder of page templates: a page to show in, its HTML and its content security policy out."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from domain.solicitation.mail import DEFAULT_LOCALE, nearest_locale
from domain.solicitation.names import isolated
from domain.solicitation.pages import WITH_PHOTOS, Page

SLOT = re.compile(r"\{(\w+)\}")
Texts = Mapping[str, str]


@dataclass(frozen=True)
class PageTemplates:
    """`folder` is the one named `templates`. Below `pages`: a template a kind, one style, and a file of texts a locale.

    A locale of a country holds only what it says differently from its language: `en-GB` lies over `en`.
    """

    folder: Path

    def render(self, page: Page) -> str:
        """The HTML of a page, in the nearest locale there is."""
        locale = nearest_locale(page.locale, self.locales)
        texts = self._texts[locale]
        words = {
            "locale": locale,
            "css": Markup(self.css),  # noqa: S704 - our own file
            "say": partial(_said, texts),
            "plain": partial(_said_plainly, texts),
            "date": partial(_date, locale),
        }
        return self._environment.get_template(f"{page.kind}.html").render(page.shows, **words)

    def policy(self, page: Page, photos_origin: str) -> str:
        """What the page may load, send and be shown in: itself, and where photos lie if it has any."""
        photos = f" {photos_origin}" if page.kind == "photos" else ""
        frames = f"frame-src 'self' {photos_origin}; " if page.kind in WITH_PHOTOS else ""
        style = b64encode(sha256(self.css.encode()).digest()).decode()
        around = "'self'" if page.kind == "photos" else "'none'"
        return (
            f"default-src 'none'; style-src 'sha256-{style}'; img-src 'self'{photos}; form-action 'self'{photos}; "
            f"{frames}frame-ancestors {around}; base-uri 'none'"
        )

    @cached_property
    def locales(self) -> frozenset[str]:
        return frozenset(path.stem for path in (self.folder / "pages").glob("*.json"))

    @cached_property
    def css(self) -> str:
        return (self.folder / "pages" / "page.css").read_text()

    @cached_property
    def _texts(self) -> Mapping[str, Texts]:
        own = {locale: self.own_texts(locale) for locale in self.locales}
        return {locale: {**own.get(_language(locale), {}), **texts} for locale, texts in own.items()}

    def own_texts(self, locale: str) -> Texts:
        texts: Texts = json.loads((self.folder / "pages" / f"{locale}.json").read_bytes())
        return texts

    @cached_property
    def _environment(self) -> Environment:
        return Environment(
            loader=FileSystemLoader(self.folder / "pages"),
            autoescape=select_autoescape(("html",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )


def check(folder: Path) -> list[str]:
    """What translators must mend, one line each: texts missing or too many, and names that a text must or must not speak of."""
    templates = PageTemplates(folder)
    wanted = templates.own_texts(DEFAULT_LOCALE)
    return [problem for locale in sorted(templates.locales) for problem in _problems(templates, locale, wanted)]


def _problems(templates: PageTemplates, locale: str, wanted: Texts) -> Iterator[str]:
    own = templates.own_texts(locale)
    if _language(locale) == locale:
        yield from (f"{locale}.json: {key} is missing" for key in wanted if key not in own)
    yield from (f"{locale}.json: {key} is none of the texts of a page" for key in own if key not in wanted)
    for key in sorted(own.keys() & wanted.keys()):
        if not own[key]:
            yield f"{locale}.json: {key} is empty"
        elif set(SLOT.findall(own[key])) != set(SLOT.findall(wanted[key])):
            yield f"{locale}.json: {key} must name {', '.join(SLOT.findall(wanted[key])) or 'nothing'}"


def _language(locale: str) -> str:
    return locale.partition("-")[0]


def _said(texts: Texts, key: str, **names: Any) -> Markup:
    """A text of the locale, its names set apart so that their direction stays their own."""
    apart = {name: Markup("<bdi>{}</bdi>").format(value) for name, value in names.items()}
    return Markup(SLOT.sub(lambda slot: str(apart[slot[1]]), str(escape(texts[key]))))  # noqa: S704 - escaped above


def _said_plainly(texts: Texts, key: str, **names: Any) -> str:
    return SLOT.sub(lambda slot: isolated(str(names[slot[1]])), texts[key])


def _date(locale: str, day: date) -> str:
    return format_date(day, format="long", locale=locale.replace("-", "_"))

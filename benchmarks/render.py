"""CPU a rendered mail costs: ours against Jinja2 with Babel's catalogs, asked for template and language at every mail."""

import gc
import json
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from time import process_time

from babel import Locale, negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.support import Translations
from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape

from adapters.files.mail_templates import BLANKS, MailTemplates
from adapters.files.mail_texts import TEXTS
from benchmarks.result import Line, paired
from domain.solicitation.mail import Mail, MailContent, MailLinks

TEMPLATES = Path(__file__).parents[1] / "templates"
TEMPLATE = "review-request-v3"
LOCALES = ("en-US", "en-GB", "de", "fr", "ja", "en")
SUBJECTS = ("Copper Kettle", "Théière en fonte 1,2 l", "有機抹茶 100g", "Salt & Pepper <Mill>")
PASSES, ROUNDS = 10, 5
GOAL = 3  # 4.2 is what a quiet machine shows


def measure() -> list[Line]:
    wanted = [*_wanted()]
    sides: list[tuple[list[float], Callable[[str, MailContent], Mail]]] = [([], _ours()), ([], Peer().render)]
    _same_mails(wanted, *(render for _, render in sides))
    gc.freeze()
    for _ in range(ROUNDS):
        for seconds, render in sides:
            begun = process_time()
            for _ in range(PASSES):
                for locale, content in wanted:
                    render(locale, content)
            seconds.append((process_time() - begun) / PASSES / len(wanted) * 1e6)
    return [paired("mail: subject, HTML and text", "CPU µs per mail", sides[0][0], sides[1][0], goal=GOAL)]


def check() -> None:
    """Only compare what both sides write."""
    _same_mails([*_wanted()], _ours(), Peer().render)


def _ours() -> Callable[[str, MailContent], Mail]:
    templates = MailTemplates(TEMPLATES)
    return lambda locale, content: templates.render(TEMPLATE, locale, content)


def _wanted() -> Iterator[tuple[str, MailContent]]:
    """40 subjects in each of six locales, as they follow one another in a queue; the addresses are as long as true ones."""
    for number in range(40):
        links = MailLinks(*(f"https://reviews.example.com/{route}/{number:0>108}" for route in "cohu"))
        name = None if number % 10 == 0 else f"Ana Silva {number}"
        for locale in LOCALES:
            yield locale, MailContent(f"{SUBJECTS[number % 4]} {number}", name, "Product Reviews", "US", links)


def _same_mails(wanted: list[tuple[str, MailContent]], *sides: Callable[[str, MailContent], Mail]) -> None:
    for locale, content in wanted:
        mine, theirs = (render(locale, content) for render in sides)
        assert mine == theirs, f"{locale}, {content.subject_name}: the two sides write different mails"


class Peer:
    """One environment and one catalog a language for all mails, as a web framework would hold them; the rest at each mail."""

    def __init__(self) -> None:
        self.catalogs = {locale: _catalog(locale) for locale in LOCALES}
        self.now = self.catalogs["en"]
        self.environment = Environment(
            loader=FunctionLoader(_usual_writing),
            autoescape=select_autoescape(("html",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self.environment.install_gettext_callables(  # type: ignore[attr-defined]
            lambda text: self.now.ugettext(text), lambda one, many, n: self.now.ungettext(one, many, n), newstyle=True
        )

    def render(self, locale: str, content: MailContent) -> Mail:
        spoken = negotiate_locale([locale], self.catalogs, sep="-") or "en"
        self.now = self.catalogs[spoken]
        tag = str(Locale.parse(spoken, sep="-")).replace("_", "-")
        line = self.now.ugettext("ask") % {"subject": content.subject_name}
        values = {
            "locale": tag,
            "line": line,
            "subject": content.subject_name,
            "name": content.customer_name,
            "program": content.program_name,
            "links": content.links,
            "blanks": BLANKS,
        }
        html, text = (self.environment.get_template(name).render(values) for name in ("layout.html", "layout.txt"))
        return Mail(line, html, text)


def _catalog(locale: str) -> Translations:
    """A locale's texts as what `pybabel compile` makes of a .po file."""
    catalog, compiled = Catalog(locale=Locale.parse(locale, sep="-")), BytesIO()
    texts = json.loads((TEMPLATES / "mail" / TEMPLATE / f"{locale}.json").read_bytes())
    for key, text in texts.items():
        catalog.add(key, re.sub(r"\{(\w+)\}", r"%(\1)s", text))
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)


def _usual_writing(name: str) -> str:
    """Our layout as one writes it for gettext: every text is asked for where it stands, with the name it speaks of."""
    source = (TEMPLATES / "mail" / name).read_text()
    source = re.sub(r"\[#.*?#\]\n", "", source, flags=re.DOTALL)
    source = re.sub(r"\[\[ text\.(\w+) \]\]", lambda found: _call(found[1], html=name.endswith(".html")), source)
    return source.replace("[[", "{{").replace("]]", "}}")


def _call(key: str, html: bool) -> str:
    slot = TEXTS[key]
    if slot is None:
        return f'{{{{ _("{key}") }}}}'
    value = f'"<bdi>"|safe ~ {slot} ~ "</bdi>"|safe' if html else slot
    return f'{{{{ _("{key}", {slot}={value}) }}}}'

"""The folder of mail templates: what is to be said and in which locale in, subject, HTML and plain text out."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, FunctionLoader, StrictUndefined, Template, select_autoescape
from markupsafe import Markup, escape

from adapters.files.mail_texts import SLOTS, problems, read_texts
from domain.errors import Rejected
from domain.solicitation.mail import Mail, MailContent, nearest_locale
from domain.solicitation.names import isolated, shortened, tidy

ON_A_LINE, ON_A_PAGE = 60, 200  # characters of a name, in the subject line and below
BLANKS = Markup("&#847;&zwnj;&nbsp;") * 60


@dataclass(frozen=True, slots=True)
class Form:
    """One template in one locale: what is left to fill in for each mail."""

    ask: str
    ask_unnamed: str
    html: Template
    text: Template


@dataclass(frozen=True)
class MailTemplates:
    """`folder` is the one named `templates`. Below `mail`: one layout, and a folder an id with a file of texts a locale."""

    folder: Path

    def ids(self) -> frozenset[str]:
        """The template ids that a program may name."""
        return frozenset(path.name for path in (self.folder / "mail").iterdir() if path.is_dir())

    def locales(self, template_id: str) -> frozenset[str]:
        """Rejected: no such template; the text names those there are."""
        if template_id not in self.ids():
            raise Rejected(f"no mail template {template_id!r}; there are: {', '.join(sorted(self.ids()))}")
        return frozenset(path.stem for path in self.of(template_id).glob("*.json"))

    def of(self, template_id: str) -> Path:
        """The folder of a template's texts."""
        return self.folder / "mail" / template_id

    def render(self, template_id: str, locale: str, content: MailContent) -> Mail:
        """One mail, in the nearest locale there is. Rejected: no such template."""
        form = _form(self, template_id, locale)
        subject, name = tidy(content.subject_name), tidy(content.customer_name)
        line = form.ask.replace("{subject}", isolated(shortened(subject, ON_A_LINE))) if subject else form.ask_unnamed
        values = {
            "subject": shortened(subject, ON_A_PAGE) if subject else "",
            "name": shortened(name, ON_A_PAGE) if name else "",
            "program": tidy(content.program_name) or "",
        }
        set_apart = {slot: isolated(value) for slot, value in values.items()}
        return Mail(
            line,
            form.html.render(values, line=line, links=content.links),
            form.text.render(set_apart, links=content.links),
        )

    def compiled(self, template_id: str, locale: str) -> Form:
        """The form in a locale there is, built from the files."""
        texts = read_texts(self.of(template_id), locale)
        html, text = (self._per_mail.get_template(f"{template_id}/{locale}/layout.{part}") for part in ("html", "txt"))
        return Form(texts["ask"], texts["askUnnamed"], html, text)

    @cached_property
    def _per_mail(self) -> Environment:
        """Templates whose texts are in place; only the values of a mail are missing. Their names: template/locale/layout."""
        return Environment(
            loader=FunctionLoader(self._with_texts),
            autoescape=select_autoescape(("html",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            cache_size=-1,
            auto_reload=False,
        )

    @cached_property
    def _per_locale(self) -> Environment:
        return Environment(
            loader=FileSystemLoader(self.folder / "mail"),
            autoescape=select_autoescape(("html",)),
            undefined=StrictUndefined,
            variable_start_string="[[",
            variable_end_string="]]",
            block_start_string="[%",
            block_end_string="%]",
            comment_start_string="[#",
            comment_end_string="#]",
            trim_blocks=True,
            keep_trailing_newline=True,
        )

    def _with_texts(self, name: str) -> str:
        """A layout's source with a locale's texts, in which `{subject}` has become what Jinja fills in, set apart from its line."""
        template_id, locale, layout = name.split("/")
        slotted = _slotted_html if layout.endswith(".html") else _slotted_text
        texts = {key: slotted(text) for key, text in read_texts(self.of(template_id), locale).items()}
        return self._per_locale.get_template(layout).render(text=texts, locale=locale, blanks=BLANKS)


@lru_cache(maxsize=256)
def _form(templates: MailTemplates, template_id: str, locale: str) -> Form:
    return templates.compiled(template_id, nearest_locale(locale, templates.locales(template_id)))


def _slotted_html(text: str) -> Markup:
    html = escape(text)
    for slot in SLOTS:
        html = html.replace(f"{{{slot}}}", Markup("<bdi>{{{{ {} }}}}</bdi>").format(slot))
    return html


def _slotted_text(text: str) -> str:
    return text.replace("{", "{{ ").replace("}", " }}")


def check(folder: Path) -> list[str]:
    """What must be mended in a folder's templates before a mail can go out, one line each."""
    templates = MailTemplates(folder)
    return [problem for id in sorted(templates.ids()) for problem in problems(templates.of(id))]

"""A page in, its form out as a browser would send it: where to, and what is filled in, ticked and chosen."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin


@dataclass
class Form:
    """The first form of a page that posts. `choices`: values of radio buttons and check boxes by name; `given` is what is sent."""

    action: str
    choices: dict[str, list[str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    given: list[tuple[str, str]] = field(default_factory=list)

    def choose(self, name: str, number: int) -> None:
        """The choice of that number, from 0; nothing where the page offers none of that name."""
        if name in self.choices:
            self.given.append((name, self.choices[name][number]))

    def write(self, words: str) -> None:
        self.given += [(name, words) for name in self.texts]


class _Forms(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self._url, self._open = url, False
        self.form: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and self.form is None and found.get("method", "").lower() == "post":
            self.form, self._open = Form(urljoin(self._url, found.get("action", ""))), True
        if self.form is not None and self._open and found.get("name"):
            self._take(self.form, tag, found)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False

    def _take(self, form: Form, tag: str, found: dict[str, str]) -> None:
        name, kind = found["name"], found.get("type", "text")
        if tag == "textarea":
            form.texts.append(name)
        elif tag == "input" and kind in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(found.get("value", "on"))
        elif tag == "input" and kind == "hidden":
            form.given.append((name, found.get("value", "")))


def form_of(page: str, url: str) -> Form | None:
    """The page's form, `url` being where the page was found; None where it asks for nothing."""
    forms = _Forms(url)
    forms.feed(page)
    return forms.form

"""SES's outbox in, letters as their readers see them out: what is shown, what is fetched, and what no eye sees."""

import json
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from typing import Any


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail. `links` are those a person sees, in order: first the button, last the way out; `hidden` the others."""

    delivery: str
    campaign: str
    to: str
    accepted_at: datetime
    subject: str
    links: tuple[str, ...]
    hidden: tuple[str, ...]
    images: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def button(self) -> str:
        return self.links[0]

    @property
    def way_out(self) -> str:
        return self.links[-1]

    @property
    def one_click(self) -> str | None:
        """Where a mail program's own unsubscribe button posts to (RFC 8058)."""
        link = self.headers.get("List-Unsubscribe", "").split(",")[0].strip(" <>")
        return link if link and self.headers.get("List-Unsubscribe-Post") else None


class _Markup(HTMLParser):
    """Collects what a mail program would show, and fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.hidden: list[str] = []
        self.images: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in found:
            unseen = "display:none" in found.get("style", "").replace(" ", "")
            (self.hidden if unseen else self.links).append(found["href"])
        if tag == "img":
            self.images.append(found["src"])


def letters(ses: str, since: int) -> list[Letter]:
    """The mails of deliveries in the outbox at that endpoint but the first `since` of all, in the order in which they were accepted."""
    return [letter(mail) for mail in _outbox(ses, since) if "delivery" in mail["tags"]]


def count(ses: str) -> int:
    """How many mails are in the outbox at that endpoint."""
    return len(_outbox(ses, 0))


def _outbox(ses: str, since: int) -> list[Mapping[str, Any]]:
    with urllib.request.urlopen(f"{ses}/_sandbox/mails?since={since}", timeout=60) as answer:  # noqa: S310  our own address
        mails: list[Mapping[str, Any]] = json.load(answer)
    return mails


def letter(mail: Mapping[str, Any]) -> Letter:
    markup = _Markup()
    markup.feed(mail["html"])
    return Letter(
        delivery=mail["tags"]["delivery"],
        campaign=mail["tags"]["campaign"],
        to=mail["to"][0],
        accepted_at=datetime.fromisoformat(mail["acceptedAt"]),
        subject=mail["subject"],
        links=tuple(markup.links),
        hidden=tuple(markup.hidden),
        images=tuple(markup.images),
        headers=mail["headers"],
    )


def all_links(letter: Letter) -> Iterator[str]:
    yield from (*letter.links, *letter.hidden, *letter.images)

"""A letter in, the acts of its reader and of the machines before it out; each act, done over HTTP, tells what was done."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode, urljoin

import urllib3

from sandbox.gateway import INSTANT
from sandbox.people.forms import Form, form_of
from sandbox.people.habits import Habits, Reader, reader_of
from sandbox.people.mails import Letter, all_links

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.1 Mobile/15E148 Safari/604.1"
)
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
PREFETCHER = "Mozilla/5.0"  # all that Apple's Mail Privacy Protection says of itself
WORDS = (
    "Just what I was looking for.",
    "Es tut, was es soll, und das gut.",
    "Très bien, je le recommande.",
    "思っていたとおりでした。",
    "It took a while to get used to <it>, but now I use it daily & like it.",
)
AFTER_SCAN = timedelta(seconds=1)  # from the mail's acceptance to the first of a scanner's requests
BETWEEN = timedelta(milliseconds=80)
Done = Literal["opened", "clicked", "answered", "unsubscribed", "scanned", "prefetched", "refused"]


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done, and with what: the stars or the thumb of an answer, the status of a refusal."""

    delivery: str
    what: Done
    at: datetime
    value: str | None = None


@dataclass(frozen=True)
class Act:
    """What one reader, or one machine, does with one letter, from `at` on."""

    at: datetime
    letter: Letter
    reader: Reader
    machine: bool
    http: urllib3.PoolManager = field(repr=False)

    def perform(self) -> list[Deed]:
        visit = _Visit(self)
        if not self.machine:
            visit.read()
        elif self.reader.scanned:
            visit.scan()
        else:
            visit.prefetch()
        return visit.deeds


def acts_on(letter: Letter, habits: Habits, http: urllib3.PoolManager) -> Iterator[Act]:
    """Machines come within a second; people when they look into their mail."""
    reader = reader_of(letter.delivery, habits)
    if reader.scanned or reader.prefetched:
        yield Act(letter.accepted_at + AFTER_SCAN, letter, reader, True, http)
    if reader.opens:
        yield Act(letter.accepted_at + reader.after, letter, reader, False, http)


class _Visit:
    """The requests of one act, each at its own instant."""

    def __init__(self, act: Act) -> None:
        self._letter, self._reader, self._http, self._now = act.letter, act.reader, act.http, act.at
        self._agent = PREFETCHER if act.machine else PHONE if act.reader.draw < 0.6 else DESK
        self.deeds: list[Deed] = []

    def scan(self) -> None:
        """As mail gateways do: look at each link, then load it, the one that nobody sees too. They say they are browsers."""
        self._agent = DESK
        for link in all_links(self._letter):
            for method in ("HEAD", "GET"):
                self._ask(method, link)
                self._now += BETWEEN
        self._note("scanned")

    def prefetch(self) -> None:
        for image in self._letter.images:
            self._ask("GET", image)
        self._note("prefetched")

    def read(self) -> None:
        for image in self._letter.images:
            self._get(image)
        self._note("opened")
        self._now += timedelta(seconds=20)
        if self._reader.unsubscribes:
            self._unsubscribe()
        elif self._reader.clicks:
            self._follow()

    def _follow(self) -> None:
        page, url = self._get(self._letter.button)
        self._note("clicked")
        form = form_of(page, url)
        if self._reader.answers and form:
            self._now += timedelta(seconds=75)
            value = self._fill(form)
            if self._post(form.action, urlencode(form.given)):
                self._note("answered", value)

    def _fill(self, form: Form) -> str:
        reader = self._reader
        form.choose("stars", reader.stars - 1)
        form.choose("thumb", 0 if reader.likes else 1)
        if "tags" in form.choices and reader.draw < 0.5:
            form.choose("tags", int(2 * reader.draw * len(form.choices["tags"])))
        if reader.words is not None:
            form.write(WORDS[reader.words % len(WORDS)])
        return str(reader.stars) if "stars" in form.choices else "up" if reader.likes else "down"

    def _unsubscribe(self) -> None:
        """By the link at the mail's end and the page behind it, or by the mail program's own button."""
        if self._reader.draw < 0.5 and self._letter.one_click:
            done = self._post(self._letter.one_click, "List-Unsubscribe=One-Click")
        else:
            page, url = self._get(self._letter.way_out)
            form = form_of(page, url)
            done = form is not None and self._post(form.action, urlencode(form.given))
        if done:
            self._note("unsubscribed")

    def _get(self, url: str) -> tuple[str, str]:
        """The page that a link ends at, and its address; what is refused is noted."""
        answer = self._ask("GET", url)
        while answer.status in (301, 302, 303, 307, 308):
            url = urljoin(url, answer.headers["location"])
            answer = self._ask("GET", url)
        if answer.status != 200:
            self._note("refused", str(answer.status))
        return answer.data.decode(errors="replace"), url

    def _post(self, url: str, body: str) -> bool:
        answer = self._ask("POST", url, body=body, headers={"content-type": "application/x-www-form-urlencoded"})
        if answer.status == 303:
            self._get(urljoin(url, answer.headers["location"]))
        elif answer.status != 200:
            self._note("refused", str(answer.status))
        return answer.status in (200, 303)

    def _ask(self, method: str, url: str, **more: Any) -> urllib3.BaseHTTPResponse:
        headers = {"user-agent": self._agent, INSTANT: self._now.isoformat(), **more.pop("headers", {})}
        return self._http.request(method, url, headers=headers, redirect=False, **more)

    def _note(self, what: Done, value: str | None = None) -> None:
        self.deeds.append(Deed(self._letter.delivery, what, self._now, value))

"""The simulated people and machines: what they see in a real mail, what they do with it, and how often."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import mean
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import pytest
import urllib3

from adapters.files.mail_templates import MailTemplates
from domain.solicitation.mail import MailContent, MailLinks
from sandbox.people import MUSIC, REVIEWS, Act, Deed, Habits, Letter, acts_on
from sandbox.people.forms import form_of
from sandbox.people.habits import reader_of
from sandbox.people.mails import letter
from sandbox.synth import ROOT

TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
IDS = [f"{number:032x}" for number in range(20_000)]
STARS = "".join(f'<input type="radio" name="stars" value="{number}">' for number in range(1, 6))
FORM = f"""
<input type="hidden" name="elsewhere" value="1">
<form method="get"><input name="search"></form>
<form method="post" action="/r/answer"><input type="hidden" name="kept" value="k&amp;1">
{STARS}
<input type="radio" name="thumb" value="up"><input type="radio" name="thumb" value="down">
<textarea name="text"></textarea><button>Send</button></form>
<input type="hidden" name="after" value="1">
"""


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Pages(ThreadingHTTPServer):
    """The pages behind a mail's links, with a note of every request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.asked: list[Asked] = []
        self.endpoint = f"http://127.0.0.1:{self.server_address[1]}"


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Pages

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append(Asked(self.command, self.path, headers, body))
        self.send_response(410 if self.path == "/closed" else 200)
        self.send_header("content-length", "0" if self.command == "HEAD" else str(len(FORM)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else FORM.encode())

    do_GET = do_HEAD = do_POST = _answer

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def pages() -> Iterator[Pages]:
    with Pages() as running:
        Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def mail(pages: Pages) -> Letter:
    """A mail as `send` renders it."""
    links = MailLinks(*(f"{pages.endpoint}/{name}" for name in ("c", "o", "h", "u")))
    content = MailContent("Lantern", "Avery", "Reviews", "US", links)
    rendered = MailTemplates(ROOT / "templates").render("review-request-v3", "en-US", content)
    headers = {"List-Unsubscribe": f"<{pages.endpoint}/u>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    sent = {
        "html": rendered.html,
        "subject": rendered.subject,
        "headers": headers,
        "tags": {"delivery": IDS[0], "campaign": "product-reviews_2026-11-20_US"},
        "to": ["c1@example.com"],
        "acceptedAt": TEN.isoformat(),
    }
    return letter(sent)


def everybody(**habit: float) -> Habits:
    """Habits that nobody has but those named."""
    nothing = {"opened": 0.0, "clicked": 0.0, "answered": 0.0, "unsubscribed": 0.0, "scanned": 0.0, "prefetched": 0.0}
    return Habits(**{**nothing, **habit})  # type: ignore[arg-type]


def lived(mail: Letter, **habit: float) -> list[Deed]:
    http = urllib3.PoolManager(retries=False)
    return [deed for act in acts_on(mail, everybody(**habit), http) for deed in act.perform()]


def asked(pages: Pages) -> list[str]:
    return [f"{request.method} {request.path}" for request in pages.asked]


def test_a_mail_shows_its_button_first_its_way_out_last_and_hides_the_trap(mail: Letter, pages: Pages) -> None:
    assert mail.button == f"{pages.endpoint}/c"
    assert mail.way_out == f"{pages.endpoint}/u"
    assert mail.hidden == (f"{pages.endpoint}/h",)
    assert mail.images == (f"{pages.endpoint}/o",)
    assert mail.one_click == f"{pages.endpoint}/u"


def test_who_answers_opens_clicks_and_sends_the_form_that_is_there(mail: Letter, pages: Pages) -> None:
    deeds = lived(replace(mail, delivery=IDS[3]), opened=1.0, clicked=1.0, answered=1.0)
    assert asked(pages) == ["GET /o", "GET /c", "POST /r/answer"]
    assert [deed.what for deed in deeds] == ["opened", "clicked", "answered"]
    given = dict(parse_qsl(pages.asked[-1].body.decode()))
    assert given["kept"] == "k&1"
    assert given["stars"] == deeds[-1].value
    assert "thumb" in given
    assert "elsewhere" not in given
    assert "after" not in given


def test_a_persons_requests_come_from_a_browser_each_later_than_the_one_before(mail: Letter, pages: Pages) -> None:
    lived(mail, opened=1.0, clicked=1.0, answered=1.0)
    instants = [datetime.fromisoformat(request.headers["x-sandbox-time"]) for request in pages.asked]
    assert instants == sorted(set(instants))
    assert instants[0] > TEN
    assert all("Mozilla/5.0 (" in request.headers["user-agent"] for request in pages.asked)


def test_a_scanner_follows_every_link_at_once_and_sends_nothing(mail: Letter, pages: Pages) -> None:
    assert [deed.what for deed in lived(mail, scanned=1.0)] == ["scanned"]
    assert asked(pages) == [f"{method} /{name}" for name in "cuho" for method in ("HEAD", "GET")]
    instants = [datetime.fromisoformat(request.headers["x-sandbox-time"]) for request in pages.asked]
    assert (instants[-1] - instants[0]).total_seconds() < 1
    assert all(request.body == b"" for request in pages.asked)


def test_a_prefetcher_takes_only_the_image_and_says_little_of_itself(mail: Letter, pages: Pages) -> None:
    assert [deed.what for deed in lived(mail, prefetched=1.0)] == ["prefetched"]
    assert [(request.path, request.headers["user-agent"]) for request in pages.asked] == [("/o", "Mozilla/5.0")]


def test_one_leaves_by_the_page_or_by_the_mail_programs_button(mail: Letter, pages: Pages) -> None:
    by_draw = sorted(IDS[:20], key=lambda id: reader_of(id, REVIEWS).draw)
    for delivery in (by_draw[0], by_draw[-1]):
        assert [d.what for d in lived(replace(mail, delivery=delivery), unsubscribed=1.0)] == ["opened", "unsubscribed"]
    assert asked(pages) == ["GET /o", "POST /u", "GET /o", "GET /u", "POST /r/answer"]
    assert pages.asked[1].body == b"List-Unsubscribe=One-Click"


def test_what_is_refused_is_told(mail: Letter, pages: Pages) -> None:
    deeds = lived(replace(mail, links=(f"{pages.endpoint}/closed",)), opened=1.0, clicked=1.0)
    assert [(deed.what, deed.value) for deed in deeds if deed.what == "refused"] == [("refused", "410")]


@pytest.mark.parametrize("habits", [REVIEWS, MUSIC])
def test_readers_do_what_they_do_at_the_seeds_rates(habits: Habits) -> None:
    readers = [reader_of(id, habits) for id in IDS]
    assert mean(reader.opens for reader in readers) == pytest.approx(habits.opened + habits.unsubscribed, abs=0.01)
    assert mean(reader.clicks for reader in readers) == pytest.approx(habits.clicked, abs=0.01)
    assert mean(reader.answers for reader in readers) == pytest.approx(habits.answered, abs=0.006)
    assert mean(reader.scanned for reader in readers) == pytest.approx(habits.scanned, abs=0.006)
    assert mean(reader.stars for reader in readers) == pytest.approx(4.2, abs=0.03)
    assert mean(reader.likes for reader in readers) == pytest.approx(habits.liked, abs=0.01)
    assert all(reader.clicks for reader in readers if reader.answers)
    assert all(reader.opens and not reader.unsubscribes for reader in readers if reader.clicks)


def test_the_same_delivery_always_has_the_same_reader() -> None:
    assert [reader_of(id, REVIEWS) for id in IDS[:50]] == [reader_of(id, REVIEWS) for id in IDS[:50]]


def test_machines_come_before_people(mail: Letter) -> None:
    acts: list[Act] = list(acts_on(mail, everybody(opened=1.0, scanned=1.0), urllib3.PoolManager()))
    assert [act.machine for act in sorted(acts, key=lambda act: act.at)] == [True, False]


def test_a_page_without_a_form_that_posts_asks_for_nothing() -> None:
    assert form_of('<form method="get" action="/x"><input name="a"></form>', "http://127.0.0.1/r/1") is None
    form = form_of('<form method="POST"><textarea name="text"></textarea></form>', "http://127.0.0.1/r/1")
    assert form
    assert (form.action, form.texts) == ("http://127.0.0.1/r/1", ["text"])

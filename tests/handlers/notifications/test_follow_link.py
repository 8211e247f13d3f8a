"""A short link leads to its event's page and nowhere else; a way out of reminders is taken by a button, never by a look."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from botocore.exceptions import EndpointConnectionError
from changed_rows import EVENT, OPENED, PHONE
from notifications_world import STATE, notifications_world, own
from told import listening

from adapters.aws.opt_out_list import OptOutList
from adapters.files.links import Links
from adapters.files.page_templates import PageTemplates, check
from adapters.files.reminder_links import ReminderLinks
from domain.notifications.keys import opt_out
from handlers.notifications import follow_link
from handlers.notifications.rules import folder
from sandbox.gateway.payload import Call, event_of, response_of

ADDRESS = "fan@example.com"
EXPIRY = int((OPENED + timedelta(days=90)).timestamp())
LINKS = ReminderLinks("", ["a-key-of-tests"])
WAY_OUT = LINKS.unsubscribe("email", ADDRESS, EXPIRY)
FORM = {"content-type": "application/x-www-form-urlencoded"}
KEY = opt_out("email", ADDRESS)


@pytest.fixture(scope="module")
def whole():
    with notifications_world(follow_link) as world:
        yield world


@pytest.fixture
def world(whole):
    """One world for all, tidied up: a page changes little."""
    whole.put(EVENT.row())
    whole.forget(KEY, STATE)
    whole.calls.made.clear()
    follow_link.live.cache_clear()
    return whole


def ask(method, path, form=None, *, query="", at: datetime = OPENED, body=None, **headers):
    sent = urlencode(form).encode() if form is not None else body or b""
    given = {"host": "go.example.com", **(FORM if form is not None else {}), **headers}
    event = event_of(Call(method, path, query, given, sent), "api", "$default", {}, at)
    answer = response_of(follow_link.handler(event, None))
    return SimpleNamespace(
        status=answer.status, headers=dict(answer.headers), body=answer.body, text=unescape(answer.body.decode())
    )


def out(world):
    item = world.row(KEY, STATE)
    return item and item["out"]


def test_a_short_link_leads_to_the_events_page(world):
    reply = ask("GET", "/e/Z7r9")
    assert (reply.status, reply.headers["location"], reply.body) == (302, EVENT.url, b"")
    assert reply.headers["cache-control"] == "public, max-age=60"
    assert ask("HEAD", "/e/Z7r9").headers["location"] == EVENT.url
    assert set(world.calls.made) == {"dynamodb.GetItem"}


@pytest.mark.parametrize(
    "path",
    [
        "/e/gone",
        "/e/",
        "/e",
        "/",
        "/e/Z7r9/x",
        "/e/..%2fu",
        "/e/" + "a" * 3000,
        "/e/%00",
        "/e/:x%20=%20:y",
        "/x/Z7r9",
        "/e/%F0%9F%8E%AB",
    ],
)
def test_a_link_that_nothing_is_behind_shows_a_page_that_says_so(world, path):
    reply = ask("GET", path)
    assert (reply.status, reply.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "location" not in reply.headers


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//other.example", "https://a@other.example", "", "data:text/html,x"]
)
def test_nobody_is_led_to_what_is_no_page_on_the_web(world, url):
    world.put(replace(EVENT, url=url).row())
    assert ask("GET", "/e/Z7r9").status == 404


@pytest.mark.parametrize("query", ["url=https://other.example", "to=//other.example", "locale=https://other.example"])
def test_nothing_that_is_asked_changes_where_it_leads(world, query):
    assert ask("GET", "/e/Z7r9", query=query).headers["location"] == EVENT.url


def test_a_look_at_the_way_out_changes_nothing(world):
    page = ask("GET", WAY_OUT)
    assert page.status == 200
    assert "Stop reminder emails?" in page.text
    assert f'<form method="post" action="{WAY_OUT}">' in page.text
    ask("HEAD", WAY_OUT)
    assert set(world.calls.made) <= {"secretsmanager.GetSecretValue"}
    assert out(world) is None


def test_the_button_takes_the_address_out_and_another_back_in(world):
    page = ask("POST", WAY_OUT, {})
    assert "You will get no more reminders" in page.text
    assert out(world) is True
    again = ask("POST", WAY_OUT, {"undo": "1"}, at=OPENED + timedelta(seconds=5))
    assert "You will get reminders again" in again.text
    assert out(world) is False


@pytest.mark.parametrize("body", [b"List-Unsubscribe=One-Click", b"", b"\xff\xfe", b"a=" * 400])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
def test_one_click_of_a_mail_program_is_enough(world, body, kind):
    assert ask("POST", WAY_OUT, body=body, **{"content-type": kind}).status == 200
    assert out(world) is True


def test_the_sender_finds_who_has_left(world):
    ask("POST", WAY_OUT, {})
    addresses = [("email", ADDRESS.upper()), ("email", "other@example.com"), ("sms", PHONE)]
    with world.calls.own():
        assert OptOutList(own("dynamodb"), STATE).standing(addresses) == {("email", ADDRESS.upper())}
    assert ADDRESS not in json.dumps(world.rows(table=STATE))


@pytest.mark.parametrize(
    "token",
    [
        "x",
        WAY_OUT[3:-4],
        WAY_OUT[3:] + "A",
        Links("", LINKS.keys).token("unsubscribe", "d" * 32, EXPIRY),
        ReminderLinks("", ["another key"]).token(KEY, EXPIRY),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_forged_way_out_leads_nowhere(world, token, method):
    assert ask(method, f"/u/{token}", body=b"List-Unsubscribe=One-Click").status == 404
    assert out(world) is None


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_way_out_that_has_expired_says_so(world, method):
    assert ask(method, WAY_OUT, at=OPENED + timedelta(days=90)).status == 410
    assert out(world) is None


@pytest.mark.parametrize(("method", "path"), [("POST", "/e/Z7r9"), ("DELETE", WAY_OUT), ("PUT", WAY_OUT)])
def test_other_methods_are_told_which_there_are(world, method, path):
    reply = ask(method, path)
    assert reply.status == 405
    assert reply.headers["allow"] == follow_link.ALLOWED[path[1]]


@pytest.mark.parametrize(
    ("query", "header", "lang", "words"),
    [
        ("", "", "en", "Stop reminder emails?"),
        ("", "fr-CA,fr;q=0.9", "fr-CA", "Ne plus recevoir de rappels par courriel?"),
        ("", "de-DE", "en", "Stop reminder emails?"),
        ("locale=fr-ca", "en-US", "fr-CA", "Arrêter les rappels"),
        ("locale=en_ca", "fr", "en-CA", "Stop reminders"),
        ("locale=%3Cscript%3E", "fr", "fr", "Arrêter les rappels"),
    ],
)
def test_a_page_speaks_the_visitors_language(world, query, header, lang, words):
    page = ask("GET", WAY_OUT, query=query, **{"accept-language": header})
    assert f'<html lang="{lang}"' in page.text
    assert words in page.text


def test_a_number_is_spoken_of_as_one(world):
    way_out = LINKS.unsubscribe("sms", PHONE, EXPIRY)
    assert "texts?" in ask("GET", way_out).text
    assert "phone number" in ask("POST", way_out, {}).text


@pytest.mark.parametrize("path", ["/e/Z7r9", WAY_OUT, "/e/gone", "/u/x", "/nothing"])
def test_every_answer_keeps_the_visit_private(world, path):
    headers = ask("GET", path).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert path == "/e/Z7r9" or headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("method", "path"), [("GET", "/e/Z7r9"), ("POST", WAY_OUT), ("GET", WAY_OUT)])
def test_while_a_table_or_the_secret_is_away_the_page_asks_for_patience(world, method, path):
    def away():
        raise EndpointConnectionError(endpoint_url="https://aws")

    with world.calls.before(1, away):
        reply = ask(method, path)
    assert (reply.status, reply.headers["retry-after"]) == (503, "10")
    assert ask(method, path).status in (200, 302)


def test_a_secret_without_keys_is_an_outage_and_no_forgery(world):
    with world.calls.own():
        own("secretsmanager").put_secret_value(SecretId="links", SecretString="{}")
    try:
        assert ask("GET", WAY_OUT).status == 503
    finally:
        with world.calls.own():
            own("secretsmanager").put_secret_value(SecretId="links", SecretString='{"keys": "a-key-of-tests"}')


def test_no_log_tells_a_token_or_an_address(world, caplog, capsys):
    with listening(caplog, "follow_link") as told:
        for method, path in (("POST", WAY_OUT), ("GET", WAY_OUT), ("GET", "/e/Z7r9"), ("GET", "/u/secret-token")):
            ask(method, path)
        text = told(capsys)
    assert "unsubscribed" in text
    assert not [it for it in (WAY_OUT[3:], ADDRESS, "secret-token", KEY.pk) if it in text]


def test_the_pages_have_all_their_texts_in_every_locale():
    templates = folder().parent / "templates" / "reminder"
    assert check(templates) == []
    assert {"en", "en-US", "en-CA", "fr", "fr-CA"} == PageTemplates(templates).locales

"""The Discovery API's adapter against its stand-in: every answer it can give, and where the key must not be."""

import logging
import traceback
from datetime import UTC, datetime

import orjson
import pytest

from adapters.http.discovery import LARGEST, Discovery, NotFound, checked_id
from adapters.http.outside import MOST, Throttled, http
from domain.errors import Rejected, Unavailable
from sandbox.aws_http import Reply
from sandbox.discovery import DiscoveryServer
from sandbox.sample.events import event_document

NOW = datetime(2026, 12, 4, 9, 30, tzinfo=UTC)
KEY = "discovery-test"


class Tokens:
    """What the services' secret holds."""

    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:services"

    def one(self, name, now):
        assert name == "discoveryKey"
        return KEY


class Scripted(DiscoveryServer):
    """Answers with `reply`, where there is one."""

    reply = None

    def answer(self, request):
        self.request = request
        return self.reply or super().answer(request)


@pytest.fixture(scope="module")
def server():
    with Scripted() as server:
        yield server


@pytest.fixture
def vendor(server):
    server.reply, server.faults = None, type(server.faults)()
    server.add(event_document("E1", artist="Beyoncé", onsale=NOW))
    return server


def discovery(vendor, **more):
    return Discovery(http(), vendor.endpoint, Tokens(), timeout=(1.0, 0.3), **more)


def test_an_event_is_told_as_the_vendor_has_it(vendor):
    assert discovery(vendor).event("E1", NOW) == vendor.documents["E1"]
    assert vendor.request.query == f"apikey={KEY}&locale=%2A&includeLicensedContent=yes"


def test_only_the_vendors_own_word_says_that_there_is_no_such_event(vendor):
    with pytest.raises(NotFound):
        discovery(vendor).event("none", NOW)
    vendor.reply = Reply(b"<h1>no such gateway</h1>", "text/html", 404)
    with pytest.raises(Unavailable, match="404"):
        discovery(vendor).event("E1", NOW)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Rate-Limit-Reset": "1000500"}, 500),
        ({"Rate-Limit-Reset": "1"}, 1),
        ({"Rate-Limit-Reset": "9" * 30}, MOST),
        ({"Rate-Limit-Reset": "soon", "Retry-After": "7"}, 7),
        ({"Retry-After": "7"}, 7),
        ({}, 2),
    ],
)
def test_a_throttled_call_says_for_how_long(vendor, headers, seconds):
    vendor.reply = Reply(b"{}", status=429, headers=headers)
    with pytest.raises(Throttled) as throttled:
        discovery(vendor, clock=lambda: 500.5).event("E1", NOW)
    assert throttled.value.seconds == seconds


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_is_called_by_its_place(vendor, status):
    vendor.reply = Reply(b"{}", status=status)
    with pytest.raises(Unavailable, match="mend discoveryKey in the secret arn:aws"):
        discovery(vendor).event("E1", NOW)


@pytest.mark.parametrize(
    "reply",
    [
        *(Reply(b"{}", status=status) for status in (302, 400, 408, 410, 500, 503, 599)),
        *(Reply(body) for body in (b"", b"{}", b"[]", b"null", b"<html>", b'{"id": ""}', b'{"id"', b"\xff\xfe")),
        Reply(orjson.dumps({"id": "E1", "x": "y" * LARGEST})),
        Reply(orjson.dumps({"id": "E1"}), broken_off=True),
        Reply(b'{"id": "E1"}', headers={"Content-Encoding": "gzip"}),
        Reply(b'{"errors": "DIS1004"}', status=404),
        Reply(b'{"errors": ["DIS1004"]}', status=404),
    ],
    ids=lambda it: f"{it.status}-{it.body[:12]}",
)
def test_what_is_no_event_is_asked_for_again_later(vendor, reply):
    vendor.reply = reply
    with pytest.raises(Unavailable):
        discovery(vendor).event("E1", NOW)


def test_the_key_is_carried_nowhere_else(vendor):
    with DiscoveryServer() as elsewhere:
        vendor.reply = Reply(b"", status=302, headers={"Location": f"{elsewhere.endpoint}/discovery/v2/events/E1.json"})
        with pytest.raises(Unavailable, match="302"):
            discovery(vendor).event("E1", NOW)
        assert not elsewhere.calls


def test_an_answer_that_comes_by_drops_is_not_waited_for(vendor):
    with pytest.raises(Unavailable, match="too slow"):
        discovery(vendor, whole=-1.0).event("E1", NOW)


@pytest.mark.parametrize("id", ["", "../events", "a/b", "a%2Fb", "a?apikey=x", "é", "a" * 65, "a\n", 7, None])
def test_no_hostile_id_becomes_part_of_an_address(vendor, id):
    calls = sum(vendor.calls.values())
    with pytest.raises(Rejected):
        discovery(vendor).event(id, NOW)
    assert sum(vendor.calls.values()) == calls


def test_an_id_of_the_vendors_is_one():
    assert checked_id("vvG1zZ9_kXb-Q2aB") == "vvG1zZ9_kXb-Q2aB"


@pytest.mark.parametrize("fault", ["failing", "hang", "broken_off", "throttled", "gone", "none", "nowhere"])
def test_the_key_is_in_no_text_no_traceback_and_no_log(vendor, fault, caplog):
    caplog.set_level(logging.DEBUG)
    asked = discovery(vendor)
    if fault == "gone":
        asked = Discovery(http(), "http://127.0.0.1:9", Tokens())
    elif fault == "nowhere":
        asked = Discovery(http(), "http://no-such-host.invalid", Tokens())
    elif fault != "none":
        setattr(vendor.faults, fault, 1)
    try:
        asked.event("none" if fault == "none" else "E1", NOW)
    except (Rejected, Unavailable) as error:
        told = "".join(traceback.format_exception(error))
    assert KEY not in told
    assert "apikey" not in told
    assert KEY not in caplog.text

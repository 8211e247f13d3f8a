"""The adapter of the SMS service against its stand-in over HTTP: what is sent, and what each answer is taken for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from adapters.http.outside import http
from adapters.http.sms_service import LONGEST, SmsService
from domain.errors import Unavailable
from domain.notifications.instants import iso
from domain.notifications.keys import Key
from domain.notifications.sms import Accepted, Refusal, Text
from sandbox.aws_http import Reply
from sandbox.outside import json_reply
from sandbox.sms_service import SmsServer

AT = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
TEXT = Text("+12135550199", "soon", "m1", "g1", "app", {"pk": "fan:f1", "sk": "n#1"}, AT + timedelta(minutes=30))


@dataclass
class Tokens:
    known: str | None = "sms-test"

    def one(self, name, now):
        if self.known is None:
            raise Unavailable("put it there")
        return self.known


@pytest.fixture
def server():
    with SmsServer() as server:
        yield server


@pytest.fixture
def service(server):
    return SmsService(http(), server.endpoint, Tokens(), timeout=(0.3, 0.3))


def test_a_text_travels_whole(server):
    service = SmsService(http(), server.endpoint, Tokens(), vendor="v1")
    assert service.send(TEXT, AT) == Accepted()
    [sent] = server.accepted
    assert (sent.to, sent.text, sent.message_id, sent.group_id) == (TEXT.to, "soon", "m1", "g1")
    assert (sent.app_id, sent.metadata, sent.expires_at) == ("app", TEXT.metadata, iso(TEXT.expires_at))


def test_the_same_text_again_is_taken_once(server, service):
    assert [service.send(TEXT, AT), service.send(TEXT, AT)] == [Accepted(), Accepted()]
    assert len(server.accepted) == 1


def answering(server, reply):
    server.answer = lambda request: reply


@pytest.mark.parametrize(
    ("reply", "refusal"),
    [
        (
            json_reply({"message": "Bad", "error": {"detail": "Invalid phone number"}}, 400),
            (400, "Invalid phone number"),
        ),
        (json_reply({"message": "Bad"}, 400), (400, "Bad")),
        (json_reply({"message": "Bad", "error": "text"}, 400), (400, "Bad")),
        (json_reply({"message": 7, "error": {"detail": " "}}, 400), (400, "answered 400")),
        (json_reply([1], 422), (422, "answered 422")),
        (Reply(b"<html>", status=503), (503, "answered 503")),
        (Reply(b"", status=302, headers={"Location": "/elsewhere"}), (302, "answered 302")),
        (json_reply({"message": "x" * 999}, 400), (400, "x" * LONGEST)),
    ],
)
def test_a_refusal_has_its_nested_detail_or_whatever_there_is(server, service, reply, refusal):
    answering(server, reply)
    assert service.send(TEXT, AT) == Refusal(*refusal)


@pytest.mark.parametrize(("told", "seconds"), [("7", 7.0), ("0", 1.0), ("Fri, 04 Dec 2026 18:00:00 GMT", 30.0)])
def test_how_long_to_wait_is_read_from_the_answer(server, service, told, seconds):
    answering(server, json_reply({}, 429, {"Retry-After": told}))
    assert service.send(TEXT, AT).retry_after == seconds


@pytest.mark.parametrize(
    ("status", "ambiguous"), [(500, False), (502, True), (503, False), (504, True), (521, False), (524, True)]
)
def test_a_gateway_does_not_know_what_the_service_did(server, service, status, ambiguous):
    answering(server, Reply(b"", status=status))
    assert service.send(TEXT, AT).ambiguous is ambiguous


@pytest.mark.parametrize("fault", ["hang", "unanswered"])
def test_no_answer_leaves_a_doubt(server, service, fault):
    setattr(server.faults, fault, 1)
    outcome = service.send(TEXT, AT)
    assert (outcome.status_code, outcome.ambiguous) == (0, True)


def test_a_service_that_is_not_there_has_heard_nothing():
    outcome = SmsService(http(), "http://127.0.0.1:9", Tokens()).send(TEXT, AT)
    assert (outcome.status_code, outcome.ambiguous) == (0, False)


def test_without_a_token_no_call_is_made(server):
    with pytest.raises(Unavailable):
        SmsService(http(), server.endpoint, Tokens(None)).send(TEXT, AT)
    assert not server.calls


def test_a_text_shows_neither_number_nor_words():
    assert TEXT.to not in repr(TEXT)
    assert "soon" not in repr(TEXT)
    assert TEXT.key == Key("fan:f1", "n#1")

"""A call of Bitly: what its answers, its silence and its refusals mean."""

import pytest

from adapters.http.bitly import Bitly
from adapters.http.outside import Throttled, http
from domain.errors import Rejected, Unavailable
from sandbox.aws_http import Reply
from sandbox.bitly import BitlyServer

PAGE = "https://tickets.example.com/e/secret-page"


class Tokens:
    """What a secret would hold."""

    def __init__(self, token="bitly-test"):
        self.token = token

    def one(self, name, now):
        assert name == "bitlyToken"
        return self.token


@pytest.fixture
def server():
    with BitlyServer() as server:
        yield server


def shorten(url, token="bitly-test"):
    return Bitly(http(), url, Tokens(token), timeout=(1.0, 0.2)).shorten(PAGE, None)


def answering(server, body, status=200, headers=None):
    server.answer = lambda request: Reply(body, status=status, headers=headers or {})


def test_a_link_is_made_once_and_told_again(server):
    assert shorten(server.endpoint) == shorten(server.endpoint) == next(iter(server.links))


@pytest.mark.parametrize("kind", ["failing", "failing_late", "unanswered", "broken_off", "hang"])
def test_whatever_went_wrong_the_same_call_may_be_made_again(server, kind):
    setattr(server.faults, kind, 1)
    with pytest.raises(Unavailable):
        shorten(server.endpoint)
    assert shorten(server.endpoint) in server.links


def test_throttling_says_for_how_long(server):
    server.faults.throttled, server.faults.patience = 1, 11
    with pytest.raises(Throttled) as caught:
        shorten(server.endpoint)
    assert caught.value.seconds == 11


def test_a_month_that_is_used_up_is_throttling_too(server):
    server.monthly = 0
    with pytest.raises(Throttled):
        shorten(server.endpoint)


def test_a_service_that_is_not_there_may_be_there_later():
    with pytest.raises(Unavailable):
        shorten("http://127.0.0.1:9")


def test_a_plan_that_does_not_hold_it_never_will(server):
    server.unpaid = True
    with pytest.raises(Rejected):
        shorten(server.endpoint)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"link": 7}',
        b'{"link": "javascript:alert(1)"}',
        b'{"link": "bit.ly/x"}',
        b'{"link": "https://x.example/' + b"a" * 64 + b'"}',
    ],
)
def test_a_good_status_without_a_short_link_is_none(server, body):
    answering(server, body)
    with pytest.raises(Rejected):
        shorten(server.endpoint)


def test_a_redirect_is_not_followed_with_the_token(server):
    answering(server, b"", 307, {"Location": f"{server.endpoint}/elsewhere"})
    with pytest.raises(Unavailable):
        shorten(server.endpoint)
    assert set(server.calls) == {"/v4/shorten"}


@pytest.mark.parametrize("fault", ["failing", "throttled", "unanswered", "broken_off"])
def test_no_error_tells_the_token_or_the_page(server, fault):
    setattr(server.faults, fault, 1)
    with pytest.raises(Unavailable) as caught:
        shorten(server.endpoint)
    told = f"{caught.value} {caught.value.__cause__!r}"
    assert "bitly-test" not in told
    assert "secret-page" not in told


def test_a_token_that_is_wrong_can_be_put_right(server):
    with pytest.raises(Unavailable, match="bitlyToken") as caught:
        shorten(server.endpoint, token="wrong-one")
    assert "wrong-one" not in str(caught.value)

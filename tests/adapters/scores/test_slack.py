"""Slack over real HTTP, through slack_sdk: what was posted, what was not, and what nobody knows."""

import json
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from adapters.aws.service_secrets import ServiceSecrets
from adapters.http.outside import Throttled
from adapters.http.slack import Refused, Slack
from domain.errors import Unavailable, Unknown
from domain.scores.verdict_words import Post
from sandbox.aws_http import Reply
from sandbox.slack import SlackServer

NOW = datetime(2026, 2, 13, 10, tzinfo=UTC)
POST = Post("a sentence", ({"type": "section"},), ({"color": "good"},))
LATER = timedelta(days=1)


@pytest.fixture
def server():
    with SlackServer(clock=NOW.timestamp) as running:
        yield running


@contextmanager
def reached(server, url=None, **secret):
    with mock_aws():
        client = boto3.client("secretsmanager", "eu-west-1")
        client.create_secret(Name="services", SecretString=json.dumps(secret))
        yield Slack(url or f"{server.endpoint}/api/", ServiceSecrets(client, "services"), timeout=2)


@pytest.fixture
def slack(server):
    with reached(server, slackToken="xoxb-test\n") as found:
        yield found


@pytest.fixture
def hook(server):
    with reached(server, slackWebhook=server.webhook) as found:
        yield found


def answering(server, body, status=200):
    server.answer = lambda request: Reply(body, status=status, content_type="text/html")


def test_a_post_has_its_words_and_its_verdicts_key(server, slack):
    ts = slack.post("scrubbed", POST, "k1", NOW)
    [message] = server.posted("scrubbed")
    assert message["ts"] == ts
    assert (message["text"], message["blocks"], message["attachments"]) == (
        "a sentence",
        [*POST.blocks],
        [*POST.attachments],
    )
    assert message["metadata"] == {"event_type": "ovation_verdict", "event_payload": {"verdict": "k1"}}


@pytest.mark.parametrize("channel", ["scrubbed", "#scrubbed", "C00000001"])
def test_a_post_is_found_by_its_key_however_the_channel_is_called(slack, channel):
    ts = slack.post(channel, POST, "k1", NOW)
    slack.post(channel, POST, "k2", NOW)
    assert slack.find(channel, "k1", NOW, NOW) == ts
    assert slack.find(channel, "k3", NOW, NOW) is None


def test_a_post_is_found_among_hundreds_of_others(server, slack):
    ts = slack.post("scrubbed", POST, "k1", NOW)
    for _ in range(450):
        server._keep("C00000001", {"text": "somebody else's"})
    slack.find("scrubbed", "k0", NOW, NOW)  # names are kept
    server.calls.clear()
    assert slack.find("scrubbed", "k1", NOW, NOW) == ts
    assert server.calls == {"/api/conversations.history": 3}


def test_a_channel_among_hundreds_is_found_by_its_name(server, slack):
    server.channels = {f"C{number:08d}": f"other-{number}" for number in range(2, 500)} | {"C99999999": "scrubbed"}
    ts = slack.post("scrubbed", POST, "k1", NOW)
    assert slack.find("scrubbed", "k1", NOW, NOW) == ts


def test_only_what_came_since_then_is_looked_at(slack):
    slack.post("scrubbed", POST, "k1", NOW)
    assert slack.find("scrubbed", "k1", NOW + timedelta(seconds=59), NOW)
    assert slack.find("scrubbed", "k1", NOW + timedelta(seconds=61), NOW) is None


@pytest.mark.parametrize("by", ["slack", "hook"])
def test_a_throttled_post_says_how_long_to_wait(server, by, request):
    server.faults.throttled, server.faults.patience = 1, 12
    with pytest.raises(Throttled) as found:
        request.getfixturevalue(by).post("scrubbed", POST, "k1", NOW)
    assert found.value.seconds == 12
    assert server.messages == []


@pytest.mark.parametrize("by", ["slack", "hook"])
@pytest.mark.parametrize("fault", ["failing", "failing_late", "unanswered", "hang"])
def test_an_answer_that_is_lost_leaves_a_doubt_and_nothing_is_tried_twice(server, by, fault, request):
    setattr(server.faults, fault, 1)
    with pytest.raises(Unknown):
        replace(request.getfixturevalue(by), timeout=0.3).post("scrubbed", POST, "k1", NOW)
    assert sum(server.calls.values()) == 1
    assert len(server.messages) == (fault in ("failing_late", "unanswered"))


DOUBTS = [
    (b"<html>bad gateway</html>", 502),
    (b"<html>are you there?</html>", 200),
    (b'{"ok": false, "error": "internal_error"}', 200),
    (b'{"ok": false, "error": "fatal_error"}', 200),
    (b'{"ok": false}', 200),
    (b"", 200),
    (b"null", 200),
    (b"{}", 408),
]


@pytest.mark.parametrize(("body", "status"), DOUBTS)
def test_an_answer_that_is_none_leaves_a_doubt(server, slack, body, status):
    answering(server, body, status)
    with pytest.raises(Unknown):
        slack.post("scrubbed", POST, "k1", NOW)


@pytest.mark.parametrize(
    "error", ["channel_not_found", "not_in_channel", "missing_scope", "account_inactive", "msg_too_long"]
)
def test_what_slack_says_no_to_is_refused_in_its_words(server, slack, error):
    answering(server, json.dumps({"ok": False, "error": error}).encode())
    with pytest.raises(Refused, match=error):
        slack.post("scrubbed", POST, "k1", NOW)


@pytest.mark.parametrize("error", ["ratelimited", "rate_limited", "message_limit_exceeded"])
def test_a_limit_that_is_told_without_a_time_is_half_a_minute(server, slack, error):
    answering(server, json.dumps({"ok": False, "error": error}).encode())
    with pytest.raises(Throttled) as found:
        slack.post("scrubbed", POST, "k1", NOW)
    assert found.value.seconds == 30


def test_a_token_that_is_refused_and_a_channel_that_is_not_there_are_refused(server, slack):
    with pytest.raises(Refused, match="channel_not_found"):
        slack.post("elsewhere", POST, "k1", NOW)
    server.token = "xoxb-another"
    with pytest.raises(Refused, match="invalid_auth"):
        slack.post("scrubbed", POST, "k1", NOW)
    with pytest.raises(Refused, match="invalid_auth"):
        slack.find("C00000001", "k1", NOW, NOW)


@pytest.mark.parametrize("by", ["slack", "hook"])
def test_a_slack_that_is_not_there_has_heard_nothing(server, by, request):
    found = request.getfixturevalue(by)
    server.stop()
    with pytest.raises(Unavailable, match="not reached"):
        found.post("scrubbed", POST, "k1", NOW)


def test_a_line_that_breaks_leaves_a_doubt():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=lambda: listening.accept()[0].close(), daemon=True).start()
        with (
            reached(None, f"http://127.0.0.1:{listening.getsockname()[1]}/api/", slackToken="x") as slack,
            pytest.raises(Unknown),
        ):
            slack.post("scrubbed", POST, "k1", NOW)


@pytest.mark.parametrize("fault", ["failing", "throttled", "hang"])
def test_whoever_may_not_look_does_not_know_that_there_is_nothing(server, slack, fault):
    slack.post("scrubbed", POST, "k1", NOW)
    setattr(server.faults, fault, 1)
    with pytest.raises(Unavailable):
        replace(slack, timeout=0.3).find("C00000001", "k1", NOW, NOW)


def test_a_webhook_posts_the_same_words_and_finds_nothing(server, hook):
    assert hook.post("anywhere", POST, "k1", NOW) == ""
    assert [it["text"] for it in server.posted()] == ["a sentence"]
    assert hook.find("anywhere", "k1", NOW, NOW) is None


def test_a_webhook_that_slack_does_not_know_is_refused(server):
    with (
        reached(server, slackWebhook=f"{server.endpoint}/services/T9/B9/z") as hook,
        pytest.raises(Refused, match="no_service"),
    ):
        hook.post("scrubbed", POST, "k1", NOW)


@pytest.mark.parametrize("address", ["ftp://x", "not an address", "http://127.0.0.1:1/a b"])
def test_an_address_that_is_none_is_refused(server, address):
    with reached(server, slackWebhook=address) as hook, pytest.raises(Refused):
        hook.post("scrubbed", POST, "k1", NOW)


def test_a_token_goes_before_a_webhook_and_one_of_them_must_be_there(server):
    with reached(server, slackToken="xoxb-test", slackWebhook=server.webhook) as slack:
        assert slack.post("scrubbed", POST, "k1", NOW)
    with reached(server) as slack, pytest.raises(Unavailable, match="slackToken"):
        slack.post("scrubbed", POST, "k1", NOW)

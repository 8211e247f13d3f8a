"""A call of the Entry Service: what its answers, its silence and its refusals mean."""

import pytest
import requests

from adapters.http.entry_service import EntryService, Refused
from adapters.http.outside import Throttled, http
from domain.errors import Rejected, Unavailable, Unknown
from sandbox.aws_http import Reply
from sandbox.entry_service import EntryServer

ENTRY = {"globalUserId": "f1", "marketId": "5f1a0c0de0000000000000aa", "verdict": True, "score": 0.5}
PATH = "/campaigns/{campaignId}/scoring"


class Tokens:
    """What a secret would hold."""

    def __init__(self, token="entry-test"):
        self.token = token

    def one(self, name, now):
        assert name == "entryToken"
        return self.token


@pytest.fixture
def server():
    with EntryServer() as server:
        yield server


def service(url, path=PATH, token="entry-test"):
    return EntryService(http(), url, path, Tokens(token), timeout=(1.0, 0.2))


def offer(server, records=(ENTRY,), campaign="c", **how):
    return service(server.endpoint, **how).offer(campaign, records, "key", None)


def answering(server, body, status=200, headers=None):
    server.answer = lambda request: Reply(body, status=status, headers=headers or {})


def test_what_is_taken_is_told_in_figures(server):
    assert offer(server) == {"entries": 1, "inserted": 1, "updated": 0, "found": 0}


def test_a_campaigns_id_stays_one_step_of_the_path(server):
    offer(server, campaign="a/b c?d#é")
    assert set(server.entries) == {"a/b c?d#é"}


def test_the_path_can_be_set(server):
    assert offer(server, path="/{campaignId}/entries/scoring")["inserted"] == 1


@pytest.mark.parametrize("campaign", [".", ".."])
def test_a_campaign_that_would_lead_elsewhere_is_rejected(server, campaign):
    with pytest.raises(Rejected):
        offer(server, campaign=campaign)
    assert not server.calls


def test_throttling_says_for_how_long(server):
    server.faults.throttled, server.faults.patience = 1, 90
    with pytest.raises(Throttled) as caught:
        offer(server)
    assert caught.value.seconds == 90


@pytest.mark.parametrize("kind", ["failing", "failing_late"])
def test_a_5xx_may_be_asked_again_under_the_same_key(server, kind):
    setattr(server.faults, kind, 1)
    with pytest.raises(Unavailable):
        offer(server)
    assert offer(server)["inserted"] == 1


@pytest.mark.parametrize("kind", ["unanswered", "broken_off", "hang"])
def test_an_answer_that_does_not_come_whole_leaves_it_unknown_and_the_key_settles_it(server, kind):
    setattr(server.faults, kind, 1)
    with pytest.raises(Unknown):
        offer(server)
    assert offer(server)["inserted"] == 1


def test_a_service_that_is_not_there_has_taken_nothing():
    with pytest.raises(Unavailable):
        service("http://127.0.0.1:9").offer("c", [ENTRY], "key", None)


@pytest.mark.parametrize(
    "body", [b'{"entries": 1', b"[]", b'{"entries": "1"}', b'{"inserted": -1}', b'{"message": "fine"}', b"<html>", b""]
)
def test_a_good_status_without_figures_leaves_it_unknown(server, body):
    answering(server, body)
    with pytest.raises(Unknown):
        offer(server)


def test_a_service_that_does_not_add_up_itself_is_added_up(server):
    answering(server, b'{"inserted": 3, "found": 1}')
    assert offer(server) == {"entries": 4, "inserted": 3, "updated": 0, "found": 1}


def test_a_redirect_is_not_followed_with_the_token(server):
    answering(server, b"", 302, {"Location": "http://127.0.0.1:9/"})
    with pytest.raises(Unavailable):
        offer(server)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_call_that_is_not_all_good_is_refused(server, status):
    answering(server, b"{}", status)
    with pytest.raises(Refused, match=f"refused_{status}"):
        offer(server)


def test_a_call_that_is_never_taken_is_rejected_and_no_part_of_it_may_be(server):
    answering(server, b"{}", 404)
    with pytest.raises(Rejected) as caught:
        offer(server)
    assert not isinstance(caught.value, Refused)


def test_a_token_that_is_refused_can_be_put_right(server):
    with pytest.raises(Unavailable):
        offer(server, token="old")
    assert offer(server)["inserted"] == 1


def test_no_text_of_a_failure_repeats_what_was_sent(server):
    texts = []
    for status in (302, 400, 401, 404, 429, 500):
        answering(server, b'{"message": "f1@people.example"}', status)
        with pytest.raises(Exception) as caught:
            offer(server, [{**ENTRY, "email": "f1@people.example"}])
        texts.append(str(caught.value))
    assert "people" not in "".join(texts)


def test_connections_are_kept(server):
    one = service(server.endpoint)
    for _ in range(3):
        one.offer("c", [ENTRY], "key", None)
    pools = [
        adapter.poolmanager.pools
        for adapter in one.http.adapters.values()
        if isinstance(adapter, requests.adapters.HTTPAdapter)
    ]
    assert sum(len(it) for it in pools) == 1

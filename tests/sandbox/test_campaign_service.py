"""The Campaign Service stand-in tells callers with a token what was put into it."""

import pytest
import requests

from sandbox.campaign_service import CampaignServer

MARKETS = [{"id": "5d76b0a1c2e3f4a5b6c7d8e9", "name": "New York"}]


@pytest.fixture
def server():
    with CampaignServer() as running:
        running.add({"id": "c 1", "name": "One"}, MARKETS)
        yield running


def get(server, path, token="campaign-test"):
    answer = requests.get(server.endpoint + path, headers={"Authorization": f"Bearer {token}"}, timeout=5)
    return answer.status_code, answer.json()


def test_a_campaign_and_its_markets_are_told(server):
    assert get(server, "/campaigns/c%201") == (200, {"id": "c 1", "name": "One"})
    assert get(server, "/campaigns/c%201/markets") == (200, MARKETS)


@pytest.mark.parametrize("path", ["/campaigns/c2", "/campaigns/c2/markets", "/campaigns", "/campaigns/c%201/fans", "/"])
def test_what_there_is_not_is_not_found(server, path):
    assert get(server, path)[0] == 404


def test_nobody_is_told_anything_without_the_token(server):
    assert get(server, "/campaigns/c%201", token="another")[0] == 401
    assert requests.get(f"{server.endpoint}/campaigns/c%201", timeout=5).status_code == 401


def test_other_processes_put_campaigns_in(server):
    body = {"campaign": {"name": "Two"}, "markets": MARKETS}
    assert requests.put(f"{server.endpoint}/_campaigns/c2", json=body, timeout=5).ok
    assert get(server, "/campaigns/c2") == (200, {"id": "c2", "name": "Two"})
    assert get(server, "/campaigns/c2/markets") == (200, MARKETS)
    assert requests.put(f"{server.endpoint}/_campaigns/c3", data="{", timeout=5).status_code == 400

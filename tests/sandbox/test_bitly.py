"""Bitly of the sandbox: one short link an address, and the refusals of the real one."""

import pytest
import requests

from sandbox.bitly import BitlyServer

PAGE = "https://tickets.example.com/e/1"


@pytest.fixture
def bitly():
    with BitlyServer() as bitly:
        yield bitly


def shorten(bitly, told, token="bitly-test", path="/v4/shorten"):
    return requests.post(bitly.endpoint + path, json=told, headers={"Authorization": f"Bearer {token}"}, timeout=5)


def test_an_address_has_one_link_for_ever(bitly):
    first, again = (shorten(bitly, {"long_url": PAGE}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["link"] == again.json()["link"] == f"https://{first.json()['id']}"
    assert shorten(bitly, {"long_url": PAGE + "0"}).json()["link"] != first.json()["link"]
    assert len(first.json()["link"]) < 23


@pytest.mark.parametrize(
    "told", [{}, [], {"long_url": ""}, {"long_url": 7}, {"long_url": "x"}, {"long_url": "http://["}]
)
def test_what_is_no_address_is_refused(bitly, told):
    assert shorten(bitly, told).status_code == 400


def test_who_has_no_token_is_not_let_in(bitly):
    assert shorten(bitly, {"long_url": PAGE}, token="other").status_code == 403
    assert bitly.links == {}


def test_there_are_no_other_routes(bitly):
    assert shorten(bitly, {}, path="/v4/bitlinks").status_code == 404


def test_a_plan_ends_and_what_is_known_stays(bitly):
    bitly.monthly = 1
    assert [shorten(bitly, {"long_url": PAGE + it}).status_code for it in ("", "0", "")] == [201, 429, 200]
    bitly.unpaid = True
    assert shorten(bitly, {"long_url": PAGE}).status_code == 402


def test_who_calls_too_fast_is_told_for_how_long(bitly):
    bitly.faults.throttled, bitly.faults.patience = 1, 7
    answer = shorten(bitly, {"long_url": PAGE})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_other_processes_read_its_links(bitly):
    link = shorten(bitly, {"long_url": PAGE}).json()["link"]
    assert requests.get(bitly.endpoint + "/_links", timeout=5).json() == {link: PAGE}

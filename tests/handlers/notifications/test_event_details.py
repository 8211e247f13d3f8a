"""AppSync's question about an event, and what apps are told."""

import json
import logging
from pathlib import Path

import pytest
from cached_events import EVENT, HOUR, NOW, ONSALE, PRESALE, cached_events

from domain.notifications.instants import iso
from handlers.notifications import event_details as stage
from sandbox.discovery import GIVEN

REQUEST = json.loads((Path(__file__).parents[3] / "events/notifications/event_details.json").read_text())


@pytest.fixture(scope="module")
def tables():
    with cached_events(stage) as cache:
        yield cache


@pytest.fixture
def cache(tables):
    tables.anew().add()
    return tables


def ask(arguments=None, headers=None, now=NOW):
    told = {"arguments": {"eventId": EVENT} if arguments is None else arguments, "now": iso(now)}
    return stage.handler({**REQUEST, **told, "request": {"headers": headers or {}}}, None)


def test_the_event_of_the_example_is_answered(cache):
    assert stage.handler(REQUEST, None)["data"]["id"] == EVENT


def test_an_event_is_told_with_its_venue_and_its_sales(cache):
    answer = ask()
    told = answer["data"]
    assert set(answer) == {"data"}
    assert told | {"sales": ()} == {
        "id": EVENT,
        "name": "Beyoncé Live",
        "startDateTime": "2027-02-04T09:30:00.000Z",
        "venue": {
            "id": "venue-los-angeles",
            "name": "Harbour Hall",
            "timezone": "America/Los_Angeles",
            "city": "Los Angeles",
            "state": "CA",
            "country": "United States",
            "countryCode": "US",
        },
        "isSuppressed": False,
        "suppressionReason": None,
        "url": f"https://tickets.example.com/event/{EVENT}",
        "shortUrl": None,
        "imageUrl": f"https://images.example.com/{EVENT}_1024.jpg",
        "sales": (),
        "marketEventId": EVENT,
    }
    [presale, public] = told["sales"]
    assert (presale["name"], presale["saleTypes"], public["saleTypes"]) == (PRESALE, ["VF"], ["PUBLIC"])
    assert (public["startDateTime"], presale["endDateTime"]) == (iso(ONSALE), iso(ONSALE))
    assert (public["isSuppressed"], public["suppressionReason"]) == (False, None)


def test_a_suppressed_event_says_why(cache):
    cache.add(city="London")
    told = ask()["data"]
    assert (told["isSuppressed"], told["suppressionReason"]) == (True, "country")
    assert {sale["suppressionReason"] for sale in told["sales"]} == {"country"}
    assert told["venue"]["country"] == "GB"


def test_an_event_whose_sales_are_all_suppressed_is_suppressed_itself(cache):
    cache.add(onsale=None, presales={"Fan Registration": ONSALE})
    told = ask()["data"]
    assert (told["isSuppressed"], told["suppressionReason"]) == (True, "all_sales")
    assert [sale["suppressionReason"] for sale in told["sales"]] == ["registration"]


@pytest.mark.parametrize("market", ["TM_US", "TM_CA", "LN_US", "LN_CA"])
def test_a_market_comes_from_the_argument_else_the_header(cache, market):
    assert "errorType" not in ask({"eventId": EVENT, "tmMarketId": market}, {"tm-market-id": "XX"})
    assert "errorType" not in ask(headers={"tm-market-id": market})


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        ({"eventId": "../x"}, {}),
        ({"eventId": None}, {}),
        ({"eventId": ["a"]}, {}),
        ({}, {}),
        ({"eventId": EVENT, "tmMarketId": "TM_XX"}, {}),
        ({"eventId": EVENT, "tmMarketId": {"S": "TM_US"}}, {}),
        ({"eventId": EVENT}, {"tm-market-id": "tm_us; DROP"}),
        ({"eventId": "x" * 100_000}, {}),
    ],
)
def test_what_cannot_be_asked_is_a_bad_request_and_reaches_nobody(cache, arguments, headers):
    answer = ask(arguments, headers)
    assert (answer["data"], answer["errorType"]) == (None, "Bad Request")
    assert len(answer["errorMessage"]) < 100
    assert (cache.calls(), cache.asked) == ([], 0)


def test_an_event_that_there_is_not_is_not_found(cache):
    assert ask({"eventId": "nobodyHasIt"})["errorType"] == "Not Found"


def test_no_answer_is_told_without_its_reason_which_is_for_the_log(cache, caplog, capsys):
    caplog.set_level(logging.INFO)
    cache.vendor.key = "another"
    answer = ask()
    assert answer == {"data": None, "errorType": "Internal Server Error", "errorMessage": "try again later"}
    records = [vars(it) for it in caplog.records if it.name != "responses"]  # moto's own
    logged = f"{records} {capsys.readouterr().out}"
    assert f"asking about event {EVENT}: the vendor lets us not in, mend discoveryKey in the secret services" in logged
    assert GIVEN not in logged


def test_an_app_is_served_what_is_kept_when_the_vendor_fails(cache):
    before = ask()
    cache.vendor.faults.failing = 1
    assert ask(now=NOW + 2 * HOUR) == before


def test_a_request_of_little_more_than_a_field_is_answered(cache):
    """AppSync leaves out what there is not."""
    bare = {"field": "eventDetails", "now": iso(NOW), "arguments": {"eventId": EVENT, "tmMarketId": None}}
    assert stage.handler({**bare, "request": {"headers": {"tm-market-id": None}}}, None)["data"]["id"] == EVENT
    assert stage.handler(bare, None)["data"]["id"] == EVENT

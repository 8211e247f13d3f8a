"""The stand-in of the Discovery API speaks as the vendor does."""

from datetime import UTC, datetime

import pytest
import requests

from domain.notifications.normalise import normalise
from handlers.notifications.rules import rules
from sandbox.discovery import GIVEN, DiscoveryServer
from sandbox.sample.events import PLACES, event_document

NOW = datetime(2026, 12, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def vendor():
    with DiscoveryServer() as vendor:
        yield vendor


def ask(vendor, id, key=GIVEN):
    return requests.get(f"{vendor.endpoint}/discovery/v2/events/{id}.json", params={"apikey": key}, timeout=5)


def test_a_document_is_told_under_its_id_until_it_is_removed(vendor):
    document = event_document("E1", artist="Beyoncé", onsale=NOW, presales={"Presale": NOW})
    vendor.add(document)
    assert ask(vendor, "E1").json() == document
    vendor.remove("E1")
    answer = ask(vendor, "E1")
    assert answer.status_code == 404
    assert answer.json()["errors"][0].items() >= {"code": "DIS1004", "status": "404"}.items()


def test_without_its_key_nothing_is_told(vendor):
    assert ask(vendor, "E1", "another").status_code == 401
    assert requests.get(f"{vendor.endpoint}/discovery/v2/events/E1.json", timeout=5).status_code == 401


def test_a_moved_sale_starts_then(vendor):
    vendor.add(event_document("E1", artist="Beyoncé", onsale=NOW, presales={"Presale": NOW}))
    vendor.move("E1", datetime(2026, 12, 5, tzinfo=UTC))
    vendor.move("E1", datetime(2026, 12, 6, tzinfo=UTC), "Presale")
    sales = ask(vendor, "E1").json()["sales"]
    assert sales["public"]["startDateTime"] == "2026-12-05T00:00:00Z"
    assert sales["presales"][0]["startDateTime"] == "2026-12-06T00:00:00Z"


def test_calls_beyond_a_limit_are_told_when_it_ends(vendor):
    vendor.rate, vendor.daily, at = 2, 3, [1_000_000.0]
    vendor.clock = lambda: at[0]
    vendor.add(event_document("E1", artist="Beyoncé", onsale=NOW))
    assert [ask(vendor, "E1").status_code for _ in range(2)] == [200, 200]
    answer = ask(vendor, "E1")
    assert (answer.status_code, answer.headers["Rate-Limit-Reset"]) == (429, "1000001000")
    at[0] += 1
    answer = ask(vendor, "E1")
    assert (answer.status_code, answer.headers["Rate-Limit-Available"]) == (200, "0")
    at[0] += 1
    answer = ask(vendor, "E1")
    assert (answer.headers["Rate-Limit-Over"], answer.headers["Rate-Limit-Reset"]) == ("1", "1036800000")


def test_the_sample_events_are_events(vendor):
    for city in PLACES:
        document = event_document("E1", artist="Beyoncé", onsale=NOW, city=city)
        found = normalise(document, NOW, rules())
        assert (found.event.venue.city, found.event.zone, len(found.sales)) == (city, PLACES[city][3], 1)
        assert (found.event.suppressed is None) == (PLACES[city][2] in ("US", "CA"))
    assert normalise(event_document("E2", artist="Nobody", onsale=None), NOW, rules()).sales == ()


def test_it_has_one_route(vendor):
    assert requests.get(vendor.endpoint + "/discovery/v2/venues/x.json", timeout=5).status_code == 404
    address = f"{vendor.endpoint}/discovery/v2/events/E1.json"
    assert requests.post(address, params={"apikey": GIVEN}, timeout=5).status_code == 404

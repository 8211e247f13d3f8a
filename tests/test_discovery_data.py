"""Real answers of the vendor: every event becomes rows, and each sale that nobody is reminded of has its reason."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.notifications.events import Event, Sale
from domain.notifications.normalise import Normalised, events_of, explained, normalise
from handlers.notifications.rules import rules

DISCOVERY = Path(__file__).parents[2] / "shared" / "data" / "discovery"
AT = datetime(2016, 1, 1, tzinfo=UTC)
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not DISCOVERY.is_dir(), reason=f"the vendor's real answers are not at {DISCOVERY}"),
]


def answer(start):
    [file] = DISCOVERY.glob(f"{start}*.json")
    return json.loads(file.read_text())


@pytest.fixture(scope="module")
def found():
    one = normalise(answer("01"), AT, rules())
    return [one, *events_of(answer("02"), AT, rules())]


def test_every_event_is_normalised(found):
    assert [it for it in found if not isinstance(it, Normalised)] == []
    assert len(found) == 21


def test_the_event_has_all_that_a_reminder_tells(found):
    event = found[0].event
    assert (event.artist, event.venue.city, event.venue.state, event.zone, event.segment, event.suppressed) == (
        *("Susquehanna Breakdown Music Festival", "Scranton", "PA"),
        *("America/New_York", "Music", None),
    )
    assert (event.image.width, event.image.height) == (1024, 576)
    assert event.image.url.startswith("https://")
    assert [(it.name, it.starts, it.suppressed) for it in found[0].sales] == [
        ("Public Onsale", datetime(2016, 1, 29, 17, tzinfo=UTC), None)
    ]


def test_each_offer_is_a_sale_or_has_a_reason(found):
    documents = [answer("01"), *answer("02")["_embedded"]["events"]]
    for document, it in zip(documents, found, strict=True):
        told = document["sales"]
        assert len(it.sales) + len(it.dropped) == ("public" in told) + len(told.get("presales", ()))


def test_each_sale_without_a_reminder_has_its_reason(found):
    why = [told for it in found for told in explained(it)]
    summary = Counter(told["reason"] for told in why)
    assert summary == {"unknown_country": 5, "classification": 8, "unknown_classification": 1, "country": 1}, why


def test_all_rows_read_back(found):
    for it in found:
        assert Event.of(it.event.row(it.sales)) == it.event
        assert tuple(Sale.of(sale.row()) for sale in it.sales) == it.sales

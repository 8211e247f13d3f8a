from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.errors import Rejected
from domain.notifications.events import Event, Image, Sale, Venue

STARTS = datetime(2026, 12, 4, 18, tzinfo=UTC)
SALE = Sale("pub1", "e1", "Public Onsale", ("PUBLIC",), STARTS, datetime(2027, 3, 1, tzinfo=UTC))
BARE = Event("e1", "Winter Tour", "", updated=STARTS, first_seen=STARTS)
EVENT = Event(
    id="e1",
    name="Winter Tour",
    url="https://tickets.example.com/e1",
    updated=STARTS,
    first_seen=datetime(2026, 10, 1, tzinfo=UTC),
    locale="en-us",
    short_url="https://bit.ly/3xYZ",
    artist_id="K1",
    artist="The Lanterns",
    attractions=(("K1", "The Lanterns"), ("K2", "Guests")),
    venue=Venue("v1", "Blue Hall", "Los Angeles", "CA", "US", "America/Los_Angeles"),
    zone="America/Los_Angeles",
    starts=datetime(2027, 3, 16, 3, tzinfo=UTC),
    local_date="2027-03-15",
    status="onsale",
    segment="Music",
    image=Image("https://img.example.com/a.jpg", 1024, 576),
    suppressed="artist",
)


@pytest.mark.parametrize("event", [EVENT, BARE, replace(BARE, zone="Europe/Paris", local_date="2027-03-15")])
def test_an_event_reads_back_as_it_was_written(event):
    assert Event.of(event.row()) == event


@pytest.mark.parametrize("sale", [SALE, replace(SALE, ends=None, suppressed="registration", types=("CC", "AMEX"))])
def test_a_sale_reads_back_as_it_was_written(sale):
    assert Sale.of(sale.row()) == sale


def test_only_the_sale_for_everybody_is_public():
    assert SALE.public
    assert not replace(SALE, types=("VF", "CC")).public


def test_the_row_of_a_sale_lies_beside_its_event_and_in_the_index_of_its_day():
    row = SALE.row()
    assert (row["PK"], row["SK"]) == ("event:e1", "sale#pub1")
    assert (row["saleStartDate"], row["saleStartDateTime"]) == ("2026-12-04", "2026-12-04T18:00:00.000Z")
    assert row["isSuppressed"] is False
    assert "suppressionReason" not in row


def test_an_event_is_suppressed_by_a_rule_or_when_all_its_sales_are():
    hidden = replace(SALE, suppressed="registration")
    told = [
        (BARE.row(), False, None),
        (BARE.row((SALE, hidden)), False, None),
        (BARE.row((hidden, hidden)), True, "all_sales"),
        (EVENT.row((hidden,)), True, "artist"),
        (EVENT.row((SALE,)), True, "artist"),
    ]
    for row, suppressed, reason in told:
        assert (row["isSuppressed"], row.get("suppressionReason")) == (suppressed, reason)


def test_that_all_sales_are_suppressed_is_no_rule_of_the_event_when_it_is_read_again():
    assert Event.of(BARE.row((replace(SALE, suppressed="registration"),))).suppressed is None


def test_a_row_holds_nothing_that_is_unknown():
    assert BARE.row() == {
        "PK": "event:e1",
        "SK": "event#e1",
        "type": "event",
        "id": "e1",
        "name": "Winter Tour",
        "url": "",
        "isSuppressed": False,
        "eventDate": {"start": {}},
        "date": {"firstSeen": "2026-12-04T18:00:00.000Z", "updated": "2026-12-04T18:00:00.000Z"},
    }
    assert Venue(country="US").row() == {"country": {"countryCode": "US"}}


def test_of_another_systems_event_only_the_id_must_be_there():
    event = Event.of({"id": "e1"})
    assert (event.name, event.url, event.venue, event.image, event.artist) == ("", "", Venue(), None, None)
    assert event.updated == event.first_seen == datetime(1970, 1, 1, tzinfo=UTC)
    seen = Event.of({"id": "e1", "date": {"firstSeen": "2026-10-01T00:00:00Z"}})
    assert seen.updated == seen.first_seen == datetime(2026, 10, 1, tzinfo=UTC)


def test_what_another_system_wrote_in_part_is_read_in_part():
    event = Event.of(
        {
            "id": "e1",
            "isSuppressed": True,
            "attractions": [{"name": "The Lanterns"}],
            "images": [{"url": "https://img.example.com/a.jpg"}],
            "classifications": [{"segment": "Music"}],
            "venues": [{"city": "Los Angeles", "timezone": "America/Los_Angeles"}],
        }
    )
    assert (event.suppressed, event.artist_id, event.artist) == ("suppressed", None, "The Lanterns")
    assert (event.image, event.segment, event.venue.city, event.zone) == (None, None, None, "America/Los_Angeles")


def test_another_systems_sale_may_have_no_types_and_no_reason():
    row = {"id": "s1", "eventId": "e1", "isSuppressed": True, "saleStartDateTime": "2026-12-04T18:00:00Z"}
    assert Sale.of(row) == Sale("s1", "e1", "", (), STARTS, None, "suppressed")


@pytest.mark.parametrize("starts", [None, "", "soon", "2026-12-04"])
def test_a_sale_whose_start_is_no_instant_is_rejected(starts):
    with pytest.raises(Rejected):
        Sale.of({"id": "s1", "eventId": "e1", "saleStartDateTime": starts})

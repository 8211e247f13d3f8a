from dataclasses import replace
from datetime import UTC, datetime

import pytest
from vendor_events import AT, ATTRACTION, RULES, VENUE, sale, vendor_event

from domain.errors import Rejected
from domain.notifications.events import Event, Image, Sale, Venue
from domain.notifications.normalise import events_of, explained, normalise

FULL = Event(
    id="Z7r9jZ1A7",
    name="The Lanterns: Winter Tour",
    url="https://tickets.example.com/event/Z7r9jZ1A7",
    updated=AT,
    first_seen=AT,
    locale="en-us",
    artist_id="K8vZ1",
    artist="The Lanterns",
    attractions=(("K8vZ1", "The Lanterns"),),
    venue=Venue("KovZpZA1", "Blue Hall", "Los Angeles", "CA", "US", "America/Los_Angeles"),
    zone="America/Los_Angeles",
    starts=datetime(2027, 3, 16, 3, tzinfo=UTC),
    local_date="2027-03-15",
    status="onsale",
    segment="Music",
    image=Image("https://img.example.com/a.jpg", 1024, 576),
)


def event(**changes):
    return normalise(vendor_event(**changes), AT, RULES).event


def test_an_event_becomes_a_row_of_what_reminders_need():
    assert event() == FULL
    assert Event.of(event().row()) == FULL


def test_its_sales_become_rows_that_read_back():
    found = normalise(vendor_event(sale("AMEX® Presale")), AT, RULES)
    assert [(it.event_id, it.name, it.types, it.suppressed) for it in found.sales] == [
        ("Z7r9jZ1A7", "Public Onsale", ("PUBLIC",), None),
        ("Z7r9jZ1A7", "AMEX® Presale", ("AMEX", "CC"), None),
    ]
    assert tuple(Sale.of(it.row()) for it in found.sales) == found.sales


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": None}, {"name": "The Lanterns"}),
        ({"name": "Mötley\tCrüe\u202e "}, {"name": "Mötley Crüe"}),
        ({"name": "P!NK®"}, {"name": "P!NK®"}),
        ({"url": "javascript:alert(1)"}, {"url": ""}),
        ({"url": "https://fan:secret@tickets.example.com/"}, {"url": ""}),
        ({"url": "http://tickets.example.com/e?a=1&b=2#c"}, {"url": "http://tickets.example.com/e?a=1&b=2#c"}),
        ({"url": None}, {"url": ""}),
        ({"locale": "fr_CA"}, {"locale": "fr-ca"}),
        ({"locale": "*"}, {"locale": None}),
        ({"images": None}, {"image": None}),
        ({"classifications": None}, {"segment": None, "suppressed": "unknown_classification"}),
        (
            {"classifications": [{"segment": {"name": "Film"}}, {"primary": True, "segment": {"name": "Music"}}]},
            {"segment": "Music"},
        ),
        ({"classifications": [{"primary": True}, {"segment": {"name": "Music"}}]}, {"segment": "Music"}),
        ({"dates": None}, {"starts": None, "local_date": None, "status": None}),  # the zone is the venue's then
        (
            {"dates": {"timezone": "Europe/Paris"}},
            {"starts": None, "local_date": None, "status": None, "zone": "Europe/Paris"},
        ),
        ({"dates": {"timezone": "../../etc/passwd"}}, {"starts": None, "local_date": None, "status": None}),
    ],
)
def test_what_is_missing_or_unfit_is_left_out(changes, expected):
    assert event(**changes) == replace(FULL, **expected)


@pytest.mark.parametrize(
    ("start", "starts", "local_date"),
    [
        ({}, True, True),
        ({"dateTime": None}, False, True),
        ({"noSpecificTime": True}, False, True),
        ({"timeTBA": True}, False, True),
        ({"dateTBD": True}, False, False),
        ({"dateTBA": True}, False, False),
        ({"localDate": "2027-02-30"}, True, False),
        ({"localDate": "15.3.2027"}, True, False),
        ({"localDate": "1900-01-01"}, True, False),
    ],
)
def test_a_date_or_hour_that_is_still_to_come_is_not_told(start, starts, local_date):
    dates = vendor_event()["dates"]
    found = event(dates={**dates, "start": {**dates["start"], **start}})
    assert (found.starts is not None, found.local_date is not None) == (starts, local_date)


def test_an_event_may_have_no_venue_and_no_attraction():
    found = event(_embedded=None)
    assert (found.venue, found.artist, found.attractions) == (Venue(), None, ())
    assert (found.zone, found.suppressed) == ("America/Los_Angeles", "unknown_country")
    assert event(_embedded=None, dates=None).zone is None


def test_the_first_attraction_is_the_artist_and_the_first_venue_the_place():
    guests = {"id": "K9", "name": "Guests"}
    found = event(_embedded={"venues": [VENUE, {}], "attractions": [{"type": "attraction"}, ATTRACTION, guests]})
    assert (found.artist, found.attractions) == ("The Lanterns", (("K8vZ1", "The Lanterns"), ("K9", "Guests")))
    nameless = event(_embedded={"venues": [VENUE], "attractions": [{"id": "K9"}]}, name=None)
    assert (nameless.artist_id, nameless.artist, nameless.name) == ("K9", None, "")


def test_a_country_is_told_by_its_code():
    for told, country in [("ca", "CA"), ("USA", None), (None, None), (7, None)]:
        venue = {**VENUE, "country": {"name": "Somewhere", "countryCode": told}}
        assert event(_embedded={"venues": [venue]}).venue.country == country


def test_an_artist_anywhere_on_the_bill_suppresses_the_event_and_its_sales():
    [hidden] = RULES.suppression.artists
    bill = [ATTRACTION, {"id": hidden, "name": "Hidden"}]
    found = normalise(vendor_event(_embedded={"venues": [VENUE], "attractions": bill}), AT, RULES)
    assert (found.event.suppressed, found.sales[0].suppressed) == ("artist", "artist")


def test_a_registration_leaves_its_event_and_the_other_sales_alone():
    found = normalise(vendor_event(sale("Fan Pre-Registration"), sale("AMEX Presale")), AT, RULES)
    assert {it.name: it.suppressed for it in found.sales} == {
        "Public Onsale": None,
        "Fan Pre-Registration": "registration",
        "AMEX Presale": None,
    }
    assert found.event.suppressed is None
    assert found.event.row(found.sales)["isSuppressed"] is False


def test_each_sale_without_a_reminder_is_explained():
    late = sale("Platinum", "2026-12-04T18:00:00Z")
    found = normalise(vendor_event(sale("Registration"), sale("VIP"), late, sale("Soon", None)), AT, RULES)
    suppressed = found.sales[1]
    assert explained(found) == [
        {
            "eventId": "Z7r9jZ1A7",
            "saleId": suppressed.id,
            "sale": "Registration",
            "reason": "registration",
            "starts": "2026-12-03T18:00:00.000Z",
        },
        {"eventId": "Z7r9jZ1A7", "sale": "Soon", "reason": "no_start"},
        {"eventId": "Z7r9jZ1A7", "sale": "Platinum", "reason": "after_public", "starts": "2026-12-04T18:00:00.000Z"},
    ]


@pytest.mark.parametrize("id", [None, "", 7, "a#b", "a b", "../x", "a\n", "é", "a" * 65, ["a"]])
def test_an_event_without_an_id_that_keys_can_be_made_of_is_rejected(id):
    with pytest.raises(Rejected, match="must be a mapping with an id"):
        normalise(vendor_event(id=id), AT, RULES)


def test_one_event_that_is_none_leaves_the_others_of_its_page():
    page = {
        "_embedded": {"events": [vendor_event(), "no event", {"name": "No id"}, vendor_event(sale("VIP"), id="e2")]}
    }
    found = list(events_of(page, AT, RULES))
    assert [isinstance(it, Rejected) for it in found] == [False, True, True, False]
    assert [it.event.id for it in found if not isinstance(it, Rejected)] == ["Z7r9jZ1A7", "e2"]


def test_the_events_of_a_page_know_their_sales():
    [first] = events_of({"_embedded": {"events": [vendor_event(sale("VIP"))]}}, AT, RULES)
    renamed = {"_embedded": {"events": [vendor_event(sale("Very VIP"))]}}
    [second] = events_of(renamed, AT, RULES, {"Z7r9jZ1A7": first.sales, "e2": ()})
    assert [it.id for it in second.sales] == [it.id for it in first.sales]


@pytest.mark.parametrize("page", [{}, {"_embedded": {}}, {"_embedded": {"events": []}}, {"page": {"totalElements": 0}}])
def test_a_page_without_results_has_no_events(page):
    assert list(events_of(page, AT, RULES)) == []


@pytest.mark.parametrize("page", [None, [], "x", {"_embedded": {"events": {"id": "e1"}}}])
def test_what_is_no_page_of_results_is_rejected(page):
    with pytest.raises(Rejected, match="page of search results"):
        list(events_of(page, AT, RULES))

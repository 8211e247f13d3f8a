"""What apps are told of an event of which little is known; all of it is in `test_event_details`."""

from datetime import UTC, datetime

from domain.notifications.demand_event import demand_event
from domain.notifications.events import Event, Sale, Venue

NOW = datetime(2026, 12, 4, 9, 30, tzinfo=UTC)
BARE = Event("E", "", "", NOW, NOW)


def test_what_is_not_known_is_null():
    told = demand_event(BARE, ())
    assert {name for name, it in told.items() if it is None} == {
        *("startDateTime", "suppressionReason", "url", "shortUrl", "imageUrl"),
    }
    assert set(told["venue"].values()) == {None}
    assert (told["isSuppressed"], told["sales"]) == (False, [])


def test_an_event_says_its_own_rule_before_those_of_its_sales():
    sale = Sale("s", "E", "Presale", (), NOW, None, "registration")
    event = Event("E", "", "", NOW, NOW, suppressed="artist")
    assert demand_event(event, [sale])["suppressionReason"] == "artist"
    assert demand_event(BARE, [sale])["suppressionReason"] == "all_sales"


def test_a_venue_without_a_zone_has_the_events():
    event = Event("E", "", "", NOW, NOW, venue=Venue(country="CA"), zone="America/Toronto")
    told = demand_event(event, ())["venue"]
    assert (told["timezone"], told["country"], told["countryCode"]) == ("America/Toronto", "Canada", "CA")

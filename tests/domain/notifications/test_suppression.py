from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from vendor_events import AT, RULES

from domain.errors import Rejected
from domain.notifications.events import Event, Sale, Venue
from domain.notifications.rules import Rules, Suppression, segment_of
from domain.notifications.suppression import quiet, suppressed_event, suppressed_sale

DOCUMENT = {
    "artists": ["K-hidden"],
    "countries": ["US", "CA"],
    "segments": ["Music", "Arts & Theatre"],
    "saleTypes": ["SUPPRESS"],
    "eventStatuses": ["cancelled", "canceled", "postponed"],
    "quietHours": {"from": "21:00", "to": "08:00", "contactMethods": ["sms"]},
}
JUDGED = Rules(RULES.sale_types, Suppression.of(DOCUMENT))
EVENT = Event("e1", "Winter Tour", "", AT, AT, venue=Venue(country="US"), segment="Music", status="onsale")
SALE = Sale("s1", "e1", "Presale", ("GENERAL",), AT)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"venue": Venue(country="CA")}, None),
        ({"segment": "Arts & Theatre"}, None),
        ({"segment": "arts and theater"}, None),
        ({"status": "rescheduled"}, None),
        ({"status": None}, None),
        ({"artist_id": "K-hidden"}, "artist"),
        ({"attractions": (("K1", "A"), ("K-hidden", "B"))}, "artist"),
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "Canceled"}, "cancelled"),
        ({"status": "postponed"}, "cancelled"),
        ({"venue": Venue(country="MX")}, "country"),
        ({"venue": Venue(country="us")}, None),
        ({"venue": Venue()}, "unknown_country"),
        ({"segment": "Sports"}, "classification"),
        ({"segment": "Theatre Arts"}, "classification"),
        ({"segment": None}, "unknown_classification"),
        ({"segment": "Undefined"}, "unknown_classification"),
        # several hit
        ({"artist_id": "K-hidden", "status": "cancelled", "venue": Venue(), "segment": None}, "artist"),
        ({"status": "cancelled", "venue": Venue(country="MX"), "segment": "Film"}, "cancelled"),
        ({"venue": Venue(country="MX"), "segment": "Film"}, "country"),
        ({"venue": Venue(), "segment": "Film"}, "unknown_country"),
    ],
)
def test_each_rule_has_its_code_and_of_several_the_first_is_told(change, code):
    assert suppressed_event(replace(EVENT, **change), JUDGED) == code


def test_a_registration_is_suppressed_and_its_event_and_siblings_are_not():
    registration = replace(SALE, types=("SUPPRESS", "VF"))
    assert suppressed_sale(registration, EVENT, JUDGED) == "registration"
    assert suppressed_sale(SALE, EVENT, JUDGED) is None
    assert suppressed_event(EVENT, JUDGED) is None


def test_a_sale_that_others_wrote_without_types_is_known_by_its_name():
    assert suppressed_sale(replace(SALE, types=(), name="Fan Registration"), EVENT, JUDGED) == "registration"
    assert suppressed_sale(replace(SALE, types=()), EVENT, JUDGED) is None


def test_no_sale_of_a_suppressed_event_is_reminded_of():
    hidden = replace(EVENT, suppressed="artist")
    assert suppressed_sale(SALE, hidden, JUDGED) == "artist"
    assert suppressed_sale(replace(SALE, types=("SUPPRESS",)), hidden, JUDGED) == "artist"


PACIFIC = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("clock", "is_quiet"),
    [("20:59", False), ("21:00", True), ("23:59", True), ("00:00", True), ("07:59", True), ("08:00", False)],
)
def test_by_the_clock_of_the_event_it_is_quiet_from_nine_in_the_evening_until_eight(clock, is_quiet):
    at = datetime.fromisoformat(f"2026-12-04T{clock}").replace(tzinfo=PACIFIC)
    assert quiet(JUDGED, "sms", at.astimezone(UTC), PACIFIC) is is_quiet
    assert not quiet(JUDGED, "email", at, PACIFIC)


def test_hours_of_one_day_do_not_pass_midnight():
    day = {"from": "12:00", "to": "14:00", "contactMethods": ["email", "sms"]}
    judged = Rules(RULES.sale_types, Suppression.of({**DOCUMENT, "quietHours": day}))
    found = [quiet(judged, "email", datetime(2026, 12, 4, hour, tzinfo=UTC), UTC) for hour in (11, 12, 13, 14, 23)]
    assert found == [False, True, True, False, False]


def test_daylight_saving_time_moves_the_quiet_hours_with_the_clock():
    before, after = (
        datetime(2026, 11, 1, 4, 30, tzinfo=UTC),
        datetime(2026, 11, 2, 4, 30, tzinfo=UTC),
    )  # 21:30 PDT, 20:30 PST
    assert quiet(JUDGED, "sms", before, PACIFIC)
    assert not quiet(JUDGED, "sms", after, PACIFIC)


def test_without_a_zone_or_without_hours_it_is_never_quiet():
    night = datetime(2026, 12, 4, 3, tzinfo=timezone(timedelta()))
    assert quiet(JUDGED, "sms", night, UTC)
    assert not quiet(JUDGED, "sms", night, None)
    for none in ({k: v for k, v in DOCUMENT.items() if k != "quietHours"}, {**DOCUMENT, "quietHours": None}):
        assert not quiet(Rules(RULES.sale_types, Suppression.of(none)), "sms", night, UTC)


@pytest.mark.parametrize("name", ["Arts & Theatre", "ARTS AND THEATER", " Arts  &Théâtre"])
def test_a_segment_has_one_spelling(name):
    assert segment_of(name) == "arts and theatre"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"artist": []}, "the file: has an unknown key 'artist'; there are artists, countries"),
        ({"artists": "K1"}, "artists: must be a list"),
        ({"artists": [" "]}, r"artists\[0\]: must be a text"),
        ({"countries": ["us"]}, "countries: 'us' is no code of two capital letters"),
        ({"countries": [False]}, r"countries\[0\]: must be a text; put it in quotes"),  # NO, as YAML reads it
        ({"segments": None}, "segments: must be a list"),
        ({"saleTypes": ["REGISTRATION"]}, "saleTypes: 'REGISTRATION' is none of"),
        ({"eventStatuses": ["a", "a"]}, r"eventStatuses\[1\]: 'a' is there twice"),
        ({"quietHours": "never"}, "quietHours: must be a mapping"),
        ({"quietHours": {"from": "21:00", "until": "08:00"}}, "quietHours: has an unknown key 'until'"),
        (
            {"quietHours": {"from": 1260, "to": "08:00"}},
            'quietHours.from: must be a time of day like "21:00", in quotes',
        ),
        ({"quietHours": {"from": "21:00", "to": "24:00"}}, "quietHours.to: must be a time"),
        ({"quietHours": {"from": "21:00", "to": "21:00"}}, "quietHours: from and to are the same"),
        ({"quietHours": {"from": "21:00", "to": "08:00"}}, "quietHours.contactMethods: must be a list"),
        (
            {"quietHours": {"from": "21:00", "to": "08:00", "contactMethods": ["pigeon"]}},
            "quietHours.contactMethods: 'pigeon' is none of email, sms",
        ),
    ],
)
def test_rules_that_are_wrong_are_rejected_with_their_key(change, reason):
    with pytest.raises(Rejected, match=reason):
        Suppression.of({**DOCUMENT, **change})

"""An SMS keeps to its parts: what it says less of, in which order, and what no name can do to it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.notifications.events import Event, Image, Sale, Venue
from domain.notifications.rendering import Phrases, Said, Times, bare, filled, names_of, rendered, variables_of
from domain.notifications.sms_parts import GSM_7, UCS_2, measured

AT = datetime(2026, 12, 4, 18, tzinfo=UTC)
PHRASES = Phrases(
    "Tickets for {artist}{sale}{city} {when}, by {brand}: {link}",
    "{artist} {when}: {link}",
    " {sale}",
    " in {city}",
    "your event",
)
SAID = Said("Taylor Swift", "Verified Fan Presale", "Los Angeles", "at 10:00 AM PST", "Ticketmaster", "bit.ly/3xYZ")
EVENT = Event(
    "e1",
    "The Eras Tour",
    "https://www.example.com/e1",
    AT,
    AT,
    artist="Taylor Swift",
    venue=Venue("v1", "SoFi Stadium", "Los Angeles", "CA", "US", "America/Los_Angeles"),
    image=Image("https://img.example.com/e1.jpg", 1024, 576),
)
PRESALE = Sale("s1", "e1", "Verified Fan Presale", ("VF",), AT)
PUBLIC = Sale("s2", "e1", "Public Onsale", ("PUBLIC",), AT)
TIMES = Times("10:00 AM", "PST", "FRI", "MAR 15", "8:00 PM")
NAMES = st.text(max_size=300) | st.text(
    st.sampled_from("aé{}€%$“’…®\u202e\u2066\r\n\N{GUITAR}字ש\u0301 "), max_size=120
)


def sms(budget=2, **changed):
    return rendered(PHRASES, replace(SAID, **changed), budget, {})


def test_all_is_said_where_there_is_room():
    made = sms()
    assert (
        made.sms
        == "Tickets for Taylor Swift Verified Fan Presale in Los Angeles at 10:00 AM PST, by Ticketmaster: bit.ly/3xYZ"
    )
    assert (made.parts, made.encoding, made.dropped) == (1, GSM_7, ())


@pytest.mark.parametrize(("sale", "city"), [(None, "Los Angeles"), ("Presale", None), (None, None), ("\u200b", "®")])
def test_what_there_is_none_of_leaves_no_hole(sale, city):
    made = sms(sale=sale, city=city)
    assert "  " not in made.sms
    assert made.dropped == ()
    assert ("in Los Angeles" in made.sms) == (city == "Los Angeles")


@pytest.mark.parametrize(
    ("changed", "dropped", "kept"),
    [
        ({"sale": "P" * 100}, ("sale",), "Tickets for Taylor Swift in Los Angeles at"),
        ({"city": "C" * 100}, ("sale", "city"), "Tickets for Taylor Swift at"),
        ({"city": "C" * 100, "sale": None}, ("city",), "Tickets for Taylor Swift at"),
        ({"artist": "A" * 120}, ("sale", "city", "artist"), f"Tickets for {'A' * 99}... at 10:00 AM PST, by"),
        (
            {"artist": "A" * 120, "link": "l" * 110},
            ("sale", "city", "words", "artist"),
            f"{'A' * 29}... at 10:00 AM PST: l",
        ),
        ({"artist": "Adele", "link": "l" * 115}, ("sale", "city", "words"), "Adele at 10:00 AM PST: l"),
        ({"artist": "A" * 30, "link": "l" * 132}, ("sale", "city", "words", "artist"), "your event at 10:00 AM PST: l"),
    ],
)
def test_the_sale_goes_first_then_the_city_then_the_end_of_the_artist_then_words(changed, dropped, kept):
    made = sms(1, **changed)
    assert (made.parts, made.dropped) == (1, dropped)
    assert made.sms.startswith(kept)


def test_the_link_is_whole_even_where_it_takes_more_than_there_is():
    made = sms(1, link="l" * 200)
    assert made.sms.endswith(": " + "l" * 200)
    assert (made.parts, made.dropped) == (2, ("sale", "city", "words", "artist"))


def test_a_name_is_cut_between_characters_and_without_loose_ends():
    syllable = "\u0915\u094d\u0937\u093f"  # four code points that a reader takes for one
    artist = sms(1, artist=syllable * 20, sale=None, city=None).sms.removeprefix("Tickets for ").partition("…")[0]
    assert artist == syllable * (len(artist) // 4) != ""
    assert "Earth, Wind" in sms(1, artist="Earth, Wind & Fire " * 8).sms
    assert " ..." not in sms(1, artist="a b " * 40).sms
    assert sms(1, artist="e\u0301x" * 80).sms.count("...") == 1


def test_accents_go_only_where_that_makes_it_cheap():
    assert "Rosalia in Cancun at" in sms(artist="Rosalía", sale=None, city="Cancún").sms
    assert "Weyes Blood in" in sms(artist="Weyes\u200e Blo\u200dod", sale=None).sms
    assert "Beyoncé in" in sms(artist="Beyoncé", sale=None).sms
    dear = sms(artist="Rosalía 字", sale=None)
    assert (dear.encoding, "Rosalía 字 in" in dear.sms) == (UCS_2, True)


def test_a_strange_sale_that_has_no_room_leaves_a_cheap_text():
    made = sms(1, sale="先行販売 " * 8, artist="Rosalía")
    assert (made.encoding, made.dropped) == (GSM_7, ("sale",))
    assert "Rosalia in Los Angeles" in made.sms


def test_a_link_keeps_every_character():
    assert sms(link="exámple.com/ú").sms.endswith(": exámple.com/ú")
    assert sms(link="exámple.com/ñandú/字").sms.endswith(": exámple.com/ñandú/字")
    assert sms(link="e.com/a~b_c").sms.endswith(": e.com/a~b_c")


def test_a_name_from_right_to_left_turns_nothing_around():
    made = sms(artist="להקה", sale=None)
    assert "Tickets for \u2068להקה\u2069 in Los Angeles" in made.sms


@pytest.mark.parametrize("name", ["{link}", "{artist}", "{{7*7}}", "%s %(x)s", "{brand.__class__}", "\\1 \\g<0>", "{"])
def test_a_name_that_looks_like_a_template_is_a_name(name):
    made = sms(artist=name, sale=name, city=name)
    assert made.sms == f"Tickets for {name} {name} in {name} at 10:00 AM PST, by Ticketmaster: bit.ly/3xYZ"


@settings(max_examples=200)
@given(NAMES, NAMES, NAMES, st.sampled_from([1, 2]))
def test_no_names_make_more_parts_than_the_budget_or_touch_the_link(artist, sale, city, budget):
    event = replace(EVENT, artist=artist, venue=replace(EVENT.venue, city=city))
    names = names_of(event, replace(PRESALE, name=sale))
    made = rendered(PHRASES, Said(*names, "at 10:00 AM PST", "Ticketmaster", "bit.ly/3xYZ"), budget, {})
    assert made.parts == measured(made.sms).parts <= budget
    assert made.encoding == measured(made.sms).encoding
    assert made.sms.endswith(": bit.ly/3xYZ")
    assert made.sms.isprintable() or made.encoding == UCS_2
    assert "\n" not in made.sms
    assert "\u202e" not in made.sms


@given(NAMES)
def test_a_bigger_budget_never_says_less(artist):
    assert len(sms(2, artist=artist or None).dropped) <= len(sms(1, artist=artist or None).dropped)


def test_a_public_sale_is_not_named_and_an_event_stands_for_its_artist():
    assert names_of(EVENT, PRESALE) == ("Taylor Swift", "Verified Fan Presale", "Los Angeles")
    assert names_of(EVENT, PUBLIC) == ("Taylor Swift", None, "Los Angeles")
    assert names_of(replace(EVENT, artist=None, venue=Venue()), PUBLIC) == ("The Eras Tour", None, None)
    assert names_of(replace(EVENT, artist="\u200b \n"), PUBLIC)[0] == "The Eras Tour"
    assert names_of(replace(EVENT, artist=None, name=""), PUBLIC)[0] is None


def test_a_name_of_a_million_letters_is_an_accident():
    assert len(names_of(replace(EVENT, artist="x" * 1_000_000), PUBLIC)[0]) == 200


def test_an_artist_that_nobody_knows_is_an_event():
    assert sms(artist=None, sale=None).sms.startswith("Tickets for your event in Los Angeles")
    assert sms(1, artist=None, sale=None, city=None, link="l" * 120).dropped == ("words",)


def test_braces_in_a_value_are_a_values():
    assert filled("{a}{b}", {"a": "{b}", "b": "{a}"}) == "{b}{a}"


@pytest.mark.parametrize("link", ["https://bit.ly/x", "http://bit.ly/x", "bit.ly/x"])
def test_phones_know_the_scheme(link):
    assert bare(link) == "bit.ly/x"


def test_a_mail_is_told_what_is_known_and_the_link_with_its_scheme():
    told = variables_of(EVENT, PRESALE, TIMES, "Ticketmaster", "https://bit.ly/3xYZ")
    assert told == {
        "artistName": "Taylor Swift",
        "saleName": "Verified Fan Presale",
        "saleTime": "10:00 AM",
        "saleZone": "PST",
        "eventDay": "FRI",
        "eventDate": "MAR 15",
        "eventTime": "8:00 PM",
        "url": "https://bit.ly/3xYZ",
        "venueName": "SoFi Stadium",
        "venueCity": "Los Angeles",
        "venueStateCode": "CA",
        "brand": "Ticketmaster",
        "imageUrl": "https://img.example.com/e1.jpg",
        "imageWidth": "1024",
        "imageHeight": "576",
    }


def test_a_mail_is_told_nothing_that_is_not_known():
    event = replace(EVENT, artist=None, name="", venue=Venue(), image=Image("http://img.example.com/e1.jpg", 1024, 576))
    assert variables_of(event, PUBLIC, Times(), "Ticketmaster", "https://bit.ly/3xYZ") == {
        "url": "https://bit.ly/3xYZ",
        "brand": "Ticketmaster",
    }
    assert "imageUrl" not in variables_of(replace(EVENT, image=None), PUBLIC, TIMES, "Ticketmaster", "https://b.c/d")

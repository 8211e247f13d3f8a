"""What reminders say by SMS: the seed's words, each locale's own, in the event's own time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.files.reminder_texts import KEPT, ReminderTexts
from domain.notifications.events import Event, Sale, Venue
from domain.notifications.locales import KNOWN
from domain.notifications.sms_parts import GSM_7, measured

TEMPLATES = Path(__file__).parents[3] / "templates"
TEXTS = ReminderTexts(TEMPLATES)
LINK = "https://bit.ly/3xYZ"
AT = datetime(2026, 12, 4, 18, tzinfo=UTC)  # 10:00 in Los Angeles
EVENT = Event(
    "e1",
    "The Eras Tour - Los Angeles",
    "https://www.example.com/e1",
    AT,
    AT,
    artist="Taylor Swift",
    venue=Venue("v1", "SoFi Stadium", "Los Angeles", "CA", "US", "America/Los_Angeles"),
    zone="America/Los_Angeles",
    starts=datetime(2027, 3, 13, 4, tzinfo=UTC),
)
PRESALE = Sale("s1", "e1", "Verified Fan Presale", ("VF",), AT)
PUBLIC = Sale("s2", "e1", "Public Onsale", ("PUBLIC",), AT)


def at(zone, **changes):
    return replace(EVENT, zone=zone, **changes)


def sms(event=EVENT, sale=PRESALE, locale="en-us", market="TM_US"):
    return TEXTS.render(event, sale, locale, market, LINK).sms


def test_a_presale_is_told_in_the_words_of_the_seed():
    made = TEXTS.render(EVENT, PRESALE, "en-us", "TM_US", LINK)
    assert made.sms == (
        "It's almost time! Tickets for Taylor Swift Verified Fan Presale in Los Angeles will be going on sale at 10:00 AM PST."
        " Get your tickets with Ticketmaster: bit.ly/3xYZ"
    )
    assert (made.parts, made.encoding, made.dropped) == (2, GSM_7, ())


def test_a_public_sale_is_told_in_the_words_of_the_seed():
    made = TEXTS.render(replace(EVENT, artist="Beyoncé"), PUBLIC, "en-us", "TM_US", LINK)
    assert made.sms == (
        "It's almost time! Tickets for Beyoncé in Los Angeles will be going on sale at 10:00 AM PST."
        " Get your tickets with Ticketmaster: bit.ly/3xYZ"
    )
    assert (len(made.sms), made.parts) == (139, 1)


def test_a_canadian_is_told_in_canadian_words():
    toronto = at("America/Toronto", venue=replace(EVENT.venue, city="Toronto"))
    assert sms(toronto, locale="en-ca") == (
        "It's almost time! Tickets for Taylor Swift Verified Fan Presale in Toronto go on sale at 1:00 p.m. EST."
        " Get yours with Ticketmaster: bit.ly/3xYZ"
    )
    montreal = at("America/Toronto", venue=replace(EVENT.venue, city="Montréal"))
    assert sms(montreal, locale="fr-ca") == (
        "C'est presque l'heure! Les billets pour Taylor Swift (Verified Fan Presale) à Montréal seront mis en vente à 13 h HNE."
        " Achetez-les avec Ticketmaster : bit.ly/3xYZ"
    )
    assert sms(montreal, PUBLIC, "fr-ca") == (
        "C'est presque l'heure! Les billets pour Taylor Swift à Montréal seront mis en vente à 13 h HNE."
        " Achetez-les avec Ticketmaster : bit.ly/3xYZ"
    )


@pytest.mark.parametrize("locale", KNOWN)
@pytest.mark.parametrize("sale", [PRESALE, PUBLIC], ids=lambda sale: sale.id)
def test_all_locales_keep_to_the_cheap_alphabet(locale, sale):
    assert TEXTS.render(EVENT, sale, locale, "TM_CA", LINK).encoding == GSM_7


def test_with_a_budget_of_one_part_the_presale_is_left_out():
    made = ReminderTexts(TEMPLATES, 1).render(EVENT, PRESALE, "en-us", "TM_US", LINK)
    assert (made.parts, made.dropped) == (1, ("sale",))
    assert "Tickets for Taylor Swift in Los Angeles will" in made.sms


@pytest.mark.parametrize(
    ("locale", "zone", "when"),
    [
        ("en-us", "America/New_York", "at 1:00 PM EST."),
        ("en-us", "America/Phoenix", "at 11:00 AM MST."),
        ("en-us", "Pacific/Honolulu", "at 8:00 AM HST."),
        ("en-us", "America/St_Johns", "at 2:30 PM NST."),
        ("en-us", "Europe/London", "at 6:00 PM GMT."),
        ("en-us", "Asia/Kathmandu", "at 11:45 PM UTC+5:45."),
        ("en-ca", "America/Halifax", "at 2:00 p.m. AST."),
        ("en-ca", "America/Winnipeg", "at 12:00 p.m. CST."),
        ("fr-ca", "America/Halifax", "à 14 h HNA."),
        ("fr-ca", "America/St_Johns", "à 14 h 30 HNT."),
        ("fr-ca", "America/Vancouver", "à 10 h HNP."),
    ],
)
def test_the_time_is_the_events_own_in_the_way_that_people_say_it(locale, zone, when):
    assert when in sms(at(zone), locale=locale)


@pytest.mark.parametrize(
    ("locale", "when"), [("en-us", "10:00 AM PDT"), ("en-ca", "10:00 a.m. PDT"), ("fr-ca", "10 h HAP")]
)
def test_in_summer_it_is_summer_time(locale, when):
    assert when in sms(sale=replace(PRESALE, starts=datetime(2026, 7, 3, 17, tzinfo=UTC)), locale=locale)


def test_the_two_ones_of_the_night_in_which_clocks_go_back_are_told_apart():
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    told = [sms(at("America/New_York"), replace(PRESALE, starts=it)) for it in (first, first + timedelta(hours=1))]
    assert ["1:30 AM EDT" in told[0], "1:30 AM EST" in told[1]] == [True, True]


def test_an_event_without_a_zone_has_its_venues():
    assert "at 10:00 AM PST" in sms(at(None))
    assert "at 10:00 AM PST" in sms(at("Mars/Olympus_Mons"))


@pytest.mark.parametrize("zone", [None, "", "no zone", "../../etc/passwd", "America"])
@pytest.mark.parametrize(
    ("locale", "when"),
    [("en-us", "going on sale soon. Get"), ("en-ca", "on sale soon. Get"), ("fr-ca", "en vente sous peu. Ach")],
)
def test_no_clock_time_is_told_rather_than_a_wrong_one(zone, locale, when):
    assert when in sms(at(zone, venue=replace(EVENT.venue, zone=zone)), locale=locale)


@pytest.mark.parametrize(
    ("market", "brand"), [("TM_CA", "Ticketmaster"), ("LN_US", "Live Nation"), (None, "Ticketmaster")]
)
def test_the_market_says_who_sells(market, brand):
    made = TEXTS.render(EVENT, PUBLIC, "en-us", market, LINK)
    assert f"tickets with {brand}:" in made.sms
    assert made.variables["brand"] == brand


def test_brands_are_data():
    texts = ReminderTexts(TEMPLATES, brands={"FR_": "Billetterie"})
    assert "with Billetterie:" in texts.render(EVENT, PUBLIC, "en-us", "FR_CA", LINK).sms


@pytest.mark.parametrize(
    ("asked", "spoken"), [("fr_CA", "fr-ca"), ("FR", "fr-ca"), ("en-GB", "en-us"), ("tlh", "en-us"), ("", "en-us")]
)
def test_a_locale_we_do_not_have_is_the_nearest_we_have(asked, spoken):
    assert sms(locale=asked) == sms(locale=spoken)


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en-us", ("FRI", "MAR 12", "8:00 PM")),
        ("en-ca", ("FRI", "MAR 12", "8:00 p.m.")),
        ("fr-ca", ("VEN.", "12 MARS", "20 h")),
    ],
)
def test_a_mail_has_the_day_of_the_event_where_it_is(locale, told):
    variables = TEXTS.render(EVENT, PRESALE, locale, "TM_US", LINK).variables
    assert tuple(variables[name] for name in ("eventDay", "eventDate", "eventTime")) == told
    assert (variables["saleTime"], variables["url"]) == (
        {"fr-ca": "10 h", "en-ca": "10:00 a.m."}.get(locale, "10:00 AM"),
        LINK,
    )


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (replace(EVENT, starts=None, local_date="2027-03-12"), ("FRI", "MAR 12", None)),
        (replace(EVENT, zone=None, venue=Venue(), local_date="2027-03-12"), ("FRI", "MAR 12", None)),
        (replace(EVENT, zone=None, venue=Venue()), (None, None, None)),
        (replace(EVENT, starts=None, local_date="soon"), (None, None, None)),
        (replace(EVENT, starts=None), (None, None, None)),
    ],
)
def test_what_is_not_known_of_the_event_is_not_told(event, told):
    variables = TEXTS.render(event, PRESALE, "en-us", "TM_US", LINK).variables
    assert tuple(variables.get(name) for name in ("eventDay", "eventDate", "eventTime")) == told


def test_one_rendering_serves_all_fans_of_a_locale_and_market():
    texts = ReminderTexts(TEMPLATES)
    first = texts.render(EVENT, PRESALE, "en-us", "TM_US", LINK)
    assert all(texts.render(replace(EVENT), replace(PRESALE), "en-us", "TM_US", LINK) is first for _ in range(3))


@pytest.mark.parametrize(
    "change",
    [
        {"event": replace(EVENT, artist="Adele")},
        {"event": replace(EVENT, venue=replace(EVENT.venue, city="Oakland"))},
        {"event": replace(EVENT, zone="America/Denver")},
        {"sale": replace(PRESALE, starts=AT + timedelta(hours=1))},
        {"sale": replace(PRESALE, name="Fan Club Presale")},
        {"locale": "en-ca"},
        {"market": "LN_US"},
        {"link": "https://bit.ly/other"},
    ],
    ids=str,
)
def test_a_change_of_anything_that_is_said_is_said(change):
    texts = ReminderTexts(TEMPLATES)
    asked = {"event": EVENT, "sale": PRESALE, "locale": "en-us", "market": "TM_US", "link": LINK}
    before, after = texts.render(**asked), texts.render(**(asked | change))
    assert before.sms != after.sms
    assert texts.render(**asked) == before


def test_what_is_kept_does_not_grow_for_ever():
    texts = ReminderTexts(TEMPLATES)
    for number in range(KEPT + 5):
        texts.render(EVENT, PRESALE, "en-us", f"TM_{number}", LINK)
    assert len(texts._kept) <= KEPT


def test_the_longest_of_our_own_links_fits():
    own = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/e/vvG1zZ9h4GkP7T"
    for locale in KNOWN:
        made = ReminderTexts(TEMPLATES, 1).render(EVENT, PRESALE, locale, "TM_US", own)
        assert measured(made.sms).parts == 1
        assert "Taylor Swift" in made.sms
        assert made.sms.endswith(own.removeprefix("https://"))

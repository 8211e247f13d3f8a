"""The words for the vendor's own events, and for any that could be: all of them fit, whatever they are called."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.files.reminder_mails import ReminderMails
from adapters.files.reminder_texts import ReminderTexts
from domain.notifications.events import Event, Sale, Venue
from domain.notifications.locales import KNOWN
from domain.notifications.normalise import events_of
from domain.notifications.sms_parts import GSM_7, measured
from handlers.notifications.rules import rules

ROOT = Path(__file__).parents[3]
SEARCH = ROOT.parent / "shared/data/discovery/02_discovery_search_2016_mixed_countries.json"

AT = datetime(2026, 12, 4, 18, tzinfo=UTC)
TEXTS = {budget: ReminderTexts(ROOT / "templates", budget) for budget in (1, 2)}
NAMES = st.text(max_size=250) | st.text(st.sampled_from("aé{}€%$“’…®\u202e\r\n\N{GUITAR}字ש\u0301 "), max_size=150)
LINKS = st.from_regex(r"https://[a-z0-9.-]{4,50}/[A-Za-z0-9~_-]{1,30}", fullmatch=True)


@settings(max_examples=120, deadline=None)
@given(NAMES, NAMES, NAMES, LINKS, st.sampled_from(KNOWN), st.sampled_from([1, 2]))
def test_no_names_make_a_reminder_dearer_than_its_budget(artist, name, city, link, locale, budget):
    venue = Venue(city=city, zone="America/Toronto")
    event = Event("e1", name, "https://www.example.com/e1", AT, AT, artist=artist, venue=venue)
    made = TEXTS[budget].render(event, Sale("s1", "e1", name, ("VF",), AT), locale, "LN_CA", link)
    assert made.parts == measured(made.sms).parts <= budget
    assert made.sms.endswith(link.removeprefix("https://"))
    assert not {*made.sms} & {"\r", "\n", "\u202e"}


@pytest.mark.realdata
@pytest.mark.skipif(not SEARCH.exists(), reason=f"the vendor's answer is not at {SEARCH}")
@pytest.mark.parametrize("budget", [1, 2])
def test_every_sale_of_the_vendors_answer_is_told_within_the_budget(budget):
    texts, mails = ReminderTexts(ROOT / "templates", budget), ReminderMails(ROOT / "templates")
    events = [*events_of(json.loads(SEARCH.read_bytes()), datetime(2016, 3, 1, tzinfo=UTC), rules())]
    sales = [(it.event, sale) for it in events for sale in it.sales]
    assert len(sales) > 10
    for event, sale in sales:
        for locale in KNOWN:
            made = texts.render(event, sale, locale, "TM_US", "https://bit.ly/3xYZabc")
            assert made.parts <= budget
            assert made.encoding == GSM_7
            assert made.sms.endswith(": bit.ly/3xYZabc")
            mail = mails.render(locale, made.variables, "https://links.example.com/u/t")
            assert made.variables["artistName"][:50] in mail.subject.replace("\N{NO-BREAK SPACE}", " ")

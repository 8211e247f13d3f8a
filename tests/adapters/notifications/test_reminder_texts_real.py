"""The words for the vendor's own events: all of them fit, whatever they are called."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.files.reminder_mails import ReminderMails
from adapters.files.reminder_texts import ReminderTexts
from domain.notifications.locales import KNOWN
from domain.notifications.normalise import events_of
from domain.notifications.sms_parts import GSM_7
from handlers.notifications.rules import rules

ROOT = Path(__file__).parents[3]
SEARCH = ROOT.parent / "shared/data/discovery/02_discovery_search_2016_mixed_countries.json"


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

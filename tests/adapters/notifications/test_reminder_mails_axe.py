"""An axe-core scan of the reminder's mail in every language, by day and by night, on a phone: nothing serious, nothing critical."""

from pathlib import Path

import pytest

from adapters.files.reminder_mails import ReminderMails
from domain.notifications.locales import KNOWN

pytestmark = pytest.mark.e2e
MAILS = ReminderMails(Path(__file__).parents[3] / "templates")
VARIABLES = {
    "artistName": "Taylor Swift",
    "saleName": "Verified Fan Presale",
    "saleTime": "10:00 AM",
    "saleZone": "PST",
    "eventDay": "FRI",
    "eventDate": "MAR 12",
    "url": "https://bit.ly/3xYZ",
    "venueName": "SoFi Stadium",
    "brand": "Ticketmaster",
    "imageUrl": "https://img.invalid/poster.png",
    "imageWidth": "1024",
    "imageHeight": "576",
}


@pytest.fixture(scope="module")
def page(browser):
    context = browser.new_context(viewport={"width": 390, "height": 800}, offline=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", KNOWN)
def test_everybody_can_read_the_mail(page, axe, locale, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_content(MAILS.render(locale, VARIABLES, "https://links.example.com/u/token").html)
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(all => ({violations: all.violations, passes: all.passes.length}))")
    assert found["passes"] > 5
    assert [
        (it["id"], [node["html"] for node in it["nodes"]])
        for it in found["violations"]
        if it["impact"] in ("serious", "critical")
    ] == []
    assert page.evaluate("document.documentElement.scrollWidth <= 390")

"""The pages of reminders before a checker of accessibility, by day and by night, in both languages: nothing serious, nothing critical."""

import pytest

from adapters.files.page_templates import PageTemplates
from domain.solicitation.pages import Page
from handlers.notifications.rules import folder

pytestmark = pytest.mark.e2e
TEMPLATES = PageTemplates(folder().parent / "templates" / "reminder")
KINDS = ("unsubscribe", "unsubscribed", "subscribed", "forged", "expired", "unavailable")
SMALL = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def screen(browser):
    # The checker is put into the page from outside, which our own policy forbids to pages' scripts.
    context = browser.new_context(bypass_csp=True, viewport=SMALL)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("locale", ["en-CA", "fr-CA"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_can_be_read_by_everybody(screen, axe, shots, kind, locale):
    shown = Page(kind, locale, 200, {"method": "email", "path": "/u/x"})
    for scheme in ("light", "dark"):
        screen.emulate_media(color_scheme=scheme)
        screen.set_content(TEMPLATES.render(shown))
        screen.evaluate(axe)
        found = screen.evaluate("axe.run().then(all => ({wrong: all.violations, passes: all.passes.length}))")
        screen.screenshot(path=shots / f"reminder-{kind}-{locale}-{scheme}.png")
        assert found["passes"] > 0  # it has looked
        assert [it["id"] for it in found["wrong"] if it["impact"] in ("serious", "critical")] == []
    assert screen.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]

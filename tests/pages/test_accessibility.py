"""An axe-core scan of every page, by day and by night, in every language: nothing serious, nothing critical."""

from datetime import timedelta

import pytest
from pages_world import EXPIRES, NOON, REVIEWS, TRACKS
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e
GRAVE = ("serious", "critical")


@pytest.fixture(scope="module")
def scan(browser, axe):
    """Goes to an address, does what is asked there, and names what is gravely wrong with the page then, by day and by night."""
    # The checker is put into the page from outside, which our own policy forbids to pages' scripts.
    context = browser.new_context(bypass_csp=True, viewport={"width": 800, "height": 900})
    page = context.new_page()

    def wrong(url, act=lambda page: None):
        page.goto(url)
        act(page)
        for frame in page.frames:
            frame.evaluate(axe)
        return [*look("light", "{}"), *look("dark", "{runOnly: ['color-contrast']}")]

    def look(scheme, options):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate(
            f"axe.run({options}).then(all => ({{violations: all.violations, passes: all.passes.length}}))"
        )
        assert found["passes"] > 0  # it has looked
        grave = [each for each in found["violations"] if each["impact"] in GRAVE]
        return [(scheme, each["id"], each["impact"], [node["html"] for node in each["nodes"]]) for each in grave]

    yield wrong
    context.close()


def press(name):
    def act(page):
        page.get_by_role("button", name=name).click()
        expect(page.locator("h1").first).to_be_attached()

    return act


def answer(program, send):
    def act(page):
        if program is REVIEWS:
            page.get_by_role("radio", name="4 stars").check(force=True)
        else:
            page.get_by_role("radio", name="Thumbs up").check(force=True)
            page.get_by_role("checkbox", name="Jazz").check(force=True)
        page.locator("textarea").fill("Words")
        press(send)(page)

    return act


@pytest.mark.parametrize(
    ("program", "send"), [(REVIEWS, "Submit Review"), (TRACKS, "Share Your Thoughts")], ids=["review", "feedback"]
)
def test_a_form_its_faults_its_thanks_and_the_answer_given_are_accessible(pages, scan, request, program, send):
    delivery = pages.world.asked(program, request.node.name)
    url = f"{pages.url}/r/{pages.world.token(delivery)}"
    assert scan(url) == []
    assert scan(url, press(send)) == []
    assert scan(url, answer(program, send)) == []
    assert scan(url) == []


def test_the_photos_are_accessible_by_themselves(pages, scan, request, picture):
    delivery = pages.world.asked(customer=request.node.name)
    url = f"{pages.url}/r/{pages.world.token(delivery)}/photos"
    assert scan(url) == []
    for number in range(1, 6):
        pages.world.upload(delivery, f"{number}-a", picture.read_bytes())
        if number in (1, 5):
            assert scan(url) == []


def test_the_way_out_and_back_is_accessible(pages, scan, request):
    delivery = pages.world.asked(customer=request.node.name)
    url = f"{pages.url}/u/{pages.world.token(delivery, 'unsubscribe')}"
    assert scan(url) == []
    assert scan(url, press("Unsubscribe")) == []

    def undo(page):
        press("Unsubscribe")(page)
        press("Subscribe Again")(page)

    assert scan(url, undo) == []


def test_pages_of_links_that_lead_nowhere_are_accessible(pages, scan, request):
    delivery = pages.world.asked(customer=request.node.name)
    pages.at = EXPIRES + timedelta(days=1)
    assert scan(f"{pages.url}/r/{pages.world.token(delivery)}") == []
    pages.at = NOON
    assert scan(f"{pages.url}/r/forged") == []


@pytest.mark.parametrize("locale", ["de", "fr", "ja"])
def test_a_form_is_accessible_in_every_language(pages, scan, request, locale):
    for program in (REVIEWS, TRACKS):
        delivery = pages.world.asked(program, request.node.name, locale=locale)
        assert scan(f"{pages.url}/r/{pages.world.token(delivery)}") == []

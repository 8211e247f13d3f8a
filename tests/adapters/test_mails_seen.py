"""The mails as a browser shows them, on a phone and on a desk, by day and by night; written to build/mails for people to look at."""

from html import escape
from pathlib import Path

import pytest

from adapters.files.mail_templates import MailTemplates
from domain.solicitation.mail import MailContent, MailLinks

ROOT = Path(__file__).parents[2]
MAILS = ROOT / "build/mails"
LINKS = MailLinks(*(f"https://reviews.example.com/{route}/token-{route}" for route in "cohu"))
LOCALES = ("de", "en", "en-GB", "en-US", "fr", "ja")
SHOWN = {
    "review-request-v3": (
        "Product Reviews",
        {"de": "Kaffeemühle", "fr": "Théière en fonte 1,2 l", "ja": "有機抹茶 100g"},
    ),
    "track-feedback-v2": ("Music Feedback", {"de": "Sonne im Regen", "fr": "La nuit d’avant", "ja": "夜明けの海岸線"}),
}
HOSTILE = MailContent("Incomprehensibilities" * 12 + "<script>", "ياسمين" * 60, "x" * 200, "US", LINKS)
WIDTHS = {"phone": 320, "desk": 1000}


@pytest.fixture(scope="module")
def opened(browser):
    """A function that opens a mail and gives its page, with the addresses it asked for in `page.asked`. No network is reached."""
    page = browser.new_page()
    page.route("**/*", lambda route: (page.asked.append(route.request.url), route.abort()))

    def open_mail(html, width=1000, scheme="light"):
        page.asked = []
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        page.set_content(html, wait_until="load")
        return page

    yield open_mail
    page.close()


def mails():
    templates = MailTemplates(ROOT / "templates")
    for template_id, (program, subjects) in SHOWN.items():
        for locale in LOCALES:
            content = MailContent(subjects.get(locale, "Copper Kettle"), "Ana Silva", program, "US", LINKS)
            yield f"{template_id}.{locale}", templates.render(template_id, locale, content)
    yield "hostile", templates.render("review-request-v3", "en-US", HOSTILE)
    yield "nameless", templates.render("track-feedback-v2", "fr", MailContent(None, None, "Avis musique", "FR", LINKS))


EACH = [pytest.param(mail, id=name) for name, mail in mails()]
SOME = [mail for mail in EACH if mail.id in ("review-request-v3.ja", "hostile", "nameless")]  # one layout is behind all


def test_all_mails_are_written_down_for_people_to_look_at():
    MAILS.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, mail in mails():
        (MAILS / f"{name}.html").write_text(mail.html)
        (MAILS / f"{name}.txt").write_text(mail.text)
        rows.append(f'<li><a href="{name}.html">{name}</a> (<a href="{name}.txt">text</a>): {escape(mail.subject)}')
    (MAILS / "index.html").write_text(
        f'<!doctype html><meta charset="utf-8"><title>Mails</title><ul>{"".join(rows)}</ul>'
    )
    assert len(rows) == 2 * len(LOCALES) + 2


@pytest.mark.parametrize("mail", EACH)
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_a_mail_fits_its_screen_and_fetches_only_the_pixel(opened, mail, width):
    page = opened(mail.html, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.asked == [LINKS.pixel]
    button = page.get_by_role("link").first.bounding_box()
    assert button["height"] >= 44  # a finger's width


@pytest.mark.parametrize("mail", EACH)
def test_people_come_to_the_button_and_the_way_out_and_never_to_the_trap(opened, mail):
    page = opened(mail.html)
    stops = []
    for _ in range(4):  # then around again, or out into the browser
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.href ?? null"))
    assert stops[:2] == [LINKS.answer, LINKS.unsubscribe]
    assert LINKS.trap not in stops
    assert [link.get_attribute("href") for link in page.get_by_role("link").all()] == [LINKS.answer, LINKS.unsubscribe]
    assert not page.locator(f'a[href="{LINKS.trap}"]').is_visible()
    assert page.get_by_role("heading", level=1).count() == 1


@pytest.mark.parametrize("mail", SOME)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anyone_from_reading_a_mail(opened, axe, mail, scheme):
    page = opened(mail.html, scheme=scheme)
    page.evaluate(axe)
    found = page.evaluate("axe.run()")["violations"]
    assert [violation["id"] for violation in found if violation["impact"] in ("serious", "critical")] == []


def test_a_mail_is_read_dark_where_the_night_is_dark(opened):
    [mail] = [mail for name, mail in mails() if name == "review-request-v3.de"]
    shades = [
        opened(mail.html, scheme=scheme).evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert shades == ["rgb(255, 255, 255)", "rgb(31, 35, 41)"]

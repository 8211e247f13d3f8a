"""Which page a link leads to, and what it shows."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs_in_small import REVIEWS

from domain.solicitation import pages
from domain.solicitation.answer import Answer, Invalid, Opinion
from domain.solicitation.pages import (
    Question,
    answered_page,
    busy_page,
    form_page,
    photos_page,
    preferred_locale,
    thanks_page,
)

DELIVERY = {"locale": "de", "subjectName": " Desk\nlamp ", "zone": "Asia/Kathmandu"}
QUESTION = Question(DELIVERY, REVIEWS, "Ada", "/r/token")
ANSWER = Answer("small-reviews", "c1", "p1", "email", datetime(2026, 11, 21, 18, 15, tzinfo=UTC), Opinion(stars=4))


def test_an_empty_form_holds_the_names_on_one_line() -> None:
    page = form_page(QUESTION)
    assert (page.kind, page.locale, page.status) == ("review", "de", 200)
    assert (page.shows["subject"], page.shows["customer"], page.shows["program"]) == (
        "Desk lamp",
        "Ada",
        "Small reviews",
    )
    assert (page.shows["invalid"], page.shows["typed"]["text"]) == (None, "")


def test_a_long_name_is_cut() -> None:
    page = form_page(Question({"subjectName": "lamp " * 90}, REVIEWS, None, "/r/token"))
    assert len(page.shows["subject"]) <= 120
    assert (page.shows["customer"], page.locale) == ("", "en")


def test_a_fault_and_a_busy_table_keep_what_was_typed() -> None:
    typed = {"stars": ["3"], "text": ["words"], "tags": ["a", "b"]}
    for page, status in (
        (form_page(QUESTION, typed, Invalid("text", "too_long")), 400),
        (busy_page(QUESTION, typed), 503),
    ):
        assert page.status == status
        assert page.shows["typed"] == {"stars": "3", "thumb": "", "text": "words", "tags": ("a", "b")}


def test_the_day_of_an_answer_is_the_visitors() -> None:
    assert answered_page(QUESTION, ANSWER).shows["day"].isoformat() == "2026-11-22"  # midnight at +5:45
    assert thanks_page(Question({}, REVIEWS, None, "/"), ANSWER).shows["day"].isoformat() == "2026-11-21"


def test_enough_photos_leave_no_form() -> None:
    assert photos_page(QUESTION, ["/a"] * 5, None).shows["upload"] is None


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "en"),
        ("*", "en"),
        ("de", "de"),
        ("fr-CA,fr;q=0.9,en;q=0.5", "fr-CA"),
        ("en;q=0.4, ja;q=0.8", "ja"),
        ("de;q=0, fr;q=0.1", "fr"),
        ("de;q=high, fr;q=0.1", "fr"),
        (" ; , ;", "en"),
    ],
)
def test_the_language_a_browser_likes_best_is_spoken(header: str, locale: str) -> None:
    assert preferred_locale(header) == locale


@given(st.text())
def test_any_header_names_a_language(header: str) -> None:
    assert preferred_locale(header)


def test_a_link_that_leads_nowhere_says_so_with_the_right_status() -> None:
    made = [page("ja") for page in (pages.expired_page, pages.forged_page, pages.unavailable_page)]
    assert [(page.kind, page.status, page.locale) for page in made] == [
        ("expired", 410, "ja"),
        ("forged", 404, "ja"),
        ("unavailable", 503, "ja"),
    ]


def test_leaving_is_asked_in_the_programs_name() -> None:
    page = pages.unsubscribe_page(QUESTION, "unsubscribe")
    assert (page.kind, page.shows["program"], page.shows["path"]) == ("unsubscribe", "Small reviews", "/r/token")

"""What an answer of the vendor's makes of what is kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.notifications.events import Event, Sale
from domain.notifications.instants import iso
from domain.notifications.refreshed import Kept, gone, refreshed

NOW = datetime(2026, 12, 4, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
EVENT = Event(
    "E",
    "Live",
    "https://tickets.example.com/E",
    NOW,
    NOW,
    artist_id="a",
    artist="A",
    attractions=(("a", "A"),),
    status="onsale",
)
PUBLIC = Sale("pub", "E", "Public Onsale", ("PUBLIC",), NOW + timedelta(days=2))
PRESALE = Sale("pre", "E", "Presale", ("VF",), NOW + timedelta(days=1))
BEGUN = Sale("old", "E", "Old presale", ("VF",), NOW - timedelta(days=1))
KEPT = refreshed(Kept(), EVENT, [PUBLIC, PRESALE], NOW)


def test_a_first_answer_makes_all_rows():
    assert KEPT.event == EVENT.row()
    assert KEPT.sales == {"pub": PUBLIC.row(), "pre": PRESALE.row()}
    assert KEPT.read() == (EVENT, (PRESALE, PUBLIC))
    assert KEPT.checked == NOW


def test_an_answer_that_says_the_same_leaves_the_rows_as_they_are():
    assert refreshed(KEPT, replace(EVENT, updated=LATER, first_seen=LATER), [PUBLIC, PRESALE], LATER) == KEPT


def test_what_the_vendor_says_no_more_goes_and_what_others_wrote_stays():
    theirs = {"shortUrl": "https://bit.ly/x", "shortUrlBy": "bitly", "note": {"a": 1}}
    kept = Kept({**KEPT.event, **theirs}, {**KEPT.sales, "pub": {**KEPT.sales["pub"], "note": 1}})
    new = refreshed(
        kept,
        replace(EVENT, attractions=(), artist_id=None, artist=None, status=None),
        [replace(PUBLIC, types=())],
        LATER,
    )
    assert new.event.items() >= theirs.items()
    assert not {"attractions", "statusCode"} & set(new.event)
    assert new.event["date"] == {"firstSeen": iso(NOW), "updated": iso(LATER)}
    assert (new.sales["pub"]["note"], new.sales["pub"]["saleTypes"]) == (1, [])


def test_a_sale_ahead_that_is_gone_is_withdrawn_and_one_that_has_begun_is_not():
    kept = Kept(KEPT.event, {**KEPT.sales, "old": BEGUN.row()})
    new = refreshed(kept, EVENT, [PUBLIC], LATER)
    assert new.sales["pre"] == {**PRESALE.row(), "isSuppressed": True, "suppressionReason": "withdrawn"}
    assert new.sales["old"] == BEGUN.row()
    assert not new.event["isSuppressed"]


def test_an_event_whose_sales_are_all_withdrawn_is_suppressed():
    assert refreshed(KEPT, EVENT, [], LATER).event["suppressionReason"] == "all_sales"


def test_an_event_that_is_gone_is_cancelled_with_all_that_is_ahead_of_it():
    kept = Kept({**KEPT.event, "shortUrl": "https://bit.ly/x"}, {**KEPT.sales, "old": BEGUN.row()})
    new = gone(kept, LATER)
    assert (new.event["suppressionReason"], new.event["statusCode"]) == ("cancelled", "cancelled")
    assert (new.event["shortUrl"], new.event["date"]["updated"]) == ("https://bit.ly/x", iso(LATER))
    assert {id: row["isSuppressed"] for id, row in new.sales.items()} == {"pub": True, "pre": True, "old": False}
    assert gone(new, LATER + timedelta(hours=1)) == new
    assert refreshed(new, EVENT, [PUBLIC, PRESALE], LATER).read()[1][1:] == (PRESALE, PUBLIC)


@pytest.mark.parametrize("date", [None, "today", {"updated": 7}, {"updated": "noon", "firstSeen": "dawn"}, {}])
def test_dates_that_cannot_be_read_are_told_anew(date):
    kept = Kept({**KEPT.event, "date": date})
    assert kept.checked is None
    assert refreshed(kept, EVENT, [], LATER).event["date"] == {"firstSeen": iso(NOW), "updated": iso(LATER)}


def test_nothing_is_kept_where_there_is_no_row_or_none_that_can_be_read():
    assert (Kept().there, Kept().checked, Kept().read()) == (False, None, (None, ()))
    broken = Kept({"PK": "event:E", "SK": "event#E", "date": {"updated": iso(NOW)}}, {"x": {"id": "x"}})
    assert (broken.there, broken.checked) == (False, None)
    assert refreshed(broken, EVENT, [PUBLIC], LATER).sales == {"pub": PUBLIC.row(), "x": {"id": "x"}}


@pytest.mark.parametrize("under_its_id", [{}, {"pre": {"id": "pre"}}, {"pre": {**BEGUN.row(), "id": "other"}}])
def test_a_row_that_lies_under_another_id_than_it_names_is_left_to_whoever_wrote_it(under_its_id):
    kept = Kept(KEPT.event, {"theirs": {**PRESALE.row(), "SK": "sale#theirs"}, **under_its_id})
    assert refreshed(kept, EVENT, [PUBLIC], LATER).sales == {**kept.sales, "pub": PUBLIC.row()}
    assert gone(kept, LATER).sales == kept.sales


SALES = st.lists(
    st.builds(
        lambda id, days, suppressed: Sale(id, "E", f"Presale {id}", (), NOW + timedelta(days=days), None, suppressed),
        st.sampled_from("abcd"),
        st.integers(-3, 3),
        st.sampled_from([None, "registration"]),
    ),
    unique_by=lambda it: it.id,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(SALES, min_size=1, max_size=4))
def test_whatever_was_kept_the_last_answer_is_what_is_told(answers):
    kept = Kept()
    for number, sales in enumerate(answers):
        kept = refreshed(kept, EVENT, sales, NOW + timedelta(minutes=number))
    told = {it.id: it for it in answers[-1]}
    at = NOW + timedelta(minutes=len(answers))
    read = {it.id: it for it in kept.read()[1]}
    assert {id: it for id, it in read.items() if id in told} == told
    assert {it.suppressed for id, it in read.items() if id not in told and it.starts > at} <= {"withdrawn"}
    assert refreshed(kept, EVENT, answers[-1], at) == kept

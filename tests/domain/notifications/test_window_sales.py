"""Of what the index and the vendor have, the sales of a window: those that moved in or out, are suppressed, or came behind a run's back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sale_fans import EVENT, OPENED, PRESALE, PUBLIC, STARTS

from domain.notifications.instants import iso
from domain.notifications.window_sales import InWindow, Search, events_of, in_window, name_of
from domain.notifications.windows import Window

TICK, HALF = timedelta(milliseconds=1), timedelta(minutes=30)
WINDOW = Search(Window(OPENED, STARTS))


def test_sales_are_found_by_their_event_and_rows_that_are_none_are_left_out():
    outside = {**PUBLIC.row(), "id": "far", "saleStartDateTime": iso(STARTS + timedelta(milliseconds=1))}
    found = events_of([PUBLIC.row(), PRESALE.row(), outside, {"id": "none"}], WINDOW)
    assert {event: [sale.id for sale in sales] for event, sales in found.items()} == {"Z7r9": ["pub", "pre"]}


def test_a_sale_of_a_window_is_suppressed_with_its_event_or_by_itself():
    known = replace(EVENT, suppressed="artist")
    assert in_window(WINDOW, [PUBLIC], known) == [InWindow(PUBLIC, known, "artist")]
    hidden = replace(PRESALE, suppressed="registration")
    assert in_window(WINDOW, [PUBLIC, hidden], EVENT) == [
        InWindow(PUBLIC, EVENT),
        InWindow(hidden, EVENT, "registration"),
    ]
    assert in_window(WINDOW, [hidden]) == [InWindow(hidden, None, "registration")]


def test_a_sale_that_moved_out_or_is_of_another_event_is_in_no_window():
    assert in_window(WINDOW, [replace(PUBLIC, starts=OPENED), replace(PUBLIC, event_id="other")], EVENT) == []


@pytest.mark.parametrize(
    ("starts", "told", "wanted"),
    [
        (STARTS, False, True),
        (STARTS, True, True),  # it was told of for another time, and has moved
        (OPENED, False, True),  # it moved here when this window's run had gone by
        (OPENED, True, False),
        (OPENED - HALF + TICK, False, True),
        (OPENED - HALF, False, False),
        (STARTS + TICK, False, False),
    ],
)
def test_what_came_behind_the_last_runs_back_is_searched_for_too(starts, told, wanted):
    before = Window(OPENED - HALF, OPENED)
    search = Search(Window(OPENED, STARTS), before, frozenset([name_of(PUBLIC)] if told else ["Z7r9/other"]))
    assert search.wants(replace(PUBLIC, starts=starts)) == wanted
    assert search.whole == Window(OPENED - HALF, STARTS)


@pytest.mark.parametrize(("length", "told"), [(HALF, {"Z7r9/pub"}), (HALF - TICK, {"Z7r9/pub", "Z7r9/other"})])
def test_behind_a_short_window_those_told_of_before_it_are_remembered(length, told):
    search = Search(Window(OPENED, OPENED + length), Window(OPENED - HALF, OPENED), frozenset(["Z7r9/other"]))
    assert search.told_by_then([PUBLIC]) == told
    assert Search(search.window).told_by_then([PUBLIC]) == {"Z7r9/pub"}

"""Windows tile time: whatever runs come, skipped, doubled, late or dying, each sale's start is in one, and clocks of zones move none."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.notifications.instants import iso
from domain.notifications.windows import CATCH_UP, STEP, Window, due, missed, sale_of

AT = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
LEAD = timedelta(minutes=30)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("covered", "window"),
    [
        (AT, Window(AT, AT + LEAD)),  # the run before was the last
        (AT - LEAD, Window(AT - LEAD, AT + LEAD)),  # one was skipped
        (AT - CATCH_UP, Window(AT - CATCH_UP, AT + LEAD)),
        (AT - CATCH_UP - STEP, Window(AT - CATCH_UP, AT + LEAD)),  # too far back
        (AT + LEAD - STEP, Window(AT + LEAD - STEP, AT + LEAD)),
        (AT + LEAD, None),  # doubled
        (AT + HOUR, None),  # never back
    ],
)
def test_a_run_covers_what_no_other_has_and_no_more_than_a_day_back(covered, window):
    assert due(covered, AT, LEAD) == window


def test_what_is_too_far_back_is_known():
    assert missed(AT - CATCH_UP, AT) is None
    assert missed(AT - CATCH_UP - HOUR, AT) == Window(AT - CATCH_UP - HOUR, AT - CATCH_UP)


def test_a_window_is_open_at_its_beginning_and_closed_at_its_end():
    window = Window(AT, AT + LEAD)
    assert [window.holds(at) for at in (AT, AT + STEP, AT + LEAD, AT + LEAD + STEP)] == [False, True, True, False]


def test_a_window_tells_the_utc_days_that_it_touches():
    assert Window(AT, AT + LEAD).days() == ("2026-12-04",)
    assert Window(AT - CATCH_UP, AT + HOUR * 7).days() == ("2026-12-03", "2026-12-04", "2026-12-05")


def test_an_override_holds_both_its_ends():
    window = Window.asked({"startDateTime": iso(AT), "endDateTime": iso(AT + LEAD)})
    assert window.holds(AT)
    assert window.holds(AT + LEAD)
    assert not window.holds(AT - STEP)


@pytest.mark.parametrize(
    "schedule",
    [
        None,
        "2026-12-04",
        {"startDateTime": iso(AT)},
        {"startDateTime": iso(AT), "endDateTime": iso(AT - STEP)},
        {"startDateTime": iso(AT), "endDateTime": iso(AT + CATCH_UP + STEP)},
        {"startDateTime": "10:00", "endDateTime": "10:30"},
    ],
)
def test_an_override_that_is_no_window_is_rejected(schedule):
    with pytest.raises(Rejected):
        Window.asked(schedule)


Runs = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(["ends", "ends", "dies"])),  # half hours from the first on; any order
    min_size=1,
    max_size=40,
)


@settings(max_examples=60)
@given(runs=Runs, start=st.timedeltas(timedelta(0), timedelta(hours=31)))
def test_whatever_runs_come_each_start_is_told_of_once_or_lies_outside_of_what_they_covered(runs, start):
    """As the mark is kept: `claim` gives where earlier runs have ended, `done` moves that forward. A run that dies may have told
    some, which conditional writes make harmless: what counts is that one that ends has told all."""
    first = AT + runs[0][0] * LEAD
    covered, told, lost = first, [], []
    for half_hours, end in runs:
        at = AT + half_hours * LEAD
        window, gone = due(covered, at, LEAD), missed(covered, at)
        if end == "dies" or window is None:
            continue
        told.append(window)
        lost += [gone] if gone else []
        covered = max(covered, window.until)
    instant = first + start
    holding = [window for window in (*told, *lost) if window.holds(instant)]
    assert len(holding) == (1 if first < instant <= covered else 0)


@pytest.mark.parametrize(
    ("local", "fold"),
    [
        ("2026-03-08T10:00", 0),  # clocks went forward that night
        ("2026-03-08T03:00", 0),  # the first instant after the hour that is missing
        ("2026-11-01T10:00", 0),
        ("2026-11-01T01:30", 0),  # the hour that comes twice, first time
        ("2026-11-01T01:30", 1),  # and second
        ("2026-11-01T00:00", 0),
    ],
)
@pytest.mark.parametrize("zone", ["America/Los_Angeles", "America/Toronto", "America/St_Johns"])
def test_on_days_when_clocks_change_each_sale_is_told_of_once_at_most_half_an_hour_before(local, fold, zone):
    start = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)
    runs = [datetime.combine(start.date(), datetime.min.time(), UTC) + (n - 48) * LEAD for n in range(144)]
    telling = [at for at in runs if Window(at, at + LEAD).holds(start)]
    assert len(telling) == 1
    assert timedelta(0) < start - telling[0] <= LEAD


ROW = {"id": "s", "eventId": "e", "saleStartDateTime": iso(AT), "name": "Public"}


def test_a_row_is_a_sale_where_it_has_what_makes_one():
    assert sale_of(ROW).starts == AT


@pytest.mark.parametrize("change", [{"id": None}, {"id": ""}, {"eventId": 7}, {"saleStartDateTime": "soon"}])
def test_another_row_is_none(change):
    assert sale_of({**ROW, **change}) is None

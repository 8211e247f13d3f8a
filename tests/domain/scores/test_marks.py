"""A row's marks say which loads have reached it; two states of them say what a load has newly reached, each record once."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.scores.marks import (
    CREATED,
    OUTCOMES,
    REMEMBERED,
    SUPERSEDED,
    UNCHANGED,
    UPDATED,
    Mark,
    Reached,
    is_marked,
    marked,
    reached,
    read_marks,
    write_marks,
)

LOADS = [f"{n:012x}" for n in range(REMEMBERED + 3)]
MARKS = st.lists(
    st.builds(
        Mark,
        st.sampled_from(LOADS),
        st.sampled_from(OUTCOMES),
        st.frozensets(st.integers(0, 10**6), min_size=1, max_size=4),
    ),
    max_size=REMEMBERED,
    unique_by=lambda it: it.load,
).map(tuple)


@given(MARKS)
def test_marks_are_read_back_as_they_were_written(marks):
    assert read_marks(write_marks(marks)) == marks


def test_they_are_one_short_text_the_oldest_load_first():
    text = "3fa2c1d0e5b7:created:0,7;9bd0aa41c2f6:unchanged:2"
    assert read_marks(text) == (
        Mark("3fa2c1d0e5b7", CREATED, frozenset({0, 7})),
        Mark("9bd0aa41c2f6", UNCHANGED, frozenset({2})),
    )
    assert write_marks(read_marks(text)) == text


@pytest.mark.parametrize(
    "text", ["x", "a:created", "a:created:", "a:created:x", "a:lost:1", "a:created:1;", ";", "a:b:c:d"]
)
def test_what_is_no_such_text_is_a_value_error(text):
    with pytest.raises(ValueError):
        read_marks(text)


def test_a_part_is_marked_once_and_others_of_its_load_are_not():
    marks = marked((), "a", 3, CREATED)
    assert is_marked(marks, "a", 3)
    assert not is_marked(marks, "a", 4)
    assert not is_marked(marks, "b", 3)
    assert marked(marks, "a", 3, CREATED) == marks


@pytest.mark.parametrize("one", OUTCOMES)
@pytest.mark.parametrize("other", OUTCOMES)
def test_of_two_outcomes_of_a_load_the_stronger_stays(one, other):
    [mark] = marked(marked((), "a", 0, one), "a", 1, other)
    assert mark.outcome == (one if OUTCOMES.index(one) <= OUTCOMES.index(other) else other)
    assert mark.parts == {0, 1}


def test_a_load_keeps_its_place_and_the_oldest_is_forgotten_first():
    marks = ()
    for load in LOADS:
        marks = marked(marks, load, 0, UPDATED)
    assert [it.load for it in marks] == LOADS[-REMEMBERED:]
    again = marked(marks, LOADS[-REMEMBERED], 1, UPDATED)
    assert [it.load for it in again] == LOADS[-REMEMBERED:]


def test_a_new_row_tells_its_records_and_one_fan():
    marks = marked(marked((), "a", 0, CREATED), "a", 2, UPDATED)
    assert [*reached((), marks)] == [Reached("a", 2, {CREATED: 1})]


def test_a_further_part_is_a_record_more_and_no_fan_more():
    before = marked((), "a", 0, CREATED)
    assert [*reached(before, marked(before, "a", 1, UNCHANGED))] == [Reached("a", 1, {})]


def test_an_outcome_that_changes_is_taken_back_and_counted_anew():
    before = marked((), "a", 0, SUPERSEDED)
    assert [*reached(before, marked(before, "a", 1, UPDATED))] == [Reached("a", 1, {SUPERSEDED: -1, UPDATED: 1})]


def test_what_has_not_moved_tells_nothing_and_what_is_forgotten_is_not_taken_back():
    before = marked(marked((), "a", 0, CREATED), "b", 0, UPDATED)
    assert not [*reached(before, before)]
    assert not [*reached(before, before[1:])]


@given(
    st.lists(st.tuples(st.sampled_from(LOADS[:REMEMBERED]), st.integers(0, 5), st.sampled_from(OUTCOMES)), max_size=40)
)
def test_the_differences_of_any_history_sum_up_to_what_the_last_state_says(history):
    records, fans, before = Counter(), Counter(), ()
    for load, part, outcome in history:
        after = marked(before, load, part, outcome)
        for it in reached(before, after):
            records[it.load] += it.records
            for name, by in it.outcomes.items():
                fans[it.load, name] += by
        before = after
    assert +records == Counter({it.load: len(it.parts) for it in before})
    assert +fans == Counter((it.load, it.outcome) for it in before)
    assert min(fans.values(), default=0) >= 0

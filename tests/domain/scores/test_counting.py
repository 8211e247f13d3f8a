"""What changes of fans' rows mean for counts, and how they are cut into transactions."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from domain.scores.accounting import of_counts
from domain.scores.counting import Change, Counts, Figures, Row, Slice, figures_of, slices, unseen
from domain.scores.marks import Mark

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LOAD, OTHER = "3fa2c1d0e5b7", "9bd0aa41c2f6"

# A row and what it adds to its campaign: verified, rejected, selected, unscored, fans (seed 004, use case 3)
ADDS = {
    None: (0, 0, 0, 0, 0),
    Row(): (0, 0, 0, 1, 1),
    Row(selected=True): (0, 0, 1, 1, 1),
    Row(verified=True): (1, 0, 0, 0, 1),
    Row(verified=True, selected=True): (1, 0, 1, 0, 1),
    Row(verified=False): (0, 1, 0, 0, 1),
    Row(verified=False, selected=True): (0, 1, 1, 0, 1),
}


def change(number=1, old=None, new=None, campaign="a", at=NOON):
    return Change(str(number), campaign, at, old, new)


def arrival(number, campaign="a", at=NOON):
    return change(number, new=Row(verified=True), campaign=campaign, at=at)


def loaded(*parts, load=LOAD, outcome="created"):
    return Mark(load, outcome, frozenset(parts))


def cut(*changes, fences=None, touched=99):
    return list(slices(changes, fences or {}, touched))


@pytest.mark.parametrize(("old", "new"), list(product(ADDS, ADDS)))
def test_a_change_moves_the_counts_from_what_the_row_added_to_what_it_adds(old, new):
    [moved] = cut(change(old=old, new=new))
    by = tuple(after - before for before, after in zip(ADDS[old], ADDS[new], strict=True))
    assert moved.counts == ({"a": Figures(*by)} if any(by) else {})


@pytest.mark.parametrize("row", ADDS)
def test_every_fan_is_verified_rejected_or_not_scored(row):
    assert of_counts(figures_of(row).by_name()).holds


def test_changes_of_one_campaign_add_up_and_those_of_others_stay_apart():
    [moved] = cut(arrival(1), arrival(2), arrival(3, campaign="b"))
    assert moved == Slice("3", 3, {"a": Figures(verified=2, fans=2), "b": Figures(verified=1, fans=1)})


def test_what_a_load_has_newly_reached_counts_for_the_load():
    before = Row(verified=True, marks=(loaded(0),))
    after = Row(verified=True, marks=(loaded(0, 7), loaded(2, load=OTHER, outcome="unchanged")))
    [moved] = cut(change(1, None, before), change(2, before, after))
    assert moved.loads == {
        ("a", LOAD): {"records": 2, "unique": 1, "created": 1},
        ("a", OTHER): {"records": 1, "unique": 1, "unchanged": 1},
    }


def test_an_outcome_that_becomes_a_stronger_one_makes_no_second_fan():
    before = Row(marks=(loaded(0, outcome="unchanged"),))
    [moved] = cut(change(1, before, Row(marks=(loaded(0, 1, outcome="updated"),))))
    assert moved.loads == {("a", LOAD): {"records": 1, "unique": 0, "unchanged": -1, "updated": 1}}


def test_a_row_that_goes_takes_nothing_from_its_load():
    [moved] = cut(change(1, Row(verified=True, marks=(loaded(0),)), None))
    assert moved.loads == {}
    assert moved.counts == {"a": Figures(verified=-1, fans=-1)}


def test_changes_that_come_to_nothing_together_still_name_their_campaign():
    [moved] = cut(arrival(1), change(2, Row(verified=True), None))
    assert moved.counts == {"a": Figures()}


def test_a_change_that_counts_for_nothing_needs_no_transaction():
    [moved] = cut(change(old=Row(verified=True), new=Row(verified=True)))
    assert moved.touched == 0


@pytest.mark.parametrize(("seconds", "counted"), [(-1, {}), (0, {"a": Figures(verified=1, fans=1)})])
def test_a_repair_has_found_what_was_changed_before_its_fence(seconds, counted):
    [moved] = cut(arrival(1, at=NOON + timedelta(seconds=seconds)), fences={"a": NOON})
    assert moved.counts == counted


def test_a_fence_holds_for_its_campaign_and_no_other():
    [moved] = cut(arrival(1), arrival(2, campaign="b"), fences={"a": NOON + timedelta(1), "b": None})
    assert list(moved.counts) == ["b"]


def test_a_load_counts_what_it_reached_before_a_fence():
    row = Row(verified=True, marks=(loaded(0),))
    [moved] = cut(change(new=row), fences={"a": NOON + timedelta(1)})
    assert (moved.counts, list(moved.loads)) == ({}, [("a", LOAD)])


def test_slices_are_as_long_as_a_transaction_allows_and_in_order():
    changes = [arrival(number, campaign=str(number % 3)) for number in range(7)]
    assert [(it.upto, it.changes, it.touched) for it in cut(*changes, touched=2)] == [
        ("1", 2, 2),
        ("3", 2, 2),
        ("5", 2, 2),
        ("6", 1, 1),
    ]


def test_one_change_that_touches_more_than_a_slice_may_goes_by_itself():
    row = Row(verified=True, marks=(loaded(0), loaded(0, load=OTHER)))
    assert [it.changes for it in cut(arrival(1), change(2, None, row), arrival(3), touched=2)] == [1, 1, 1]


def test_no_changes_are_no_slice():
    assert cut() == []


def test_what_lies_behind_the_watermark_was_counted_and_numbers_are_no_texts():
    changes = [arrival(number) for number in (1000, 900, 99)]
    assert [it.sequence for it in unseen(changes, "99")] == ["900", "1000"]
    assert [it.sequence for it in unseen(changes, None)] == ["99", "900", "1000"]


def test_figures_are_told_apart_from_nothing_and_measured():
    assert not Figures()
    assert Figures(verified=1) - Figures(verified=1, rejected=2) == Figures(rejected=-2)
    assert Figures(verified=3, rejected=-2).distance == 5
    assert Counts(verified=3, fans=3, version=7).figures == Figures(verified=3, fans=3)

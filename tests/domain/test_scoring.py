"""What a model is told, which of its answers count, and how they become one score."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs_in_small import REVIEWS

from domain.solicitation.candidate import ModelScore, Score
from domain.solicitation.program import FeatureGroup, Model
from domain.solicitation.scoring import batches, combine, feature, model_rows, needed_groups, record_ids, valid

PROPENSITY = Model("propensity", "sagemaker://propensity", "3", ("engagement", "price"), 0.6)
AFFINITY = Model("affinity", "sagemaker://affinity", "2", ("genre",), 0.4)
CUSTOMERS = FeatureGroup("customers", "customer", ("engagement", "unused"))
SUBJECTS = FeatureGroup("subjects", "subject", ("price", "genre"))
SCORING = replace(REVIEWS.scoring, models=(PROPENSITY, AFFINITY), groups=(CUSTOMERS, SUBJECTS), fallback=0.35)
PAIRS = [("c1", "p1"), ("c1", "p2"), ("c2", "p1")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.25", 0.25),
        ("-3", -3.0),
        ("1e3", 1000.0),
        ("jazz", "jazz"),
        ("rock,jazz", "rock,jazz"),  # a list stays text
        ("1_000", "1_000"),
        ("0", 0.0),
        ("", None),
        (None, None),
        ("NaN", None),
        ("-inf", None),
        ("1e999", None),
    ],
)
def test_a_stored_value_is_a_finite_number_or_text_or_missing(text, value):
    assert feature(text) == value


def test_only_features_that_a_model_takes_are_read():
    assert [(group.name, group.features) for group in needed_groups(SCORING)] == [
        ("customers", ("engagement",)),
        ("subjects", ("price", "genre")),
    ]


def test_a_group_that_no_model_needs_is_not_read():
    assert [group.name for group in needed_groups(replace(SCORING, models=(AFFINITY,)))] == ["subjects"]


def test_a_feature_in_two_groups_is_read_from_the_first():
    both = (
        FeatureGroup("first", "customer", ("engagement",)),
        FeatureGroup("second", "subject", ("engagement", "price")),
    )
    groups = needed_groups(replace(SCORING, groups=both))
    assert [(group.name, group.features) for group in groups] == [("first", ("engagement",)), ("second", ("price",))]


def test_each_record_is_named_once():
    assert record_ids(CUSTOMERS, PAIRS) == ["c1", "c2"]
    assert record_ids(SUBJECTS, PAIRS) == ["p1", "p2"]


def rows(model, customers, subjects):
    return list(model_rows(model, needed_groups(SCORING), {"customers": customers, "subjects": subjects}, PAIRS))


def test_a_model_is_told_its_own_features_and_no_others():
    customers = {"c1": {"engagement": 0.9}, "c2": {"engagement": 0.1}}
    subjects = {"p1": {"price": 5.0, "genre": "jazz"}, "p2": {"price": 7.0, "genre": "rock"}}
    assert rows(PROPENSITY, customers, subjects) == [
        {"engagement": 0.9, "price": 5.0},
        {"engagement": 0.9, "price": 7.0},
        {"engagement": 0.1, "price": 5.0},
    ]
    assert rows(AFFINITY, customers, subjects) == [{"genre": "jazz"}, {"genre": "rock"}, {"genre": "jazz"}]


def test_a_candidate_without_one_of_the_features_is_not_sent_to_that_model_only():
    customers = {"c1": {"engagement": 0.9}}  # c2 has no record
    subjects = {"p1": {"price": 5.0, "genre": "jazz"}, "p2": {"genre": "rock"}}  # p2 has no price
    assert rows(PROPENSITY, customers, subjects) == [{"engagement": 0.9, "price": 5.0}, None, None]
    assert rows(AFFINITY, customers, subjects) == [{"genre": "jazz"}, {"genre": "rock"}, {"genre": "jazz"}]


def test_a_feature_that_no_group_holds_is_missing_everywhere():
    orphan = replace(AFFINITY, features=("genre", "mood"))
    assert rows(orphan, {}, {"p1": {"genre": "jazz"}, "p2": {"genre": "rock"}}) == [None, None, None]


def test_calls_are_cut_at_the_row_limit():
    assert list(batches([b"x"] * 5, 2)) == [slice(0, 2), slice(2, 4), slice(4, 5)]


def test_calls_are_cut_at_the_byte_limit_inclusive():
    assert list(batches([b"1234"] * 5, 100, size=8)) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    assert list(batches([b"1234"] * 5, 100, size=7)) == [slice(at, at + 1) for at in range(5)]


def test_a_line_over_the_byte_limit_goes_alone():
    assert list(batches([b"1", b"123456789", b"1"], 100, size=4)) == [slice(0, 1), slice(1, 2), slice(2, 3)]


def test_nothing_to_ask_is_no_call():
    assert list(batches([], 100)) == []


@given(st.lists(st.binary(max_size=9)), st.integers(1, 4), st.integers(1, 12))
def test_every_line_is_in_exactly_one_call_and_no_call_is_over_a_limit(lines, most, size):
    cuts = [lines[cut] for cut in batches(lines, most, size)]
    assert [line for cut in cuts for line in cut] == lines
    assert all(1 <= len(cut) <= most and (len(cut) == 1 or sum(map(len, cut)) <= size) for cut in cuts)


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        (0.5, 0.5),
        (0, 0.0),
        (1, 1.0),
        (0.12345678, 0.123457),
        (-0.0, 0.0),
        (math.nan, None),
        (math.inf, None),
        (-0.000001, None),
        (1.000001, None),
        ("0.5", None),
        (None, None),
        (True, None),
        ({"score": 0.5}, None),
    ],
)
def test_a_score_is_a_finite_number_from_0_to_1_to_six_places(answer, score):
    assert valid(answer) == score
    assert score is None or math.copysign(1, valid(answer)) == 1


def test_models_combine_by_their_weights():
    assert combine(SCORING, [0.9, 0.4]) == Score(
        0.7, False, (ModelScore("propensity", "3", 0.9), ModelScore("affinity", "2", 0.4)), ()
    )


def test_weights_need_not_add_up_to_one():
    doubled = replace(SCORING, models=(replace(PROPENSITY, weight=3.0), replace(AFFINITY, weight=2.0)))
    assert combine(doubled, [0.9, 0.4]).value == 0.7


def test_a_model_without_an_answer_leaves_its_weight_to_the_others_and_is_named():
    assert combine(SCORING, [None, 0.4]) == Score(0.4, False, (ModelScore("affinity", "2", 0.4),), ("propensity",))


def test_the_fallback_stands_in_when_no_model_answered():
    assert combine(SCORING, [None, None]) == Score(0.35, True, (), ("propensity", "affinity"))


def test_a_model_of_no_weight_alone_makes_no_score():
    silent = replace(SCORING, models=(PROPENSITY, replace(AFFINITY, weight=0.0)))
    assert combine(silent, [None, 0.9]) == Score(0.35, True, (), ("propensity",))


scores = st.none() | st.floats(0, 1).map(valid)


@given(scores, scores)
def test_a_combined_score_lies_between_the_answers(first, second):
    answers = [answer for answer in (first, second) if answer is not None]
    score = combine(SCORING, [first, second])
    assert score.fallback == (not answers)
    if answers:
        assert min(answers) <= score.value <= max(answers)


@given(scores, scores)
def test_a_score_reads_back_from_its_row(first, second):
    score = combine(SCORING, [first, second])
    assert Score.from_row(score.to_row()) == score

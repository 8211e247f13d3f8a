"""How good a model's scores are, against plain definitions; and what nothing can be said of."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.solicitation.model_quality import Unmeasurable, auc, calibration_error, measured, unmeasurable

LABELS = [1] * 20 + [0] * 180
GOOD = [0.9] * 20 + [0.1] * 180


@pytest.mark.parametrize(
    ("scores", "labels", "expected"),
    [
        ([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.75),
        ([0.9, 0.8, 0.2, 0.1], [1, 1, 0, 0], 1.0),
        ([0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1], 0.0),
        ([0.5, 0.5, 0.5, 0.5], [1, 0, 1, 0], 0.5),  # all tied
        ([0.7, 0.7, 0.3], [1, 0, 0], 0.75),  # one tie counts half
    ],
)
def test_auc_is_the_share_of_pairs_ranked_right(scores, labels, expected):
    assert auc(scores, labels) == pytest.approx(expected)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.4, 0.6, 1.0]), st.integers(0, 1)), min_size=2, max_size=60))
def test_auc_by_ranks_is_auc_by_pairs(rows):
    highs = [score for score, label in rows if label]
    lows = [score for score, label in rows if not label]
    if highs and lows:
        won = sum((high > low) + (high == low) / 2 for high, low in product(highs, lows))
        assert auc(*map(list, zip(*rows, strict=True))) == pytest.approx(won / (len(highs) * len(lows)))


@pytest.mark.parametrize(
    ("scores", "labels", "expected"),
    [
        ([0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0], 0.0),
        ([0.95, 0.95], [1, 0], 0.45),
        ([1.0, 0.0], [0, 1], 1.0),  # 1.0 falls into the last bin
        ([0.05, 0.15], [1, 0], (0.95 + 0.15) / 2),  # bins do not make up for each other
    ],
)
def test_calibration_error_is_how_far_bins_are_from_what_they_promise(scores, labels, expected):
    assert calibration_error(scores, labels) == pytest.approx(expected)


def test_a_quality_has_all_its_figures():
    quality = measured(GOOD, LABELS)
    assert quality.to_json() == pytest.approx(
        {"auc": 1.0, "calibration_error": 0.1, "brier": 0.01, "rows": 200, "positives": 20}
    )


@pytest.mark.parametrize(
    ("rows", "positives", "reason"),
    [
        (199, 50, "too_few_rows"),
        (0, 0, "too_few_rows"),
        (200, 0, "one_class"),
        (200, 200, "one_class"),
        (200, 19, "too_few_positives"),
        (200, 20, None),
    ],
)
def test_a_holdout_that_tells_nothing_says_why(rows, positives, reason):
    assert unmeasurable(rows, positives) == reason


@pytest.mark.parametrize("score", [float("nan"), float("inf"), float("-inf"), -0.001, 1.001, None, "0.5", True])
def test_one_score_that_is_none_makes_all_unmeasurable(score):
    with pytest.raises(Unmeasurable, match="scores_out_of_range"):
        measured([*GOOD[:-1], score], LABELS)


@pytest.mark.parametrize("scores", [GOOD[:-1], [*GOOD, 0.5], []])
def test_scores_that_do_not_match_the_rows_are_unmeasurable(scores):
    with pytest.raises(Unmeasurable, match="unscored_rows"):
        measured(scores, LABELS)


@pytest.mark.parametrize("score", [0, 1, 0.0, 1.0])
def test_the_bounds_are_scores(score):
    assert measured([*GOOD[:-1], score], LABELS).rows == 200

"""Scores and labels of one holdout in, how well the scores rank and how honest they are out; or why that cannot be said."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, TypeGuard

from domain.errors import Rejected

LEAST_ROWS = 200  # fewer say nothing: the AUC's own error is then above 0.04
LEAST_POSITIVES = 20
BINS = 10


class Unmeasurable(Rejected):
    """No quality can be told; the text is the reason, one word."""


@dataclass(frozen=True, slots=True)
class Quality:
    """`auc` in [0, 1], 0.5 is chance; `calibration_error` and `brier` in [0, 1], 0 is best."""

    auc: float
    calibration_error: float
    brier: float
    rows: int
    positives: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def measured(scores: Sequence[object], labels: Sequence[int]) -> Quality:
    """The quality of one score a label (1 answered, 0 not).

    Unmeasurable: `unscored_rows`, `scores_out_of_range` (NaN, infinite, no number, outside [0, 1]), `too_few_rows`,
    `one_class`, `too_few_positives`.
    """
    if reason := unmeasurable(len(labels), sum(labels)):
        raise Unmeasurable(reason)
    if len(scores) != len(labels):
        raise Unmeasurable("unscored_rows")
    values = [score for score in scores if _is_score(score)]
    if len(values) != len(scores):
        raise Unmeasurable("scores_out_of_range")
    return Quality(
        auc=auc(values, labels),
        calibration_error=calibration_error(values, labels),
        brier=math.fsum((value - label) ** 2 for value, label in zip(values, labels, strict=True)) / len(labels),
        rows=len(labels),
        positives=sum(labels),
    )


def unmeasurable(rows: int, positives: int) -> str | None:
    """Why a holdout of so many rows, so many of them answered, tells nothing; None: it does."""
    if rows < LEAST_ROWS:
        return "too_few_rows"
    if positives in (0, rows):
        return "one_class"
    return "too_few_positives" if positives < LEAST_POSITIVES else None


def auc(scores: Sequence[float], labels: Sequence[int]) -> float:
    """The chance that one who answered is ranked above one who did not, a tie counting half (Mann-Whitney)."""
    positives = sum(labels)
    negatives = len(labels) - positives
    ordered = sorted(zip(scores, labels, strict=True))
    rank_sum, before = 0.0, 0
    for _, group in groupby(ordered, key=lambda pair: pair[0]):
        tied = [label for _, label in group]
        rank_sum += sum(tied) * (before + (len(tied) + 1) / 2)
        before += len(tied)
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def calibration_error(scores: Sequence[float], labels: Sequence[int]) -> float:
    """Expected calibration error: over ten bins of equal width, how far mean score and share of answers are apart."""
    gaps = [0.0] * BINS
    for score, label in zip(scores, labels, strict=True):
        gaps[min(int(score * BINS), BINS - 1)] += score - label
    return math.fsum(abs(gap) for gap in gaps) / len(labels)


def _is_score(score: object) -> TypeGuard[float]:
    return isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1

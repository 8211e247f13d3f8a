"""What is learnt from, how it is split, and who takes over: decisions over plain values."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from programs_in_small import REVIEWS

from domain.solicitation.champion import Champion, as_deployed, dropped, intended, promoted, returning
from domain.solicitation.retraining import (
    Example,
    campaign_days,
    decide,
    example,
    holdout_dates,
    job_name,
    not_trainable,
    sampled,
)

AT = datetime(2026, 11, 22, 3, tzinfo=UTC)
DAY = date(2026, 11, 10)
SENT = {"id": "d1", "customer": "c1", "subject": "p1", "sentAt": "2026-11-10T15:00:00Z"}
LABELS = [number % 2 for number in range(400)]


@pytest.mark.parametrize(
    ("change", "label"),
    [
        ({}, 0),
        ({"timeline": {"answered": "2026-11-12T00:00:00Z"}}, 1),
        ({"timeline": {"answered": "2026-11-22T03:00:00Z"}}, 1),
        ({"timeline": {"answered": "2026-11-22T03:00:01Z"}}, 0),  # a round repeated later learns the same
        ({"timeline": {"opened": "2026-11-12T00:00:00Z"}}, 0),
        ({"timeline": {"bounced": "2026-11-10T15:01:00Z"}}, None),
        ({"sentAt": None}, None),
        ({"sentAt": "2026-11-19T03:00:00Z"}, 0),  # three days ago
        ({"sentAt": "2026-11-19T03:00:01Z"}, None),
        ({"sentAt": "2026-10-25T03:00:00Z"}, 0),  # twenty-eight days ago
        ({"sentAt": "2026-10-25T02:59:59Z"}, None),
    ],
)
def test_a_sent_mail_teaches_whether_it_was_answered(change, label):
    found = example({**SENT, **change}, DAY, AT)
    assert (found.label if found else None) == label


def test_campaigns_are_looked_for_from_before_the_lookback_to_three_days_ago():
    days = campaign_days(AT)
    assert (days[0], days[-1], len(days)) == (date(2026, 10, 23), date(2026, 11, 19), 28)


def many(count):
    return [
        Example(f"d{number}", ("c", "p"), DAY, f"2026-11-{1 + number % 9:02}T10:00:00Z", 0) for number in range(count)
    ]


def test_a_sample_is_the_same_however_the_rows_come():
    rows = many(500)
    chosen = sampled(rows, 100)
    assert len(chosen) == 100
    assert chosen == sampled(reversed(rows), 100)
    assert set(chosen) <= set(sampled(rows, 200))
    assert sampled(rows[:50], 100) == sorted(rows[:50], key=lambda one: (one.sent_at, one.delivery))


def test_a_sample_favours_no_date():
    counts = [sum(one.sent_on == f"2026-11-{1 + day:02}" for one in sampled(many(9000), 900)) for day in range(9)]
    assert min(counts) > 60


@pytest.mark.parametrize(("days", "held"), [(0, 0), (1, 1), (4, 1), (5, 2), (8, 2), (25, 7)])
def test_the_last_quarter_of_the_dates_is_held_out(days, held):
    dates = [(DAY + timedelta(days=offset)).isoformat() for offset in range(days)]
    assert holdout_dates(dates[::-1]) == set(dates[days - held :])


@pytest.mark.parametrize(
    ("training", "holdout", "reason"),
    [
        (LABELS, LABELS, None),
        (LABELS, LABELS[:199], "too_few_rows"),
        (LABELS, [1] * 300, "one_class"),
        (LABELS[:100], LABELS, "too_few_rows_to_train"),
        ([0] * 300, LABELS, "one_class_to_train"),
    ],
)
def test_what_is_not_worth_a_training_job_says_why(training, holdout, reason):
    assert not_trainable(training, holdout) == reason


@pytest.mark.parametrize("model", ["review-propensity-v2", "a" * 200, "modèle_2", "--x--"])
def test_a_job_has_a_name_sagemaker_takes_and_equal_data_the_same_one(model):
    name = job_name("p", model, DAY, "hash")
    assert re.fullmatch("[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name)
    assert name == job_name("p", model, DAY, "hash")
    others = {
        job_name("q", model, DAY, "hash"),
        job_name("p", f"{model}b", DAY, "hash"),
        job_name("p", model, DAY, "h"),
    }
    assert name not in others
    assert len(others) == 3


def scores(right, wrong=0.5, honest=0.0):
    """`right` of the rows are ranked right, the others not told apart; `honest` moves all away from the truth."""
    share = int(len(LABELS) * right)
    return [
        (0.98 if label else 0.02) - honest if number < share else wrong - honest for number, label in enumerate(LABELS)
    ]


@pytest.mark.parametrize(
    ("champion", "challenger", "deploy", "reason"),
    [
        (scores(0.5), scores(0.9), True, "better"),
        (scores(0.9), scores(0.5), False, "auc_not_better"),
        (scores(0.9), scores(0.9), False, "auc_not_better"),
        (scores(0.5), scores(0.505), False, "auc_not_better"),
        (scores(0.2), [max(score, 0.0) for score in scores(0.4, honest=0.2)], False, "calibration_worse"),
        (scores(0.5), [*scores(0.9)[:-1], float("nan")], False, "challenger_scores_out_of_range"),
        (scores(0.5), scores(0.9)[:-1], False, "challenger_unscored_rows"),
        ([None, *scores(0.5)[1:]], scores(0.9), False, "champion_scores_out_of_range"),
    ],
)
def test_only_what_ranks_better_and_is_as_honest_is_deployed(champion, challenger, deploy, reason):
    decision = decide(LABELS, champion, challenger)
    assert (decision.deploy, decision.reason) == (deploy, reason)


def test_a_change_comes_to_serve_in_place_of_its_predecessor():
    begun = intended(Champion("p", "m"), {"config": "new", "job": "new"}, "first")
    served = promoted(begun, "2026-11-22T03:00:00Z")
    assert (served.generation, served.pending) == (1, None)
    assert served.serving == {"config": "new", "job": "new", "since": "2026-11-22T03:00:00Z"}
    assert served.predecessor == {"config": "first"}
    assert dropped(begun) == Champion("p", "m")


def test_going_back_is_one_step_and_no_circle():
    served = promoted(intended(Champion("p", "m"), {"config": "new"}, "first"), "1")
    back = returning(served)
    assert back is not None
    again = promoted(back, "2")
    assert again.serving == {"config": "first", "since": "2"}
    assert again.generation == 2
    assert returning(again) is None


def test_a_predecessor_that_its_owner_put_there_is_known_by_its_configuration_alone():
    served = promoted(intended(Champion("p", "m"), {"config": "new"}, "first"), "1")
    assert intended(served, {"config": "newer"}, "by-hand").pending["predecessor"] == {"config": "by-hand"}
    assert intended(served, {"config": "newer"}, "new").pending["predecessor"] == {"config": "new", "since": "1"}


def test_a_changed_model_has_another_version_and_an_unchanged_one_its_own():
    [model] = REVIEWS.scoring.models
    assert as_deployed(REVIEWS.scoring, {model.id: 0}) == REVIEWS.scoring
    assert as_deployed(REVIEWS.scoring, {model.id: 3}).models[0].version == f"{model.version}+3"

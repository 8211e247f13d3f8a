"""The figures of the mission's four lists, what they are when nothing was measured, and the sums behind them."""

from dataclasses import replace

import pytest

from domain.solicitation.costs import Work, costs
from domain.solicitation.figures import Day, figures
from domain.solicitation.goals import PRODUCT, TRACK
from domain.solicitation.sums import over, summed

RUN = {
    "seconds": 3600.0,
    "extracted": 500_000,
    "candidates": 500_000,
    "eligible": 200_000,
    "scores": {"high": 50_000, "medium": 100_000, "low": 50_000},
    "scoring": {"cached": 170_000, "fallback": 0},
}
# The mission's own day (seed 001).
SEED = Day(
    run=RUN,
    counts={"sent": 50_000, "openedHuman": 12_500, "opened": 20_000, "clickedHuman": 5_000, "answered": 2_500},
    answers=2_500,
    stars=(2_500, 10_500),
    asked_answered=2_500,
    holdout=1_000,
    holdout_answered=38,
    cost=50.0,
    p99=18.0,
    requests=10_000,
    errors=1,
)


def by_name(day, targets=PRODUCT):
    return {figure.name: figure for found in figures(day, targets).values() for figure in found}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Batch duration", 3600.0),
        ("Throughput, rows a minute", 8333.33),
        ("Filter pass rate", 0.4),
        ("High score rate", 0.25),
        ("E-mails sent", 50_000),
        ("Open rate (people)", 0.25),
        ("Click-through rate (people)", 0.1),
        ("Conversion rate", 0.05),
        ("Volume against the holdout", 0.05 / 0.038 - 1),
        ("Cost per answer, estimated", 0.02),
        ("Mean rating", 4.2),
        ("Serving latency, p99", 18.0),
        ("Cache hit rate", 0.85),
        ("Error rate", 0.0001),
        ("Availability", 0.9999),
    ],
)
def test_the_missions_own_day_gives_the_missions_own_figures_and_meets_every_target(name, value):
    figure = by_name(SEED)[name]
    assert figure.value == pytest.approx(value, rel=1e-4)
    assert figure.met


def test_there_are_four_lists_and_no_figure_is_left_out():
    assert {name: len(found) for name, found in figures(SEED, PRODUCT).items()} == {
        "Processing": 4,
        "Delivery": 4,
        "Business": 3,
        "Technical": 4,
    }


def test_what_was_not_measured_is_not_a_number_and_says_why():
    found = by_name(Day(run=None))
    unmeasured = {name: figure for name, figure in found.items() if figure.value is None}
    assert set(found) - set(unmeasured) == {"E-mails sent"}
    assert all(figure.note and figure.met is None for figure in unmeasured.values())


def test_a_program_without_a_holdout_claims_no_uplift():
    assert by_name(replace(SEED, holdout=0))["Volume against the holdout"].value is None
    assert by_name(replace(SEED, holdout_answered=0))["Volume against the holdout"].value is None


def test_below_its_target_a_figure_is_missed():
    missed = by_name(replace(SEED, p99=30.1, stars=(2, 8)))
    assert (missed["Serving latency, p99"].met, missed["Mean rating"].met) == (False, False)


def test_tracks_are_judged_by_their_thumbs():
    figure = by_name(replace(SEED, stars=(0, 0), thumbs=(9, 1)), TRACK)["Thumbs up"]
    assert (figure.value, figure.met) == (0.9, True)


CAMPAIGNS = [
    {
        "id": "c.US",
        "templateId": "t",
        "state": "SENDING",
        "counts": {"selected": 5, "recipients": 4, "holdout": 1},
        "slots": [{"at": "2026-11-20T15:00:00Z", "recipients": 4}],
    }
]


def delivery(customer, status, **more):
    return {"customer": customer, "subject": "p", "campaign": "c.US", "status": status, **more}


def test_one_pass_over_the_books_gives_every_sum():
    sums = summed(
        CAMPAIGNS,
        [
            delivery("a", "SENT", zone="Europe/Berlin"),
            delivery("b", "SENT", zone="Europe/Berlin"),
            delivery("c", "SKIPPED", reason="no_address"),
            delivery("d", "HOLDOUT", reason="holdout"),
        ],
        [{"reason": "over_limit"}, {"reason": "holdout"}],
        [
            {"customer": "a", "subject": "p", "channel": "email", "stars": 4},
            {"customer": "d", "subject": "p", "channel": "voice-assistant", "thumb": "up"},
        ],
        {"sent": 2},
    )
    assert (sums.selected, sums.recipients, sums.by_slot) == (5, 4, {"2026-11-20T15:00:00Z": 4})
    assert sums.by_zone == {"Europe/Berlin": 2}
    assert sums.reasons == {"no_address": 1, "holdout": 1, "over_limit": 1}  # nobody held out is counted twice
    assert (sums.holdout, sums.holdout_answered) == (1, 1)
    assert (sums.answers, sums.by_channel) == (2, {"email": 1, "voice-assistant": 1})
    assert (sums.stars, sums.thumbs) == ((1, 4), (1, 0))
    assert sums.by_campaign["c.US"]["ended"] == 4
    assert sums.ratings == {"1": 0, "2": 0, "3": 0, "4": 1, "5": 0}


def test_what_a_day_costs_grows_with_what_it_did_and_nothing_costs_nothing():
    nothing = Work(0, 0, 0.0, 0, 0, 0, 0)
    assert sum(costs(nothing).values()) == 0
    mails = costs(replace(nothing, mails=50_000))
    assert mails["e-mail"] == pytest.approx(5.0)
    assert sum(costs(Work(400_000, 500_000, 3600.0, 32, 50_000, 2_500, 30_000)).values()) < 50  # the mission's own bill


def test_the_asked_and_the_held_out_are_compared_by_the_same_days_and_any_channel():
    mailed = [delivery("a", "SENT"), delivery("b", "SENT"), delivery("c", "SENT")]
    held = [delivery("d", "HOLDOUT"), delivery("e", "HOLDOUT")]
    today = [{"customer": "a", "subject": "p", "channel": "voice-assistant", "thumb": "up"}]
    after = [{"customer": who, "subject": "p", "channel": "email", "stars": 5} for who in ("b", "d", "stranger")]
    sums = summed([], [*mailed, *held], [], today, {"sent": 3, "answered": 9}, after)
    assert (sums.asked_answered, sums.holdout_answered, sums.answers) == (2, 1, 1)
    day = Day(None, counts=sums.counts, asked_answered=2, holdout=2, holdout_answered=1)
    assert by_name(day)["Volume against the holdout"].value == pytest.approx((2 / 3) / (1 / 2) - 1)


@pytest.mark.parametrize(
    ("statuses", "done"),
    [(["SENT", "SKIPPED", "HOLDOUT"], True), (["SENT", "SKIPPED", "UNKNOWN"], False), (["SENT", "SKIPPED"], False)],
)
def test_a_campaign_is_over_when_everybody_selected_has_come_to_an_end(statuses, done):
    campaigns = [{**CAMPAIGNS[0], "counts": {"selected": 3}}]
    deliveries = [delivery(str(number), status) for number, status in enumerate(statuses)]
    sums = summed(campaigns, deliveries, [], [], {})
    assert over(sums.by_campaign["c.US"]) is done
    assert not over({**sums.by_campaign["c.US"], "state": "STOPPED"})

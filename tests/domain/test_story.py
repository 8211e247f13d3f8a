from dataclasses import replace

from programs_in_small import REVIEWS, REVIEWS_QUERY, RUN, candidate, wire_row

from domain.solicitation.candidate import ModelScore, Score
from domain.solicitation.intake import in_order, take_in
from domain.solicitation.story import STAGES, Step, tell

ROW = candidate().to_row()
SCORE = Score(0.81, False, (ModelScore("review-propensity-v2", "2", 0.81),), ())


def files(**found):
    return {name: found.get(name, []) for name in STAGES}


def outcomes(story):
    return [(step.stage, step.outcome) for step in story.steps]


def test_a_stored_candidate_went_through_every_filter():
    [story] = tell(
        REVIEWS,
        "c1",
        files(
            etl=[ROW],
            score=[{**ROW, "score": SCORE.to_row()}],
            store=[{"customer": "c1", "subject": "p1", "result": "created"}],
        ),
    )
    assert outcomes(story) == [
        ("etl", "candidate"),
        ("filter", "passed"),
        ("filter", "passed"),
        ("filter", "passed"),
        ("score", "high 0.81"),
        ("store", "created"),
    ]
    assert story.reason == "created"
    assert story.to_json()["steps"][4] == {
        "stage": "score",
        "outcome": "high 0.81",
        "detail": "review-propensity-v2 0.81",
    }


def test_a_removed_candidate_ends_at_its_filter():
    [story] = tell(
        REVIEWS,
        "c1",
        files(
            etl=[ROW], verdicts=[{"customer": "c1", "subject": "p1", "filter": "eligibility", "reason": "opted_out"}]
        ),
    )
    assert outcomes(story)[1:] == [("filter", "passed"), ("filter", "opted_out")]
    assert story.reason == "opted_out"


def test_duplicates_are_told_with_the_one_that_stayed():
    dropped = {"customer": "c1", "subject": "p1", "eventDate": "2026-11-18T00:00:00Z", "kept": ROW["eventDate"]}
    [story] = tell(REVIEWS, "c1", files(etl=[ROW], duplicates=[dropped]))
    assert ("etl", "deduplicated") in outcomes(story)


def test_a_subject_whose_every_row_was_dropped_for_another_s_is_told():
    """As it is with `dedupeKeys: [customer]`: of all subjects of a customer one stays."""
    rows = [
        wire_row(subject="p1"),
        wire_row(subject="p2", eventdate="2026-11-18"),
        wire_row(subject="p3", botscore="?"),
    ]
    program = replace(REVIEWS, dedupe_keys=("customer",))
    intake = take_in([(REVIEWS_QUERY, rows)], program, RUN)
    etl = [candidate.to_row() for candidate in in_order(intake)]
    stories = tell(program, "c1", files(etl=etl, duplicates=intake.duplicates, rejects=intake.rejects))
    assert [(story.subject, story.reason) for story in stories] == [
        ("p1", "passed"),
        ("p2", "deduplicated"),
        ("p3", "rejected"),
    ]
    assert stories[1].steps == (
        Step(
            "etl", "deduplicated", "event 2026-11-18T00:00:00Z dropped; what stayed is p1, event 2026-11-19T00:00:00Z"
        ),
    )


def test_a_rejected_row_is_told_with_its_reason_beside_the_good_ones():
    stories = tell(
        REVIEWS, "c1", files(etl=[ROW], rejects=[{"customer": "c1", "subject": None, "reason": "subject_missing"}])
    )
    assert [(story.subject, story.reason) for story in stories] == [("p1", "passed"), (None, "rejected")]
    assert stories[1].steps[0].detail == "subject_missing"


def test_a_fallback_score_says_that_no_model_answered():
    score = Score(0.35, True, (), ("review-propensity-v2",))
    [story] = tell(REVIEWS, "c1", files(etl=[ROW], score=[{**ROW, "score": score.to_row()}]))
    assert story.steps[-1].detail == "no model answered"


def test_a_model_that_did_not_answer_is_named():
    score = Score(0.81, False, SCORE.models, ("music-affinity-v2",))
    [story] = tell(REVIEWS, "c1", files(etl=[ROW], score=[{**ROW, "score": score.to_row()}]))
    assert story.steps[-1].detail == "review-propensity-v2 0.81; no answer from music-affinity-v2"


def test_a_customer_the_run_did_not_see_has_no_story():
    assert tell(REVIEWS, "c9", files()) == []

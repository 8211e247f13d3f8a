from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs_in_small import AT, candidate

from domain.solicitation.filters import FILTERS, History, history_of, room, screen
from domain.solicitation.program import FilterStep

CHAIN = (
    FilterStep("trust", {"maxBotScore": 0.5}),
    FilterStep("eligibility", {}),
    FilterStep("engagement", {"minEngagementScore": 0.6}),
    FilterStep("frequency-cap", {"maxRequestsPerWeek": 2}),
)
ENGAGED = {"engagement": 0.9}


def verdicts(candidates, history=None, chain=CHAIN):
    histories = {candidates[0].customer: history} if history else {}
    return [(verdict.filter, verdict.reason) for verdict in screen(candidates, histories, chain, AT)]


@pytest.mark.parametrize(
    ("facts", "history", "removed_by"),
    [
        ({}, None, (None, None)),
        ({"relationship": False}, None, ("trust", "no_relationship")),
        ({"relationship": None}, None, ("trust", "no_relationship")),
        ({"purchaseVerified": False}, None, ("trust", "purchase_unverified")),
        ({"botScore": 0.5}, None, (None, None)),
        ({"botScore": 0.51}, None, ("trust", "bot_activity")),
        ({"botScore": None}, None, (None, None)),
        ({"subjectEligible": False}, None, ("eligibility", "subject_ineligible")),
        ({}, History(opted_out=True), ("eligibility", "opted_out")),
        ({}, History(answered=frozenset({"p1"})), ("eligibility", "already_answered")),
        ({}, History(answered=frozenset({"p2"})), (None, None)),
        ({}, History(asked=frozenset({"p1"})), ("eligibility", "already_asked")),
        ({"engagement": 0.6}, None, (None, None)),
        ({"engagement": 0.5999}, None, ("engagement", "engagement_low")),
        ({"engagement": None}, None, ("engagement", "engagement_low")),
        ({"relationship": False, "engagement": 0.1}, History(opted_out=True), ("trust", "no_relationship")),
    ],
)
def test_a_verdict_names_the_first_filter_that_removes_and_one_reason(facts, history, removed_by):
    assert verdicts([candidate(facts={**ENGAGED, **facts})], history) == [removed_by]


def test_a_column_that_is_not_mapped_is_not_judged():
    bare = candidate(facts=ENGAGED)
    assert verdicts([type(bare)(**{**{n: getattr(bare, n) for n in bare.__slots__}, "facts": ENGAGED})]) == [
        (None, None)
    ]


@pytest.mark.parametrize(
    ("asks", "allowed"),
    [
        ((), 2),
        ((AT - timedelta(days=6),), 1),
        ((AT - timedelta(days=7),), 2),  # exactly the window ago: out
        ((AT - timedelta(days=7) + timedelta(seconds=1),), 1),
        ((AT - timedelta(days=1), AT - timedelta(days=2)), 0),
        ((AT - timedelta(days=1),) * 5, 0),
    ],
)
def test_the_cap_counts_what_was_sent_and_what_this_run_selects_latest_events_first(asks, allowed):
    three = [
        candidate(subject=subject, event_date=f"2026-11-{day}T00:00:00Z", facts=ENGAGED)
        for subject, day in (("p1", 17), ("p2", 19), ("p3", 18))
    ]
    passed = [
        subject
        for subject, (filter, _) in zip(("p1", "p2", "p3"), verdicts(three, History(asks=asks)), strict=True)
        if not filter
    ]
    assert passed == sorted(("p2", "p3", "p1")[:allowed])


def test_of_equal_events_the_first_subject_is_selected():
    two = [candidate(subject="p1", facts=ENGAGED), candidate(subject="p2", facts=ENGAGED)]
    cap_one = (FilterStep("frequency-cap", {"maxRequestsPerMonth": 1}),)
    assert verdicts(two, chain=cap_one) == [(None, None), ("frequency-cap", "frequency_cap")]


@pytest.mark.parametrize(
    ("caps", "asks", "left"),
    [
        ({"maxRequestsPerMonth": 3}, [AT - timedelta(days=29)], 2),
        ({"maxRequestsPerMonth": 3}, [AT - timedelta(days=30)], 3),
        ({"maxRequestsPerCalendarMonth": 1}, [AT.replace(day=1)], 0),
        ({"maxRequestsPerCalendarMonth": 1}, [AT.replace(month=10, day=31)], 1),
        ({"maxRequestsPerMonth": 3, "maxRequestsPerWeek": 1}, [AT - timedelta(days=2)], 0),
        ({"maxRequestsPerWeek": 1}, [AT, AT], -1),
    ],
)
def test_several_caps_hold_together(caps, asks, left):
    assert room(asks, AT, caps) == left


def test_what_another_program_of_the_cap_group_sent_counts():
    history = history_of({}, {}, {"asks": ["2026-11-19T10:00:00Z", "2026-11-18T10:00:00Z"]})
    assert verdicts([candidate(facts=ENGAGED)], history) == [("frequency-cap", "frequency_cap")]


def test_an_ask_counts_with_and_without_the_delivery_it_came_of():
    asks = history_of({}, {}, {"asks": ["2026-11-19T10:00:00Z", "2026-11-18T10:00:00Z#0123abcd"]}).asks
    assert [ask.day for ask in asks] == [19, 18]
    assert all(ask.tzinfo for ask in asks)


def test_a_global_and_a_program_opt_out_both_hold():
    assert history_of({"optedOut": True}, {}, {}).opted_out
    assert history_of({}, {"optedOut": True}, {}).opted_out
    assert not history_of({}, {}, {}).opted_out


@settings(max_examples=80, deadline=None)
@given(
    st.permutations(CHAIN).flatmap(lambda chain: st.integers(0, len(chain)).map(lambda size: chain[:size])),
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.sampled_from("pqrs"),
            st.fixed_dictionaries(
                {}, optional={"relationship": st.booleans(), "engagement": st.sampled_from([0.1, 0.6, None])}
            ),
        ),
        max_size=12,
        unique_by=lambda row: row[:2],
    ),
    st.dictionaries(
        st.sampled_from("abc"),
        st.builds(History, st.booleans(), st.frozensets(st.sampled_from("pq")), st.just(frozenset()), st.just((AT,))),
    ),
)
def test_every_candidate_has_exactly_one_reason_and_the_counts_reconcile(chain, rows, histories):
    candidates = sorted((candidate(c, s, facts=facts) for c, s, facts in rows), key=lambda c: c.key)
    result = list(screen(candidates, histories, chain, AT))
    assert [verdict.candidate for verdict in result] == candidates
    removed = [verdict for verdict in result if verdict.filter]
    assert all(verdict.filter in [step.id for step in chain] and verdict.reason for verdict in removed)
    assert all(verdict.reason is None for verdict in result if not verdict.filter)
    left = candidates
    for step in chain:
        gone = {verdict.candidate.key for verdict in removed if verdict.filter == step.id}
        assert gone <= {c.key for c in left}
        left = [c for c in left if c.key not in gone]
    assert left == [verdict.candidate for verdict in result if not verdict.filter]


def test_every_filter_the_programs_may_name_is_there():
    assert set(FILTERS) == {"trust", "eligibility", "engagement", "frequency-cap"}

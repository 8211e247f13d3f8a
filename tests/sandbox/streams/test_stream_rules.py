"""The decisions on a batch, as tables, and what holds for every record whatever a function does."""

from collections import Counter, deque
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_rig import MEMORY_ARN, NOON

from sandbox.streams.mapping import Mapping
from sandbox.streams.record import Record
from sandbox.streams.responses import Done, Failed, FailedFrom, NotInvoked
from sandbox.streams.rules import (
    AGE_EXCEEDED,
    RETRIES_EXHAUSTED,
    Batch,
    fill,
    judge,
    retry_delay,
    without_expired,
)

DAY = timedelta(days=1)


def records(*names, size=10, age=0):
    at = NOON - timedelta(seconds=age)
    return tuple(Record(str(n), str(n), "key", at, at, {}, size) for n in names)


def mapping(**settings):
    return Mapping("uuid", "reader", MEMORY_ARN, **settings)


def names(found):
    return [int(record.number) for record in found]


ABCD = Batch(records(1, 2, 3, 4), retries=1, invocations=1)
SOON = NOON + timedelta(seconds=2)  # the second retry waits two seconds


@pytest.mark.parametrize(
    ("settings_", "outcome", "acknowledged", "again", "discarded"),
    [
        ({}, Done(), [1, 2, 3, 4], [], None),
        ({}, NotInvoked(), [], [([1, 2, 3, 4], 1, 1, NOON + timedelta(seconds=1))], None),
        ({}, Failed("x"), [], [([1, 2, 3, 4], 2, 2, SOON)], None),
        ({}, FailedFrom(2), [1, 2], [([3, 4], 2, 2, SOON)], None),
        ({}, FailedFrom(0), [], [([1, 2, 3, 4], 2, 2, SOON)], None),
        ({"max_retries": 2}, Failed("x"), [], [([1, 2, 3, 4], 2, 2, SOON)], None),
        ({"max_retries": 1}, Failed("x"), [], [], [1, 2, 3, 4]),
        ({"max_retries": 1}, FailedFrom(3), [1, 2, 3], [], [4]),
        ({"max_retries": 0}, NotInvoked(), [], [([1, 2, 3, 4], 1, 1, NOON + timedelta(seconds=1))], None),
        ({"bisect": True}, Failed("x"), [], [([1, 2], 1, 2, None), ([3, 4], 1, 2, None)], None),
        ({"bisect": True, "max_retries": 1}, Failed("x"), [], [([1, 2], 1, 2, None), ([3, 4], 1, 2, None)], None),
        ({"bisect": True}, FailedFrom(2), [1, 2], [([3, 4], 1, 2, None)], None),
        ({"bisect": True}, FailedFrom(0), [], [([1, 2], 1, 2, None), ([3, 4], 1, 2, None)], None),
        ({"bisect": True, "max_retries": 1}, FailedFrom(3), [1, 2, 3], [([4], 1, 2, None)], None),
    ],
)
def test_a_batch_is_judged(settings_, outcome, acknowledged, again, discarded):
    verdict = judge(ABCD, outcome, mapping(**settings_), NOON)
    assert names(verdict.acknowledged) == acknowledged
    assert [(names(b.records), b.retries, b.invocations, b.not_before) for b in verdict.again] == again
    assert (names(verdict.discard.batch.records) if verdict.discard else None) == discarded


def test_a_single_record_cannot_be_split():
    verdict = judge(Batch(records(1)), Failed("x"), mapping(bisect=True, max_retries=0), NOON)
    assert verdict.again == ()
    assert verdict.discard.condition == RETRIES_EXHAUSTED


def test_retries_wait_twice_as_long_each_time_up_to_a_minute():
    assert [retry_delay(n).seconds for n in (1, 2, 3, 6, 7, 8, 10_000)] == [1, 2, 4, 32, 60, 60, 60]


@pytest.mark.parametrize(
    ("max_age", "retention", "ages", "kept"),
    [
        (-1, DAY, [86_400, 0], [0, 1]),
        (-1, DAY, [86_401, 0], [1]),
        (60, DAY, [61, 60, 0], [1, 2]),
        (604_800, DAY, [86_401, 0], [1]),  # the stream forgets before the mapping does
        (60, DAY, [61, 90], []),
        (60, DAY, [0, 61, 0], [0, 2]),  # late arrivals may be older than what is before them
    ],
)
def test_what_is_too_old_is_taken_out_of_a_batch(max_age, retention, ages, kept):
    batch = Batch(tuple(replace(records(n)[0], arrived=NOON - timedelta(seconds=a)) for n, a in enumerate(ages)))
    discard, rest = without_expired(batch, mapping(max_age=max_age), retention, None, NOON)
    assert names(rest.records if rest else ()) == kept
    assert names(discard.batch.records if discard else ()) == [n for n in range(len(ages)) if n not in kept]
    assert discard is None or discard.condition == AGE_EXCEEDED


def test_a_final_call_ages_from_the_end_of_its_window():
    final, hour = Batch((), final=True), timedelta(hours=1)
    assert without_expired(final, mapping(max_age=3600), DAY, NOON - hour, NOON) == (None, final)
    discard, rest = without_expired(final, mapping(max_age=3600), DAY, NOON - hour - timedelta(seconds=1), NOON)
    assert (discard.condition, rest) == (AGE_EXCEEDED, None)


@pytest.mark.parametrize(
    ("settings_", "queue", "room", "last_call", "batch"),
    [
        ({}, [], 100, False, None),
        ({}, [1, 2], 100, False, [1, 2]),
        ({"batch_size": 2}, [1, 2, 3], 100, False, [1, 2]),
        ({"batching_window": 1}, [1, 2], 100, False, None),
        ({"batching_window": 1}, [1, 2], 100, True, [1, 2]),
        ({"batching_window": 1, "batch_size": 2}, [1, 2], 100, False, [1, 2]),
        ({"batching_window": 1}, [1, 2, 3], 22, False, [1, 2]),  # two records with their commas, full by size
        ({"batching_window": 1}, [1, 2], 22, False, None),
        ({}, [1, 2, 3], 21, False, [1]),
        ({}, [1, 2], 5, False, [1]),  # one record always fits
    ],
)
def test_a_batch_is_filled(settings_, queue, room, last_call, batch):
    filled = fill(list(records(*queue)), mapping(**settings_), NOON, room, last_call)
    assert (None if filled is None else names(filled)) == batch


def test_a_batching_window_is_over_exactly_at_its_end():
    queue = list(records(1, age=60))
    assert fill(queue, mapping(batching_window=60), NOON, 100)
    assert not fill(queue, mapping(batching_window=61), NOON, 100)


OUTCOMES = st.one_of(
    st.just(Done()), st.just(Failed("x")), st.just(NotInvoked()), st.integers(0, 9).map(lambda i: FailedFrom(i))
)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, 10),
    st.lists(OUTCOMES, max_size=40),
    st.booleans(),
    st.integers(-1, 3),
)
def test_every_record_is_acknowledged_discarded_or_pending_and_order_is_kept(count, outcomes, bisect, max_retries):
    rules = mapping(bisect=bisect, max_retries=max_retries)
    everything = list(range(count))
    pending = deque([Batch(records(*everything))])
    settled = []
    for outcome in outcomes:
        if not pending:
            break
        batch = pending.popleft()
        if isinstance(outcome, FailedFrom):
            outcome = FailedFrom(outcome.index % len(batch.records))
        verdict = judge(batch, outcome, rules, NOON)
        settled += names(verdict.acknowledged)
        settled += names(verdict.discard.batch.records) if verdict.discard else []
        pending.extendleft(reversed(verdict.again))
    assert settled + [n for batch in pending for n in names(batch.records)] == everything
    assert all(batch.records for batch in pending)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 16), st.integers(0, 3), st.sets(st.integers(0, 15)), st.booleans())
def test_a_limited_number_of_retries_always_comes_to_an_end(count, max_retries, poison, partial):
    rules = mapping(bisect=True, max_retries=max_retries)
    pending, calls, discarded, acknowledged = deque([Batch(records(*range(count)))]), Counter(), [], []
    while pending:
        batch = pending.popleft()
        bad = [place for place, n in enumerate(names(batch.records)) if n in poison]
        calls.update(names(batch.records))
        outcome = Done() if not bad else FailedFrom(bad[0]) if partial else Failed("x")
        verdict = judge(batch, outcome, rules, NOON)
        acknowledged += names(verdict.acknowledged)
        discarded += names(verdict.discard.batch.records) if verdict.discard else []
        pending.extendleft(reversed(verdict.again))
    assert discarded == sorted(poison & set(range(count)))  # bisection isolates exactly the poison
    assert acknowledged == [n for n in range(count) if n not in poison]
    assert all(calls[n] >= 1 + max_retries for n in discarded)

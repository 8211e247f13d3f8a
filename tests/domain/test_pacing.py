"""The shared send rate: never above it in any second, and hardly below it over a minute."""

from heapq import heapify, heappop, heappush
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.solicitation.pacing import GUARD, HORIZON, LEAD, Grant, Pace, Window

NOW = 1_795_186_800_000


def busy_minute(rate: float, workers: int, seed: int, late: list[int], seconds: int = 70) -> list[tuple[int, int]]:
    """When each call began and how many mails it had, of workers who are each as slow as they happen to be.

    `late` are the milliseconds, drawn from, by which a worker wakes too late for its grant; then it asks anew.
    """
    drawn, pace, window, calls = Random(seed), Pace.of(rate), Window(), []
    idle = [(NOW + drawn.randrange(500), worker) for worker in range(workers)]
    heapify(idle)
    while idle:
        now, worker = heappop(idle)
        if now > NOW + seconds * 1000:
            continue
        grant = window.book(drawn.choice([50, 50, 33, 7, 1]), pace, now)
        if grant.at > now + HORIZON:
            heappush(idle, (grant.at - HORIZON, worker))
            continue
        window = window.after(grant, pace)
        began = max(now + drawn.randrange(2 * LEAD), grant.at) + drawn.choice(late)
        if grant.on_time(began):
            calls.append((began, grant.count))
            heappush(idle, (began + drawn.randrange(30, 600), worker))
        else:
            heappush(idle, (began, worker))
    return sorted(calls)


def most_in_a_second(calls: list[tuple[int, int]]) -> int:
    return max(sum(count for at, count in calls if start <= at < start + 1000) for start, _ in calls)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from([1.0, 2.5, 14.0, 33.0, 90.0, 200.0]), st.integers(1, 20), st.integers(0, 10**6))
def test_no_second_holds_more_than_the_rate_whoever_asks_whenever(rate, workers, seed):
    late = [0, 0, 0, 1, GUARD, GUARD + 1, 300]
    assert most_in_a_second(busy_minute(rate, workers, seed, late, seconds=15)) <= rate


@settings(deadline=None, max_examples=30)
@given(st.sampled_from([1.0, 14.0, 50.0, 200.0]), st.integers(0, 10**6))
def test_workers_who_always_want_more_use_nearly_all_of_the_rate(rate, seed):
    drawn, pace, window = Random(seed), Pace.of(rate), Window()
    now, sent = NOW, 0
    while True:
        grant = window.book(drawn.choice([50, 33, 7, 1]), pace, now)
        if grant.at >= NOW + 61_000:  # the last second is not always full yet when somebody books behind it
            break
        window, sent = window.after(grant, pace), sent + grant.count
        now = max(now, grant.at - drawn.randrange(HORIZON))
    assert sent >= 0.95 * 60 * int(rate)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from([0.5, 1.0, 1.5, 2.0, 2.5]), st.sampled_from([2, 4, 12]), st.integers(0, 10**6))
def test_what_has_more_parts_than_a_second_has_room_for_goes_at_once_and_the_rate_is_kept(rate, workers, seed):
    drawn, window, calls = Random(seed), Window(), []
    idle = [(NOW + drawn.randrange(500), worker) for worker in range(workers)]
    heapify(idle)
    while idle:
        now, worker = heappop(idle)
        if now > NOW + 300_000:
            continue
        parts = 2 if worker % 2 else 1
        pace = Pace.of(rate, parts)
        grant = window.book(parts, pace, now, parts)
        if grant.at > now + pace.horizon:
            heappush(idle, (grant.at - pace.horizon + drawn.randrange(30), worker))
            continue
        assert grant.count == parts
        window = window.after(grant, pace)
        calls.append((grant.at, parts))
        heappush(idle, (grant.at + drawn.randrange(600), worker))
    large = sum(parts == 2 for _, parts in calls)
    assert len(calls) / 5 <= large <= len(calls) * 4 / 5  # neither kind comes before the other
    for place, (start, _) in enumerate(calls):
        held = 0
        for at, parts in calls[place:]:
            held += parts
            assert held <= rate * (at - start) / 1000 + max(rate, 2)


def test_slow_workers_enough_of_them_use_nearly_all_of_the_rate():
    calls = busy_minute(14.0, 12, seed=7, late=[*range(GUARD), GUARD + 1] * 2 + [0] * 60)
    sent = sum(count for at, count in calls if NOW + 5_000 <= at < NOW + 65_000)
    assert 0.95 * 14 * 60 <= sent <= 14 * 60


@pytest.mark.parametrize(
    ("rate", "burst", "length"), [(14.0, 14, 1000), (1.9, 1, 1000), (0.5, 1, 2000), (200.0, 200, 1000)]
)
def test_a_pace_never_exceeds_its_rate(rate, burst, length):
    assert Pace.of(rate) == Pace(burst, length + GUARD)


def test_a_grant_is_as_much_as_is_free_now():
    pace, window = Pace.of(14.0), Window()
    first = window.book(8, pace, NOW)
    assert first == Grant(NOW + LEAD, 8)
    second = window.after(first, pace).book(50, pace, NOW)
    assert second == Grant(NOW + LEAD, 6)


def test_what_is_wanted_whole_waits_until_it_is_free():
    pace, window = Pace.of(14.0), Window((Grant(NOW, 8),))
    assert window.book(10, pace, NOW, least=10) == Grant(NOW + pace.length, 10)


def test_crumbs_are_left_until_a_tenth_of_a_second_is_free():
    pace, window = Pace.of(100.0), Window((Grant(NOW, 95),))
    assert window.book(50, pace, NOW).at == NOW + pace.length
    assert window.book(5, pace, NOW) == Grant(NOW + LEAD, 5)


def test_the_log_forgets_what_no_longer_counts():
    pace, window = Pace.of(1.0), Window()
    for _ in range(100):
        window = window.after(window.book(1, pace, NOW), pace)
    assert len(window.grants) <= 2


@pytest.mark.parametrize(("late", "kept"), [(-1, False), (0, True), (GUARD, True), (GUARD + 1, False)])
def test_a_grant_is_good_at_its_instant_and_hardly_later(late, kept):
    assert Grant(NOW, 1).on_time(NOW + late) is kept

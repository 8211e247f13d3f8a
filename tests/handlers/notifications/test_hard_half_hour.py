"""A half hour in which much goes wrong at once: senders die, the service stutters, queues and schedules repeat themselves."""

from collections import Counter
from datetime import timedelta

import pytest
from announced_sale import ON_SALE, START, set_up
from notifications_world import GENERATION, OUTBOX
from reminders_in_memory import reminders_in_memory

from domain.notifications.claiming import TOO_LATE
from domain.notifications.instants import iso
from domain.notifications.keys import SHARDS
from domain.notifications.statuses import FINAL

EACH, RATE = 100, 50
DEAD = {3, 7, 20, 41}  # slices


@pytest.fixture(scope="module")
def day():
    with reminders_in_memory(START - timedelta(minutes=1), SMS_RATE=str(RATE)) as world:
        set_up(world, EACH)
        world.dying = set(DEAD)
        faults = world.texts.faults
        faults.unanswered, faults.failing_late, faults.throttled, faults.failing = 15, 15, 3, 20
        world.queues[OUTBOX].doubled, world.queues[GENERATION].doubled = 7, 3
        late = [START, START + timedelta(seconds=20), START + timedelta(minutes=3)]
        sweeps = [START + timedelta(minutes=minute) for minute in range(5, 40, 5)]
        world.run(START + timedelta(minutes=39), windows=late, sweeps=sweeps)
        world.all = list(world.rows("notification"))
        yield world


def test_each_fan_has_one_notification_and_each_comes_to_an_end(day):
    assert len(day.all) == len({row["fanId"] for row in day.all}) == EACH * SHARDS
    ends = Counter(row["status"]["id"] for row in day.all)
    assert set(ends) <= FINAL
    assert ends["DELIVERED"] > EACH * 9


def test_nothing_is_accepted_twice_however_often_it_was_tried(day):
    accepted = day.texts.accepted
    assert len({it.to for it in accepted}) == len({it.message_id for it in accepted}) == len(accepted)
    assert max(row["sendAttempts"] for row in day.all) > 1


def test_what_was_accepted_is_delivered_and_what_was_not_says_why(day):
    accepted = {it.message_id for it in day.texts.accepted}
    for row in day.all:
        if row["status"]["id"] == "DELIVERED":
            assert row["messageId"] in accepted
        else:
            assert row["messageId"] not in accepted
            assert row["errors"][-1]["reason"]


def test_what_dead_senders_had_in_hand_is_settled_by_what_is_told_of_it_or_by_the_sales_start(day):
    assert day.slices > max(DEAD)
    told = [row for row in day.all if row["status"]["id"] == "DELIVERED" and row["messageId"] in day.orphans]
    never = [row for row in day.all if row["errors"] and row["errors"][-1]["reason"] == "unknown"]
    assert told
    assert all(row["date"]["triggered"] <= row["date"]["delivered"] for row in told)
    assert sum(it["settled"] for it in day.answers["sweep"]) == len(never) > 0
    assert {row["status"]["date"] for row in never} == {iso(ON_SALE)}


def test_the_rate_holds_and_nothing_is_sent_when_it_is_too_late(day):
    assert day.texts.peak() <= RATE
    assert max(it.at for it in day.texts.accepted) < (ON_SALE - TOO_LATE).timestamp()


def test_runs_that_come_again_tell_nobody_anew(day):
    first, *others = day.answers["notification_scheduler"]
    assert first["window"] == {"after": iso(START), "until": iso(ON_SALE)}
    assert len(others) == 2
    generated = day.answers["notification_generator"]
    assert len(generated) > SHARDS  # the queue's doubles, late demand, and what a run saw again: all of it stood
    assert sum(it["counts"].get("send", 0) for it in generated) == EACH * SHARDS

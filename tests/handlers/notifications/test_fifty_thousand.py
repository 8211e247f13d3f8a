"""Seed scenario 5: fans of one sale are told within ten minutes, paced and once each, by the real workers on a virtual clock."""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from statistics import mean

import pytest
from announced_sale import START, fans, numbers, set_up
from reminders_in_memory import (
    GENERATORS,
    SENDERS,
    SENT_AT_ONCE,
    TOLD_AT_ONCE,
    Reminders,
    failures,
    reminders_in_memory,
)

from domain.notifications.claiming import VISIBILITY
from domain.notifications.instants import moment
from domain.notifications.keys import SHARDS, shard_of
from infra import notifications_feeds as feeds
from infra import notifications_stores as stores

RATE = 100


@dataclass(frozen=True)
class Day:
    """After all of it: `each` fans a shard of the sale's demand."""

    each: int
    world: Reminders
    rows: list[dict]

    @property
    def all(self) -> int:
        return self.each * SHARDS

    @property
    def tries(self) -> list[datetime]:
        """When each was called for first: an error tells of a try, else whether it was taken."""
        first = ([it["timestamp"] for it in row["errors"]] or [row["date"]["triggered"] or ""] for row in self.rows)
        return [moment(min(it)) for it in first]


@pytest.fixture(scope="module", params=[200, pytest.param(5000, marks=pytest.mark.slow)])
def day(request) -> Iterator[Day]:
    with reminders_in_memory(START - timedelta(minutes=1), SMS_RATE=str(RATE)) as world:
        set_up(world, request.param)
        sweeps = [START + timedelta(minutes=minute) for minute in (5, 10)]
        world.run(START + timedelta(minutes=14), windows=[START], sweeps=sweeps)
        yield Day(request.param, world, list(world.rows("notification")))


def test_generation_writes_ten_equal_batches(day):
    sent = [it["counts"].get("send", 0) for it in day.world.answers["notification_generator"]]
    assert [it for it in sent if it] == [day.each] * SHARDS
    assert len(day.rows) == day.all


def test_everybody_is_reached_but_those_whose_number_is_none(day):
    ends = Counter((row["status"]["id"], *(it["reason"] for it in row["errors"][-1:])) for row in day.rows)
    assert ends == {
        ("DELIVERED",): day.all * 96 // 100,
        ("DELIVERED", "The carrier gateway failed"): day.all * 3 // 100,
        ("FAILED", "Invalid phone number"): day.all // 100,
    }
    dates = [row["date"].keys() & {"triggered", "notified"} for row in day.world.rows("demand")]
    assert sum(it == {"triggered", "notified"} for it in dates) == day.all * 99 // 100


def test_nobody_is_told_twice(day):
    accepted = day.world.texts.accepted
    assert (
        len(accepted)
        == len({it.to for it in accepted})
        == len({it.message_id for it in accepted})
        == day.all * 99 // 100
    )
    assert not any(failures(day.world.answers).values())


def test_the_first_pass_is_over_by_minute_ten_and_all_of_it_by_minute_twelve(day):
    assert max(day.tries) < START + timedelta(minutes=10)
    assert max(moment(row["status"]["date"]) for row in day.rows) < START + timedelta(minutes=12)
    assert {row["sendAttempts"] for row in day.rows} == {1, 2}


def test_the_rate_is_never_exceeded_and_used_to_its_full(day):
    assert day.world.texts.peak() <= RATE
    asked = sorted(at for at, parts in day.world.texts._asked for _ in range(parts))
    last = max(day.tries).timestamp()
    minutes = [asked[0] + 60 * number for number in range(int((last - asked[0]) // 60))]
    used = [sum(begin <= at < begin + 60 for at in asked) / (60 * RATE) for begin in minutes]
    assert all(share >= 0.95 for share in used)
    assert len(used) == {200: 0, 5000: 8}[day.each]
    sys.stderr.write(f"\n{day.all} fans, shares of the rate used: {[round(it, 3) for it in used]}\n")


def test_how_many_arrive_and_how_soon_are_metrics(day):
    metrics = day.world.metrics()
    seconds = metrics["DeliverySeconds"]
    assert sum(metrics["Delivered"]) == len(seconds) == day.all * 99 // 100
    assert max(seconds) < 12 * 60
    sys.stderr.write(f"\ndelivered {len(seconds) / day.all:.1%}, after {mean(seconds):.0f} s on average\n")


def test_as_many_work_at_once_as_are_deployed():
    deployed = (feeds.GENERATORS, feeds.SENDERS, feeds.A_SECONDS_WORTH, feeds.STATUSES)
    assert deployed == (GENERATORS, SENDERS, SENT_AT_ONCE, TOLD_AT_ONCE)
    assert VISIBILITY == stores.SENDING


def test_fans_are_dealt_evenly():
    assert Counter(map(shard_of, fans(3))) == dict.fromkeys(range(SHARDS), 3)
    assert len(set(islice(numbers(), 20_000))) == 20_000

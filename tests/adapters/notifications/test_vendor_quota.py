"""The calls of a vendor that all workers share: by the second, by the day, and none while it says wait."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cached_events import NOW
from memory_dynamodb import MemoryDynamoDB
from memory_items import Table

from adapters.aws.rate_window import RateWindow
from adapters.aws.vendor_quota import Busy, Spent, VendorQuota

HOUR = timedelta(hours=1)


class Wall:
    seconds = NOW.timestamp()

    def clock(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds


@pytest.fixture
def wall():
    return Wall()


@pytest.fixture
def quota(wall):
    dynamodb = MemoryDynamoDB({"State": Table()})
    window = RateWindow(dynamodb, "State", "discovery", clock=wall.clock, sleep=wall.sleep)
    return VendorQuota(dynamodb, "State", window, rate=5.0, daily=100)


def test_no_second_has_more_calls_than_the_vendor_bears(quota, wall):
    made = []
    for _ in range(40):
        quota.take(NOW, patience=60)
        made.append(wall.seconds)
    assert max(sum(begun <= other < begun + 1 for other in made) for begun in made) == 5
    assert made[-1] - made[0] < 9


def test_who_would_wait_too_long_is_told_so(quota):
    for _ in range(4):
        assert quota.window.book(5, 5.0)  # for seconds to come
    with pytest.raises(Busy):
        quota.take(NOW, patience=0.2)
    quota.take(NOW, patience=5)


def test_a_worker_that_sleeps_over_its_instants_gives_up(quota, wall):
    window = replace(quota.window, sleep=lambda seconds: wall.sleep(seconds + 1))
    with pytest.raises(Busy):
        replace(quota, window=window).take(NOW, patience=60)


def test_a_day_has_so_many_calls_and_the_next_one_new_ones(quota):
    small = replace(quota, daily=3)
    for _ in range(3):
        small.take(NOW, patience=60)
    with pytest.raises(Spent, match="3 calls of discovery are used up for today"):
        small.take(NOW)
    assert (small.used(NOW), small.used(NOW + 24 * HOUR)) == (3, 0)
    small.take(NOW + 24 * HOUR, patience=60)


def test_a_share_ends_before_the_day_does(quota):
    for _ in range(60):
        quota.take(NOW, share=0.6, patience=60)
    with pytest.raises(Spent):
        quota.take(NOW, share=0.6)
    quota.take(NOW, patience=60)


def test_while_the_vendor_says_wait_no_worker_calls(quota):
    quota.block(NOW, 90.0)
    with pytest.raises(Spent, match="before 09:31:30 UTC"):
        quota.take(NOW + timedelta(seconds=89))
    assert quota.used(NOW) == 0
    quota.take(NOW + timedelta(seconds=90))


def test_a_wait_goes_on_into_the_next_day(quota):
    quota.block(NOW + 14 * HOUR, 3600.0)
    with pytest.raises(Spent):
        quota.take(NOW + 14 * HOUR + timedelta(minutes=45))
    quota.take(NOW + 15.5 * HOUR)

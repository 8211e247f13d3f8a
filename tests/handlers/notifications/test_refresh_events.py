"""The hourly round over events that fans wait for: whom it asks about, in which order, and where it stops."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from cached_events import DAY, HOUR, MINUTE, NOW, ONSALE, cached_events
from notifications_world import STATE

from adapters.aws.wanted_events import WantedEvents
from domain.notifications.freshness import DAILY, OVER
from domain.notifications.instants import iso
from domain.notifications.keys import vendor_quota, wanted_event
from handlers.notifications import refresh_events as stage


@pytest.fixture(scope="module")
def tables():
    with cached_events(stage) as cache:
        yield cache


@pytest.fixture
def cache(tables):
    tables.anew()
    tables.details = replace(tables.details, vendor=replace(tables.details.vendor, share=0.6))
    return tables


def wanted(cache):
    return WantedEvents(cache.details.rows.dynamodb, STATE)


def want(cache, *ids, at=NOW, **changes):
    for id in ids:
        cache.add(id, **changes)
    wanted(cache).mark(ids, at)


def run(cache, now=NOW, remaining=lambda: 600_000):
    """One at a time: moto bears no transactions of several threads."""
    return stage.refresh_events(now, remaining, wanted=wanted(cache), events=cache.details, at_once=1)


def test_the_example_is_a_round_with_nothing_to_do(cache):
    event = json.loads((Path(__file__).parents[3] / "events/notifications/refresh_events.json").read_text())
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 600_000)
    nothing = dict.fromkeys(("wanted", "due", "refreshed", "forgotten", "failed", "left"), 0)
    assert stage.handler(event, context) == nothing


def test_each_wanted_event_is_asked_about_once_a_day(cache):
    want(cache, "one", "two")
    cache.add("nobodys")
    assert run(cache) == {"wanted": 2, "due": 2, "refreshed": 2, "forgotten": 0, "failed": 0, "left": 0}
    assert run(cache, NOW + DAILY)["due"] == 0
    assert run(cache, NOW + DAILY + MINUTE)["refreshed"] == 2
    assert {path[-8:]: calls for path, calls in cache.vendor.calls.items()} == {"one.json": 2, "two.json": 2}


def test_a_sale_that_moved_has_its_new_start_after_the_round(cache):
    want(cache, "one")
    run(cache)
    cache.vendor.move("one", ONSALE - 5 * HOUR)
    run(cache, NOW + DAY)
    assert iso(ONSALE - 5 * HOUR) in {row["saleStartDateTime"] for row in cache.world.rows("sale")}


def test_the_longest_unasked_come_first_and_never_asked_ones_before_them(cache):
    want(cache, "b", "a", "new")
    cache.details.get("a", now=NOW - 30 * HOUR)
    cache.details.get("b", now=NOW - 40 * HOUR)
    before = len(cache.vendor.asked)
    run(cache)
    assert [id for _, id in cache.vendor.asked[before:]] == ["new", "b", "a"]


def test_it_leaves_the_rest_of_the_quota_to_fans(cache):
    want(cache, *(f"event{number}" for number in range(5)))
    day = vendor_quota("discovery", iso(NOW)[:10]).attributes()
    cache.world.put({**day, "used": 2_997}, table=STATE)  # of 5,000, and the share is 0.6
    figures = run(cache)
    assert (figures["refreshed"], figures["left"]) == (3, 2)
    assert cache.worker().get(cache.add("a-fans"), now=NOW).sales
    assert run(cache, NOW + HOUR)["refreshed"] == 0
    assert run(cache, NOW + DAY)["refreshed"] == 5


def test_it_ends_in_time(cache):
    want(cache, *(f"event{number}" for number in range(5)))
    left = iter([60_000, 40_000, 29_000])
    figures = run(cache, remaining=lambda: next(left))
    assert (figures["refreshed"], figures["left"]) == (2, 3)


def test_it_gives_up_on_a_vendor_that_is_not_there(cache):
    want(cache, *(f"event{number:02}" for number in range(20)))
    cache.vendor.faults.failing = 100
    figures = run(cache)
    assert (figures["failed"], figures["left"]) == (stage.STREAK, 20 - stage.STREAK)
    cache.vendor.faults.failing = 0
    assert run(cache, NOW + HOUR)["refreshed"] == 20


def test_an_event_is_forgotten_when_its_last_sale_is_long_past(cache):
    want(cache, "one")
    run(cache, ONSALE + OVER - MINUTE)
    assert cache.world.row(wanted_event("one"), STATE)
    assert run(cache, ONSALE + OVER + DAY)["forgotten"] == 1
    assert not cache.world.row(wanted_event("one"), STATE)


def test_what_is_old_is_no_reason_to_forget(cache):
    """The last sale is past by what is kept; it may have moved, and the vendor does not say."""
    want(cache, "one")
    run(cache)
    cache.vendor.faults.failing = 1
    figures = run(cache, ONSALE + OVER + DAY)
    assert (figures["failed"], figures["forgotten"]) == (1, 0)


def test_an_event_that_there_never_was_is_forgotten(cache):
    wanted(cache).mark(["nobodyHasIt", "no id: #x"], NOW)
    assert run(cache)["forgotten"] == 2
    assert list(wanted(cache).all()) == []


def test_an_event_without_sales_is_not_forgotten(cache):
    want(cache, "one", onsale=None, presales={})
    assert run(cache)["refreshed"] == 1


def test_a_second_wish_is_not_written_down_for_a_month(cache):
    want(cache, "one")
    row = cache.world.row(wanted_event("one"), STATE)
    wanted(cache).mark(["one", "one"], NOW + DAY)
    assert cache.world.row(wanted_event("one"), STATE) == row
    wanted(cache).mark(["one"], NOW + 31 * DAY)
    assert cache.world.row(wanted_event("one"), STATE)["wantedAt"] == iso(NOW + 31 * DAY)


def test_a_round_that_dies_is_gone_on_with_by_the_next(cache):
    ids = ("one", "two", "three")
    want(cache, *ids)
    for number in (3, 24, 36):  # in its lists, in a flight
        cache.seconds += 60
        with cache.world.calls.dying_after(number):
            run(cache)
    cache.seconds += 60  # leases of the dead have run out
    assert run(cache)["failed"] == 0
    assert run(cache)["due"] == 0
    assert len(cache.world.rows("event")) == len(ids)

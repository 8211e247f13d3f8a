"""The cache of events when things go wrong: at the vendor, in the midst of a call, and with a thousand callers at once."""

from collections import Counter
from dataclasses import replace

import pytest
from cached_events import DAY, EVENT, HOUR, MINUTE, NOW, cached_events
from notifications_world import STATE

from adapters.aws.event_flights import LENGTH
from domain.errors import Unavailable
from domain.notifications.freshness import FAILURE
from domain.notifications.keys import event_row, vendor_quota

LATER = NOW + 2 * HOUR  # what is kept since NOW is a little old then
LEASE = LENGTH.total_seconds()


@pytest.fixture(scope="module")
def tables():
    with cached_events() as cache:
        yield cache


@pytest.fixture
def cache(tables):
    tables.anew().add()
    return tables


@pytest.mark.parametrize("fault", ["failing", "throttled", "broken_off", "hang", "unanswered"])
def test_a_vendor_that_fails_is_served_for_from_the_rows_and_left_alone_for_a_while(cache, fault):
    before = cache.details.get(EVENT, now=NOW)
    discovery = replace(cache.details.vendor.discovery, timeout=(0.2, 0.2))
    worker = replace(cache.details, vendor=replace(cache.details.vendor, discovery=discovery))
    setattr(cache.vendor.faults, fault, 1)
    found = worker.get(EVENT, now=LATER)
    assert (found.event, found.sales, found.stale) == (before.event, before.sales, True)
    assert worker.get(EVENT, now=LATER + FAILURE / 2, fresher_than=MINUTE).stale
    assert cache.asked == 2
    assert not worker.get(EVENT, now=LATER + FAILURE).stale
    assert "failedAt" not in cache.state()


def test_a_key_that_is_not_right_says_which_to_mend(cache, caplog):
    cache.vendor.key = "another"
    with pytest.raises(Unavailable, match="nothing is kept"):
        cache.details.get(EVENT, now=NOW)
    with pytest.raises(Unavailable, match="mend discoveryKey in the secret services"):
        cache.details.vendor.discovery.event(EVENT, NOW)
    assert cache.asked == 2


def test_an_answer_that_is_no_event_is_a_failure(cache):
    before = cache.details.get(EVENT, now=NOW)
    cache.vendor.documents[EVENT] = {"hello": "world"}
    assert cache.details.get(EVENT, now=LATER) == replace(before, stale=True)


def test_what_the_vendor_wants_to_wait_for_no_worker_asks_before(cache):
    """Its own limit of two a second, which ours does not know of."""
    cache.vendor.rate, cache.vendor.clock = 2, cache.clock
    ids = [cache.add(f"event{number}") for number in range(4)]
    for id in ids[:2]:
        cache.details.get(id, now=NOW)
    cache.seconds = round(cache.seconds)  # all within one second of the vendor's
    with pytest.raises(Unavailable):
        cache.worker().get(ids[2], now=NOW)
    calls = cache.asked
    with pytest.raises(Unavailable):
        cache.worker().get(ids[3], now=NOW)
    assert cache.asked == calls
    cache.seconds += 60
    assert cache.worker().get(ids[3], now=NOW + MINUTE).sales


def test_calls_of_a_day_that_are_used_up_are_not_made_and_the_next_day_has_new_ones(cache):
    worker = cache.worker(quota={"daily": 2})
    for id in ("one", "two", "three"):
        cache.add(id)
    for id in ("one", "two"):
        assert worker.get(id, now=NOW).sales
    with pytest.raises(Unavailable):
        worker.get("three", now=NOW)
    assert worker.get("one", now=NOW + 3 * HOUR).stale
    assert cache.asked == 2
    assert worker.get("three", now=NOW + DAY).sales
    assert (cache.world.row(vendor_quota("discovery", "2026-12-04"), STATE) or {})["used"] == 2


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_worker_that_dies_at_any_call_holds_others_up_for_its_lease_and_no_longer(cache, side):
    """The vendor is called at most once within a lease, and what is then kept is what it says."""
    deaths = 0
    for number in range(1, 30):
        id = cache.add(f"event{number}")
        cache.calls()
        with getattr(cache.world.calls, f"dying_{side}")(number):
            cache.details.get(id, now=NOW)
            break
        deaths += 1
        begun = Counter(cache.vendor.calls)
        try:
            found = cache.worker().get(id, now=NOW)
        except Unavailable:  # it waited in vain
            found = None
        assert sum((cache.vendor.calls - begun).values()) + sum(begun[path] for path in begun if id in path) <= 1
        cache.seconds += LEASE
        assert cache.worker().get(id, now=NOW).sales
        assert found is None or found == cache.worker().get(id, now=NOW)
        assert "leaseUntil" not in cache.state(id)
    assert deaths == 8


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_refresher_that_dies_at_any_call_leaves_what_was_kept_to_be_served(cache, side):
    for number in range(1, 9):
        id = cache.add(f"event{number}")
        before = cache.details.get(id, now=NOW)
        cache.vendor.documents[id]["name"] = "Renamed"
        with getattr(cache.world.calls, f"dying_{side}")(number):
            cache.details.get(id, now=LATER)
        served = cache.worker().get(id, now=LATER)
        assert served.sales == before.sales
        cache.seconds += LEASE
        assert cache.worker().get(id, now=LATER).event.name == "Renamed"


def test_a_slow_writer_does_not_overwrite_what_was_asked_for_later(cache):
    cache.details.get(EVENT, now=NOW)
    cache.vendor.documents[EVENT]["name"] = "Old news"

    def somebody_else():
        cache.seconds += LEASE
        cache.vendor.documents[EVENT]["name"] = "News"
        assert cache.worker().get(EVENT, now=LATER + MINUTE).event.name == "News"

    cache.calls()
    with cache.world.calls.before(place_of(cache, "TransactWriteItems"), somebody_else):
        cache.details.get(EVENT, now=LATER)
    assert cache.event()["name"] == "News"
    assert cache.state()["checkedAt"] == "2026-12-04T11:31:00.000Z"


def test_a_slow_writer_does_not_give_another_ones_lease_back(cache):
    def somebody_else():
        cache.seconds += LEASE
        standing = cache.details.flights.read(EVENT)
        assert cache.details.flights.claim(EVENT, standing, NOW)

    with cache.world.calls.before(place_of(cache, "TransactWriteItems"), somebody_else):
        assert cache.details.get(EVENT, now=NOW).sales
    assert cache.state()["leaseUntil"] > cache.seconds * 1000
    assert not cache.world.row(event_row(EVENT))


def test_rows_that_others_write_meanwhile_are_read_again_and_nothing_of_theirs_is_lost(cache):
    theirs = {"PK": f"event:{EVENT}", "SK": f"event#{EVENT}", "type": "event", "id": EVENT, "ours": 1}
    with cache.world.calls.before(place_of(cache, "TransactWriteItems"), lambda: cache.world.put(theirs)):
        assert cache.details.get(EVENT, now=NOW).event.name == "Beyoncé Live"
    assert (cache.event()["name"], cache.event()["ours"]) == ("Beyoncé Live", 1)


def test_a_row_that_is_deleted_meanwhile_is_written_whole(cache):
    """As when a fan's or an event's data is erased: half a row would be worse than none."""
    cache.details.get(EVENT, now=NOW)
    cache.vendor.documents[EVENT]["name"] = "Another name"
    place = place_of(cache, "TransactWriteItems")
    with cache.world.calls.before(place, lambda: cache.world.forget(event_row(EVENT))):
        cache.details.get(EVENT, now=LATER)
    assert (cache.event()["name"], cache.event()["type"]) == ("Another name", "event")


def test_a_worker_that_is_held_up_before_its_call_does_not_make_it(cache):
    def held_up():
        cache.seconds += LEASE - 5

    place = place_of(cache, "PutItem")
    calls = cache.asked
    with cache.world.calls.after(place, held_up), pytest.raises(Unavailable):
        cache.details.get(EVENT, now=NOW)
    assert cache.asked == calls
    assert "leaseUntil" not in cache.state()
    assert "failedAt" not in cache.state()


def place_of(cache, operation):
    """Which of a miss's calls it is."""
    cache.calls()
    cache.worker().get(cache.add("another"), now=NOW)
    return [it.partition(".")[2] for it in cache.calls()].index(operation) + 1

"""A message of the generation queue is read as it was written, or rejected by the name of what is wrong with it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sale_fans import EVENT, OPENED, PUBLIC, STARTS, fans_message, shard_message

from domain.errors import Rejected
from domain.notifications.claiming import LEAD
from domain.notifications.generation_order import Order, refusal, too_late
from domain.notifications.instants import iso

SHARD, FANS = shard_message(3, after="ann"), fans_message("ann", "bea", "ann")


def test_a_message_tells_a_shard_or_some_fans():
    assert Order.of(SHARD) == Order(OPENED, "Z7r9", "pub", 3, "ann", (), OPENED, STARTS)
    assert Order.of(FANS) == Order(OPENED, "Z7r9", "pub", fans=("ann", "bea"))


def test_a_message_that_goes_on_keeps_when_its_sale_was_first_told_of():
    later = OPENED + timedelta(minutes=1)
    assert Order.of(Order.of(SHARD).message(later, "bea")) == replace(Order.of(SHARD), time=later, after="bea")
    again = Order.of(Order.of(FANS).message(later))
    assert (again.time, again.mark, again.fans) == (later, OPENED, ("ann", "bea"))


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ([], "object"),
        ({}, "shard or fanIds"),
        ({**SHARD, "fanIds": ["a"]}, "shard or fanIds"),
        ({**SHARD, "shard": 10}, "shard"),
        ({**SHARD, "shard": True}, "shard"),
        ({**SHARD, "shard": "3"}, "shard"),
        ({**SHARD, "eventId": ""}, "eventId"),
        ({**SHARD, "saleId": 3}, "saleId"),
        ({**SHARD, "time": "now"}, "instant"),
        ({**SHARD, "mark": 5}, "mark"),
        ({**SHARD, "until": "2026-12-04T18:00"}, "zone"),
        ({**SHARD, "after": 3}, "after"),
        ({**FANS, "fanIds": []}, "fanIds"),
        ({**FANS, "fanIds": "ann"}, "fanIds"),
        ({**FANS, "fanIds": ["ann", 3]}, "fanIds"),
        ({**FANS, "fanIds": ["ann", ""]}, "fanIds"),
        ({**FANS, "fanIds": ["a"] * 101}, "fanIds"),
    ],
)
def test_what_is_no_message_is_rejected_by_name(body, names):
    with pytest.raises(Rejected, match=names):
        Order.of(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9), lambda it: st.lists(it, max_size=3)
)


@settings(max_examples=80)
@given(st.dictionaries(st.sampled_from([*SHARD, "fanIds"]), JSON), st.sampled_from([SHARD, FANS]))
def test_no_message_crashes_anything(change, whole):
    try:
        order = Order.of({**whole, **change})
    except Rejected:
        return
    assert Order.of(order.message(order.time, order.after)).sale == order.sale


@pytest.mark.parametrize(
    ("event", "sale", "reason"),
    [
        (EVENT, PUBLIC, None),
        (None, PUBLIC, "no_event"),
        (EVENT, None, "no_sale"),
        (replace(EVENT, suppressed="artist"), replace(PUBLIC, suppressed="registration"), "artist"),
        (EVENT, replace(PUBLIC, suppressed="registration"), "registration"),
        (EVENT, replace(PUBLIC, starts=STARTS + timedelta(milliseconds=1)), "sale_moved"),
        (EVENT, replace(PUBLIC, starts=OPENED - timedelta(days=1)), None),
    ],
)
def test_why_nobody_is_told_of_a_sale(event, sale, reason):
    assert refusal(event, sale, Order.of(SHARD)) == reason


@pytest.mark.parametrize(("late", "reason"), [(timedelta(), None), (timedelta(milliseconds=1), "sale_moved")])
def test_single_fans_are_told_half_an_hour_before_and_no_sooner(late, reason):
    order = Order.of({**FANS, "time": iso(OPENED)})
    assert refusal(EVENT, replace(PUBLIC, starts=OPENED + LEAD + late), order) == reason
    seen_to = replace(order, until=OPENED + timedelta(hours=1))
    assert refusal(EVENT, replace(PUBLIC, starts=OPENED + timedelta(hours=1) + late), seen_to) == reason


def test_a_minute_before_its_start_is_the_last_call():
    assert not too_late(PUBLIC, STARTS - timedelta(seconds=60))
    assert too_late(PUBLIC, STARTS - timedelta(seconds=59.999))

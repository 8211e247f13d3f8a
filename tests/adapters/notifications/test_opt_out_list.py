"""The list of opt-outs: the latest word on an address counts, in whatever order words come, and no address is in it."""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from notifications_world import STATE, notifications_world

from adapters.aws.opt_out_list import OptOutList
from adapters.aws.session import dynamodb
from domain.notifications.keys import opt_out

AT = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
NUMBER, MAIL = ("sms", "+12135550199"), ("email", "Fan@Example.com")


@pytest.fixture
def world():
    with notifications_world() as world:
        yield world


@pytest.fixture
def listed(world):
    return OptOutList(dynamodb(), STATE)


def test_who_has_opted_out_is_standing_by_that_way_alone(listed):
    assert listed.add(*NUMBER, AT, "STOP")
    assert listed.standing([NUMBER, MAIL, ("email", NUMBER[1])]) == {NUMBER}
    assert listed.standing([]) == set()


def test_an_address_is_one_however_it_is_written(listed):
    listed.add("email", " fan@example.com ", AT, "link")
    assert listed.standing([MAIL]) == {MAIL}


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_the_latest_word_counts_in_whatever_order_they_come(listed, order):
    words = [(listed.add, AT), (listed.remove, AT + timedelta(seconds=1)), (listed.add, AT + timedelta(seconds=2))]
    for place in order:
        say, at = words[place]
        say(*NUMBER, at, "STOP")
    assert listed.standing([NUMBER]) == {NUMBER}


def test_who_comes_back_is_told_again_and_an_older_word_changes_nothing(listed):
    listed.add(*NUMBER, AT, "STOP")
    assert listed.remove(*NUMBER, AT + timedelta(seconds=1), "START")
    assert listed.standing([NUMBER]) == set()
    assert listed.add(*NUMBER, AT, "STOP") is False
    assert listed.standing([NUMBER]) == set()


def test_whoever_knows_the_key_alone_may_write_it(listed):
    listed.put(opt_out(*MAIL), AT, "link")
    assert listed.standing([MAIL]) == {MAIL}


def test_no_address_is_in_the_list(listed, world):
    listed.add(*NUMBER, AT, "STOP")
    listed.add(*MAIL, AT, "link")
    kept = json.dumps(world.rows(table=STATE))
    assert "2135550199" not in kept
    assert "xample" not in kept


def test_more_than_a_hundred_are_asked_for_in_two_calls(listed, world):
    some = [("sms", f"+1213555{number:04d}") for number in range(150)]
    listed.add(*some[7], AT, "STOP")
    began = len(world.calls.made)
    assert listed.standing(some) == {some[7]}
    assert world.calls.made[began:] == ["dynamodb.BatchGetItem"] * 2

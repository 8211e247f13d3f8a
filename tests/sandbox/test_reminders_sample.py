"""The sample of wishes: each way of contact, three locales, numbers that are nobody's, and the same fans every time."""

from collections import Counter
from datetime import UTC, datetime

import phonenumbers
import pytest

from domain.notifications.keys import SALE_DEMAND_SHARD
from sandbox.sample.reminders import Crowd, phone_number

CROWD = Crowd(2_000, "e1", "s1", datetime(2026, 12, 4, 18, tzinfo=UTC))


def test_every_way_of_contact_and_every_locale_is_wanted():
    wishes = list(CROWD.demand())
    assert set(Counter(it.methods for it in wishes)) == {("sms",), ("email",), ("sms", "email")}
    assert set(Counter(it.locale for it in wishes)) == {"en-us", "en-ca", "fr-ca", None}
    assert CROWD.notifications() == sum(len(it.methods) for it in wishes) > 2_000


def test_numbers_are_all_different_well_formed_and_kept_for_fiction():
    numbers = [it.phone for it in CROWD.demand() if it.phone]
    assert len(set(numbers)) == len(numbers)
    assert all(phonenumbers.is_possible_number(phonenumbers.parse(it)) and it[5:10] == "55501" for it in numbers)
    with pytest.raises(ValueError, match="numbers for fiction"):
        phone_number(100_000)


def test_some_numbers_are_dead_others_slow_and_none_is_both():
    assert len(CROWD.dead) == len({*CROWD.dead}) == 26
    assert not {*CROWD.dead} & {*CROWD.slow}
    assert CROWD.slow


def test_each_wish_lies_in_the_index_that_generators_read():
    assert {it.row()[SALE_DEMAND_SHARD].split("#")[0] for it in CROWD.demand()} == {"e1-s1"}
    assert list(CROWD.demand()) == list(CROWD.demand())

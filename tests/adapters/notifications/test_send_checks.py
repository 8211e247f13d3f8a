"""What stands of a notification's sale, event and fan right before it is sent, in a few reads for a hundred of them."""

from datetime import UTC, datetime

import pytest
from notifications_world import DEMAND, STATE, notifications_world
from sending_world import EVENT, SALE, key_of, notification

from adapters.aws.opt_out_list import OptOutList
from adapters.aws.send_checks import SendChecks
from adapters.aws.session import dynamodb
from domain.notifications.claiming import Facts
from domain.notifications.demand import Demand

AT = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)


@pytest.fixture
def world():
    with notifications_world() as world:
        yield world


@pytest.fixture
def checks(world):
    return SendChecks(dynamodb(), DEMAND, OptOutList(dynamodb(), STATE))


def test_each_has_the_rows_that_it_points_to(world, checks):
    wish = Demand("f1", "Z7r9", "s1", ("sms",), AT).row()
    world.put(EVENT.row(), SALE.row(), wish)
    known, lost = notification(), notification("f2", eventId="other")
    assert checks.of([known, lost]) == {
        key_of(known): Facts(SALE.row(), EVENT.row(), wish),
        key_of(lost): Facts(None, None, None),
    }


def test_an_opt_out_is_of_the_way_it_was_said_for(world, checks):
    text, mail = notification(), notification(method="email")
    checks.opt_outs.add("sms", text["phoneNumber"], AT, "STOP")
    found = checks.of([text, mail, notification("f2", phoneNumber="")])
    assert [found[key_of(it)].opted_out for it in (text, mail)] == [True, False]


def test_a_hundred_rows_are_asked_for_at_once(world, checks):
    began = len(world.calls.made)
    checks.of([notification(f"f{number}") for number in range(98)])
    assert world.calls.made[began:] == ["dynamodb.BatchGetItem"] * 2
    assert checks.of([]) == {}

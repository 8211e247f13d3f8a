"""The first time a fan's reminder was taken, and delivered, stands on the demand row, once, and on none that is not there."""

from datetime import UTC, datetime, timedelta

import pytest
from notifications_world import DEMAND, notifications_world
from sending_world import notification

from adapters.aws.demand_dates import DemandDates
from adapters.aws.session import dynamodb
from domain.notifications.demand import Demand
from domain.notifications.instants import iso
from domain.notifications.statuses import Sighting, seen

AT = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
WISH = Demand("f1", "Z7r9", "s1", ("sms", "email"), AT)


@pytest.fixture
def world():
    with notifications_world() as world:
        yield world


def told(status, at, method="sms", fan="f1"):
    return seen(notification(fan, method), [Sighting(status, at)])


def test_the_first_of_several_dates_the_demand_and_no_later_one_does(world):
    world.put(WISH.row())
    dates = DemandDates(dynamodb(), DEMAND)
    later, first = AT + timedelta(seconds=9), AT + timedelta(seconds=4)
    assert dates.triggered([told("TRIGGERED", later, "email"), told("TRIGGERED", first)]) == 1
    assert dates.triggered([told("TRIGGERED", later)]) == 0
    assert dates.notified([told("DELIVERED", later)]) == 1
    assert world.row(WISH.key)["date"] == {"requested": iso(AT), "triggered": iso(first), "notified": iso(later)}


def test_a_word_that_comes_late_of_something_earlier_dates_the_demand(world):
    world.put(WISH.row())
    dates = DemandDates(dynamodb(), DEMAND)
    for seconds, changed in ((9, 1), (4, 1), (5, 0)):
        assert dates.triggered([told("TRIGGERED", AT + timedelta(seconds=seconds))]) == changed
    assert world.row(WISH.key)["date"]["triggered"] == iso(AT + timedelta(seconds=4))


def test_a_fan_who_has_gone_is_not_written_anew(world):
    assert DemandDates(dynamodb(), DEMAND).triggered([told("TRIGGERED", AT)]) == 0
    assert world.rows() == []


def test_a_demand_row_of_others_without_dates_is_left_alone(world):
    world.put({**WISH.key.attributes(), "type": "demand"})
    assert DemandDates(dynamodb(), DEMAND).notified([told("DELIVERED", AT)]) == 0

"""What is kept about a fan and a sale, and about a sale's notifications, is found whole."""

from datetime import UTC, datetime, timedelta

import pytest
from notifications_world import DEMAND, STATE, notifications_world, own

from adapters.aws.fan_history import FanHistory
from adapters.aws.opt_out_list import OptOutList
from adapters.aws.sale_notifications import SaleNotifications
from domain.errors import Rejected
from domain.notifications.demand import Demand
from domain.notifications.events import Event, Sale
from domain.notifications.keys import notification_row, scheduler_mark

STARTS = datetime(2026, 12, 4, 18, tzinfo=UTC)
ASKED = STARTS - timedelta(days=9)
EVENT = Event("e1", "Lanterns", "https://t.example.com", ASKED, ASKED)
SALE = Sale("s1", "e1", "Public Onsale", ("PUBLIC",), STARTS)
WISH = Demand("fan-1", "e1", "s1", ("sms", "email"), ASKED, phone="+12025550100", email="a@example.com")


def notification(fan, method):
    key = notification_row(fan, "e1", "s1", method)
    told = {
        "fanId": fan,
        "eventId": "e1",
        "saleId": "s1",
        "contactMethod": method,
        "status": {"id": "SENT", "date": "x"},
    }
    return {**key.attributes(), "type": "notification", **told, "date": {"created": "x"}}


@pytest.fixture
def world():
    with notifications_world() as world:
        world.put(
            WISH.row(), EVENT.row((SALE,)), SALE.row(), notification("fan-1", "sms"), notification("fan-1", "email")
        )
        world.put(Demand("fan-1", "e1", "another", ("sms",), ASKED).row(), notification("fan-2", "sms"))
        world.put({**scheduler_mark().attributes(), "claimed": "c", "until": "u"}, table=STATE)
        yield world


def history():
    return FanHistory(own("dynamodb"), DEMAND, STATE)


def test_all_that_says_why_is_found_and_nothing_of_other_sales(world):
    OptOutList(own("dynamodb"), STATE).add("sms", "+12025550100", ASKED, "STOP")
    known = history().of("fan-1", "s1")
    assert known.demand == WISH.row()
    assert [it["contactMethod"] for it in known.notifications] == ["sms", "email"]
    assert (known.event, known.sale) == (EVENT, SALE)
    assert known.opted_out == {"sms": "2026-11-25T18:00:00.000Z"}
    assert known.mark == "u"


def test_a_wish_that_was_taken_back_leaves_its_notifications_to_tell(world):
    world.forget(WISH.key)
    known = history().of("fan-1", "s1")
    assert (known.demand, len(known.notifications)) == (None, 2)


def test_what_nobody_has_told_yet_is_simply_missing(world):
    world.put(Demand("fan-9", "e9", "s9", ("sms",), ASKED).row())
    known = history().of("fan-9", "s9")
    assert (known.event, known.sale, known.opted_out, list(known.notifications)) == (None, None, {}, [])


def test_an_unknown_fan_or_sale_is_rejected(world):
    with pytest.raises(Rejected, match="fan-7 to be reminded of sale s1"):
        history().of("fan-7", "s1")


def test_a_sales_notifications_are_found_by_who_wants_them(world):
    pages = SaleNotifications(own("dynamodb"), DEMAND).pages("e1", "s1")
    assert sorted(it["contactMethod"] for page in pages for it in page) == ["email", "sms"]

"""Before a window opens the vendor is asked again: sales that moved, were suppressed, or cannot be asked about."""

from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from botocore.config import Config
from notifications_world import GENERATION, NOT_SERVED, STATE, notifications_world
from open_windows import mark, on_sale, run, sales
from sale_fans import EVENT, OPENED, PUBLIC, STARTS, fan
from told import listening

from adapters.aws.sale_demand import SaleDemand
from domain.notifications.instants import iso
from domain.notifications.keys import scheduler_mark
from handlers.notifications import notification_scheduler as scheduler
from sandbox.discovery import DiscoveryServer

HALF = timedelta(minutes=30)


@pytest.fixture
def vendor():
    with DiscoveryServer() as server:
        yield server


@pytest.fixture
def world(vendor):
    with notifications_world(scheduler, DISCOVERY_URL=vendor.endpoint, SETTLE_SECONDS="0") as world:
        yield world


def test_the_vendor_is_asked_once_an_event_however_many_sales_it_has(world, vendor):
    presales = {"Lantern Verified Fan Presale": STARTS - timedelta(minutes=20), "Venue Presale": STARTS - HALF / 2}
    on_sale(vendor, presales=presales)
    asked = len(vendor.asked)
    assert len(run()["sales"]) == 3
    assert len(vendor.asked) == asked + 1


def test_a_sale_that_moved_out_is_left_to_its_own_window(world, vendor):
    on_sale(vendor)
    vendor.move("Z7r9", STARTS + HALF)
    assert run()["sales"] == []
    assert len(run(STARTS)["sales"]) == 1


def test_a_sale_that_moved_in_is_told_of(world, vendor):
    on_sale(vendor, presales={"Venue Presale": STARTS})
    on_sale(vendor, "late", at=STARTS + timedelta(days=1), presales={"Venue Presale": STARTS})
    vendor.move("late", STARTS + timedelta(hours=4))
    vendor.move("late", STARTS - timedelta(minutes=10), "Venue Presale")
    assert {event for event, _ in sales(run())} == {"Z7r9", "late"}


def test_a_sale_that_moved_into_a_window_that_was_open_already_is_told_of_by_the_next_run(world, vendor):
    on_sale(vendor, at=STARTS + HALF * 4)
    run(OPENED - HALF)
    assert run()["sales"] == []
    vendor.move("Z7r9", STARTS - HALF / 2)
    scheduler.live().details.get("Z7r9", now=OPENED + timedelta(minutes=5), fresher_than=timedelta(0))
    answer = run(STARTS)
    assert (len(answer["sales"]), answer["missed"], answer["window"]["after"]) == (1, 1, iso(STARTS))
    assert run(STARTS + HALF)["sales"] == []


def test_a_suppressed_sale_is_told_of_in_the_log_with_its_reason_and_to_nobody_else(world, vendor, caplog, capsys):
    on_sale(vendor, at=STARTS + timedelta(days=1), presales={"Lantern Registration": STARTS, "Venue Presale": STARTS})
    on_sale(vendor, "mex", city="Cancún")
    with listening(caplog, "notification_scheduler") as told:
        answer = run()
        text = told(capsys)
    assert (len(answer["sales"]), answer["suppressed"], answer["messages"]) == (1, 2, 10)
    assert '"reason": "registration"' in text
    assert '"reason": "country"' in text
    assert '"Reason":"registration"' in text


def test_where_the_vendor_does_not_answer_windows_open_with_what_is_known(world, vendor):
    on_sale(vendor)
    world.put({**PUBLIC.row(), "PK": "event:other", "eventId": "other"})  # of this one the event is not known
    vendor.faults.failing = 100
    answer = run()
    assert len(answer["sales"]) == 2
    assert answer["stale"] == 2


def test_an_event_whose_id_is_none_of_the_vendors_is_told_of_by_its_rows(world):
    world.put(replace(EVENT, id="no such/id").row(), replace(PUBLIC, event_id="no such/id").row())
    assert sales(run()) == [("no such/id", "pub")]


def test_rows_that_are_no_sales_are_in_nobodys_way(world, vendor):
    on_sale(vendor)
    world.put({**PUBLIC.row(), "saleStartDateTime": "2026-12-04T18:00:00 or so", "SK": "sale#x"})
    world.put({**PUBLIC.row(), "eventId": 7, "SK": "sale#y"})
    assert len(run()["sales"]) == 1


def test_a_window_with_too_much_in_it_is_told_of(world, vendor, caplog, capsys):
    on_sale(vendor)
    [(_, sale)] = sales(run(OPENED, desk=scheduler.live()))
    world.put(*(fan(f"f{number}", "sms", "email", sale=sale) for number in range(20)))
    slow = replace(scheduler.live(), rates=scheduler.Rates(sms=0.01, mail=14))
    schedule = {"startDateTime": iso(OPENED), "endDateTime": iso(STARTS)}
    with listening(caplog, "notification_scheduler") as told:
        answer = run(desk=slow, schedule=schedule)
        text = told(capsys)
    assert answer["notMet"] == 1
    assert "window cannot be met" in text
    assert "'recipients': {'sms': 20, 'email': 20}" in text
    assert "@" not in text
    assert "+1" not in text
    assert run(schedule=schedule)["notMet"] == 0


def test_a_window_that_cannot_be_counted_is_open_all_the_same(world, vendor, caplog, capsys):
    on_sale(vendor)
    once = Config(retries={"total_max_attempts": 1})
    nowhere = boto3.client("dynamodb", endpoint_url=NOT_SERVED, config=once)
    with listening(caplog, "notification_scheduler") as told:
        answer = run(desk=replace(scheduler.live(), demand=SaleDemand(nowhere, "Demand")))
        assert "window not planned" in told(capsys)
    assert answer["messages"] == 10
    assert run()["window"] is None


@pytest.mark.parametrize("side", ["dying_before", "dying_after"])
def test_a_run_that_dies_at_any_call_and_comes_again_leaves_no_shard_out(world, side):
    call, died = 0, True
    while died:
        call, died = call + 1, True
        world.messages(GENERATION)
        world.forget(scheduler_mark(), STATE)
        world.put(EVENT.row(), PUBLIC.row())
        run(OPENED - HALF)
        with getattr(world.calls, side)(call):
            run()
            died = False
        run()
        assert {it["shard"] for it in world.bodies(GENERATION)} == set(range(10))
        assert mark(world) == (iso(STARTS), iso(STARTS))
    assert call > 10  # of them ten count who waits

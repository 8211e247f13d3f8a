"""Each run opens the window of the next half hour: its sales, as the vendor has them now, are told to the generators, each shard once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from moto.backends import get_backend
from notifications_world import GENERATION, notifications_world
from open_windows import mark, on_sale, run, sales
from sale_fans import EVENT, OPENED, PUBLIC, STARTS, fan
from told import listening

from domain.errors import Rejected
from domain.notifications.instants import iso
from handlers.notifications import notification_scheduler as scheduler
from sandbox.discovery import DiscoveryServer

ALL = list(range(10))
TICK, HALF = timedelta(milliseconds=1), timedelta(minutes=30)


@pytest.fixture
def vendor():
    with DiscoveryServer() as server:
        yield server


@pytest.fixture
def world(vendor):
    with notifications_world(scheduler, DISCOVERY_URL=vendor.endpoint, SETTLE_SECONDS="0") as world:
        yield world


def test_a_run_tells_of_each_shard_of_the_sales_that_start_within_the_half_hour(world, vendor):
    on_sale(vendor)
    answer = run()
    [sale] = answer["sales"]
    assert answer == {
        "sales": [{"saleId": sale["saleId"], "eventId": "Z7r9"}],
        "window": {"after": iso(OPENED), "until": iso(STARTS)},
        "messages": 10,
        "events": 1,
        "stale": 0,
        "suppressed": 0,
        "missed": 0,
        "notMet": 0,
    }
    told = world.bodies(GENERATION)
    assert sorted(it["shard"] for it in told) == ALL
    for it in told:
        assert it["time"] == it["mark"]
        assert OPENED <= datetime.fromisoformat(it["time"]) < OPENED + timedelta(minutes=1)
        assert (it["eventId"], it["saleId"], it["until"]) == ("Z7r9", sale["saleId"], iso(STARTS))
    assert mark(world) == (iso(STARTS), iso(STARTS))


def just_asked(at):
    """The event as if the vendor had been asked at that instant."""
    return replace(EVENT, updated=at).row()


@pytest.mark.parametrize(
    ("starts", "told"),
    [(OPENED, 0), (OPENED + TICK, 1), (STARTS, 1), (STARTS + TICK, 0)],
)
def test_a_window_is_open_at_its_beginning_and_closed_at_its_end(world, starts, told):
    world.put(EVENT.row(), replace(PUBLIC, starts=starts).row())
    assert len(run()["sales"]) == told


def test_instants_that_others_wrote_with_fewer_digits_are_found(world):
    world.put(EVENT.row(), {**PUBLIC.row(), "saleStartDateTime": "2026-12-04T18:00:00Z"})
    assert len(run()["sales"]) == 1


def test_a_doubled_run_finds_nothing_left(world, vendor):
    on_sale(vendor)
    run()
    assert run() == {**run(), "sales": [], "window": None, "messages": 0}
    assert len(world.bodies(GENERATION)) == 10


def test_of_three_runs_within_one_half_hour_the_first_tells_of_a_sale(world, vendor):
    on_sale(vendor)
    found = [len(run(OPENED + timedelta(seconds=late))["sales"]) for late in (0, 20, 200, 1800)]
    assert found == [1, 0, 0, 0]


def test_a_run_that_was_skipped_is_caught_up_with_and_sales_that_have_begun_are_told_too(world, caplog):
    run(OPENED - HALF)
    world.put(just_asked(STARTS), PUBLIC.row(), replace(PUBLIC, id="next", starts=STARTS + HALF).row())
    answer = run(STARTS)
    assert {sale for _, sale in sales(answer)} == {"pub", "next"}
    assert (answer["window"]["after"], answer["missed"]) == (iso(OPENED), 1)


def test_what_was_missed_for_more_than_a_day_is_told_of_and_left(world, caplog, capsys):
    world.put(EVENT.row(), PUBLIC.row())
    run(OPENED - HALF)
    with listening(caplog, "notification_scheduler") as told:
        answer = run(STARTS + timedelta(hours=24))
        assert "windows were lost" in told(capsys)
    assert answer["sales"] == []
    assert mark(world)[1] == iso(STARTS + timedelta(hours=24, minutes=30))


def test_a_run_that_comes_after_a_later_one_does_not_go_back(world):
    run(STARTS)
    world.put(EVENT.row(), PUBLIC.row())
    assert run(OPENED)["window"] is None
    assert mark(world) == (iso(STARTS + HALF),) * 2


def test_a_run_that_died_is_done_again_from_where_the_last_one_ended(world):
    world.put(EVENT.row(), PUBLIC.row())
    with world.calls.dying_before(2):
        run()
    assert mark(world) == (iso(STARTS), iso(OPENED))
    world.put(just_asked(STARTS))
    answer = run(STARTS)
    assert sales(answer) == [("Z7r9", "pub")]
    assert mark(world) == (iso(STARTS + HALF),) * 2


@pytest.mark.parametrize(("minutes", "missed"), [(28, 0), (29, 1)])
def test_a_run_late_by_the_wall_covers_its_own_window_and_knows_how_late_it_is(world, minutes, missed):
    late = OPENED + timedelta(minutes=minutes)
    world.put(just_asked(late), PUBLIC.row())
    answer = run(desk=replace(scheduler.live(), wall=True), wall=late)
    assert sales(answer) == [("Z7r9", "pub")]
    assert answer["missed"] == missed  # with less than a minute left nobody is told
    assert all(it["time"] >= iso(late) for it in world.bodies(GENERATION))


def test_a_clock_on_the_wall_that_is_another_one_makes_no_run_late(world):
    world.put(EVENT.row(), PUBLIC.row())
    run(desk=replace(scheduler.live(), wall=True), wall=OPENED + timedelta(days=2))
    assert all(it["time"] < iso(OPENED + timedelta(minutes=1)) for it in world.bodies(GENERATION))


def test_an_override_opens_its_own_window_both_ends_in_it_and_moves_no_mark(world):
    world.put(EVENT.row(), PUBLIC.row(), replace(PUBLIC, id="end", starts=STARTS + timedelta(hours=1)).row())
    schedule = {"startDateTime": iso(STARTS), "endDateTime": iso(STARTS + timedelta(hours=1))}
    assert {sale for _, sale in sales(run(schedule=schedule))} == {"pub", "end"}
    assert mark(world) == (None, None)
    assert {it["until"] for it in world.bodies(GENERATION)} == {schedule["endDateTime"]}


def test_an_override_without_a_time_is_of_now(world):
    schedule = {"startDateTime": iso(STARTS), "endDateTime": iso(STARTS)}
    world.put(EVENT.row(), PUBLIC.row())
    scheduler.notification_scheduler({"schedule": schedule}, OPENED, desk=scheduler.live())
    assert {it["time"][:16] for it in world.bodies(GENERATION)} == {iso(OPENED)[:16]}


@pytest.mark.parametrize("schedule", ["10:00", {"startDateTime": "10:00", "endDateTime": "11:00"}, {"from": 1}])
def test_an_override_that_is_none_is_rejected(world, schedule):
    with pytest.raises(Rejected):
        run(schedule=schedule)


def test_an_override_over_a_window_that_was_open_tells_the_generators_again_who_find_it_done(world):
    world.put(EVENT.row(), PUBLIC.row(), fan("ann"))
    run()
    run(schedule={"startDateTime": iso(OPENED), "endDateTime": iso(STARTS)})
    assert len(world.bodies(GENERATION)) == 20


def test_a_midnight_of_utc_within_the_window_hides_no_sale(world):
    midnight = datetime(2026, 12, 5, tzinfo=UTC)
    world.put(just_asked(midnight))
    for id, starts in {"before": midnight - TICK, "at": midnight, "after": midnight + timedelta(minutes=15)}.items():
        world.put(replace(PUBLIC, id=id, starts=starts).row())
    answer = run(midnight - timedelta(minutes=15))
    assert {sale for _, sale in sales(answer)} == {"before", "at", "after"}


def test_generators_wait_until_indexes_have_followed(world):
    world.put(EVENT.row(), PUBLIC.row())
    run(desk=replace(scheduler.live(), settle=5))
    assert world.bodies(GENERATION) == []
    [queue] = [it for it in get_backend("sqs")["123456789012"]["eu-west-1"].queues.values() if it.name == GENERATION]
    assert {round((it.delayed_until - it.sent_timestamp) / 1000) for it in queue._messages} == {5}

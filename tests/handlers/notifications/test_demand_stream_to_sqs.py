"""Each changed row of the Demand table is queued for whom it is for, at least once, and nobody's number is told on the way."""

from dataclasses import replace
from datetime import timedelta

import pytest
from changed_rows import EVENT, OPENED, PHONE, RUN, SALE, STARTS, changed, emptied, notification, wanted
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notifications_world import GENERATION, OUTBOX, SHORT_URLS, STATE, notifications_world
from told import listening

from domain.notifications.generation_order import Order
from domain.notifications.instants import iso
from domain.notifications.keys import sale_demand_of, wanted_event
from handlers.notifications import demand_stream_to_sqs as router


@pytest.fixture(scope="module")
def whole():
    with notifications_world(router) as world:
        yield world


@pytest.fixture
def world(whole):
    return emptied(whole)


def handle(*records, now=OPENED):
    return router.demand_stream_to_sqs(records, now, **router.live())


def done(number, out):
    return {"in": number, "out": out, "failed": 0, "batchItemFailures": []}


def test_an_event_is_queued_for_a_short_link_once_a_batch(world):
    assert handle(changed(EVENT.row(), 1), changed(EVENT.row(), 2, name="MODIFY")) == done(2, 1)
    assert world.bodies(SHORT_URLS) == [{"time": iso(OPENED), "id": "Z7r9", "data": {"id": "Z7r9"}}]


def test_notifications_are_queued_ten_a_call(world):
    records = [changed(notification(f"f{number}"), number) for number in range(23)]
    assert handle(*records) == done(23, 23)
    assert world.calls.made.count("sqs.SendMessageBatch") == 3
    assert {it["pk"] for it in world.bodies(OUTBOX)} == {f"fan:f{number}" for number in range(23)}


def test_a_retry_is_hidden_until_it_may_be_sent(world):
    waiting = notification(status="RETRY", notBefore=iso(OPENED + timedelta(seconds=300)))
    assert handle(changed(waiting, name="MODIFY")) == done(1, 1)
    assert world.bodies(OUTBOX) == []


def test_a_record_that_lay_in_the_stream_is_as_much_later(world):
    handle(changed(notification()), now=OPENED + timedelta(seconds=90))
    assert world.bodies(OUTBOX)[0]["time"] == iso(OPENED + timedelta(seconds=90))


def test_where_the_streams_times_are_of_another_clock_nothing_is_late(world):
    live = {**router.live(), "by_the_clock": False}
    router.demand_stream_to_sqs([changed(notification())], OPENED + timedelta(seconds=90), **live)
    assert world.bodies(OUTBOX)[0]["time"] == iso(OPENED)


@pytest.mark.parametrize(("told", "by_the_clock"), [("wall", True), ("virtual", False)])
def test_whose_clock_the_stream_goes_by_is_a_setting(world, monkeypatch, told, by_the_clock):
    monkeypatch.setenv("STREAM_TIMES", told)
    assert router.live.__wrapped__()["by_the_clock"] is by_the_clock


def test_what_is_for_nobody_is_no_trouble(world):
    settled = notification(status="DELIVERED")
    gone = changed(notification(), 2, name="REMOVE", old=notification())
    assert handle(changed(settled, 1), gone, changed(replace(SALE, suppressed="artist").row(), 3)) == done(3, 0)
    assert world.calls.made == []


def test_a_wish_makes_its_event_wanted(world):
    assert handle(changed(wanted())) == done(1, 0)
    assert world.row(wanted_event("Z7r9"), STATE) is not None


def test_demand_of_another_system_gets_its_place_in_the_index(world):
    theirs = {name: value for name, value in wanted().items() if name != "saleDemandShard"}
    world.put(theirs)
    handle(changed(theirs))
    [row] = world.rows("demand")
    assert row == {**theirs, "saleDemandShard": sale_demand_of("f1", "Z7r9", "s1")}


def test_a_wish_that_is_taken_back_meanwhile_does_not_come_back(world):
    theirs = {name: value for name, value in wanted().items() if name != "saleDemandShard"}
    handle(changed(theirs))
    assert world.rows() == []


@pytest.fixture
def opened(world):
    """A run has begun to tell of all sales up to STARTS."""
    world.put(RUN, table=STATE)
    world.put(EVENT.row(), SALE.row())
    return world


def test_who_asks_when_the_window_is_open_goes_to_the_generator(opened):
    asked = OPENED + timedelta(minutes=5)
    records = [changed(wanted(f"f{number}", at=asked), number, at=asked) for number in range(120)]
    assert handle(*records, now=asked) == done(120, 2)
    told = opened.bodies(GENERATION)
    assert sorted(len(it["fanIds"]) for it in told) == [20, 100]
    assert {(it["time"], it["eventId"], it["saleId"]) for it in told} == {(iso(asked), "Z7r9", "s1")}


def test_a_sale_that_moves_into_the_open_window_goes_to_the_generators(opened):
    moved = replace(SALE, starts=OPENED + timedelta(minutes=25)).row()
    opened.put(moved)
    record = changed(moved, name="MODIFY", old=replace(SALE, starts=STARTS + timedelta(hours=2)).row(), at=OPENED)
    assert handle(record, now=OPENED + timedelta(seconds=7)) == done(1, 10)
    told = opened.bodies(GENERATION)
    assert sorted(it["shard"] for it in told) == list(range(10))
    orders = [Order.of(it) for it in told]
    assert {(it.event, it.sale, it.time, it.until) for it in orders} == {
        ("Z7r9", "s1", OPENED + timedelta(seconds=7), STARTS)
    }


def test_a_sale_that_was_announced_is_told_of_as_it_stands_now(opened):
    opened.put(replace(SALE, starts=STARTS + timedelta(hours=2)).row())
    assert handle(changed(SALE.row(), name="MODIFY")) == done(1, 0)


def test_before_the_first_run_no_sale_has_moved_into_its_window(world):
    world.put(SALE.row())
    assert handle(changed(SALE.row())) == done(1, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"starts": STARTS + timedelta(minutes=30)},
        {"starts": OPENED},
        {"suppressed": "registration"},
        {"id": "another"},
    ],
)
def test_other_wishes_wait_for_the_scheduler_or_come_too_late(world, change):
    world.put(RUN, table=STATE)
    world.put(replace(SALE, **change).row())
    assert handle(changed(wanted())) == done(1, 0)
    assert world.bodies(GENERATION) == []


def test_before_the_first_run_nobody_is_late(world):
    world.put(SALE.row())
    assert handle(changed(wanted())) == done(1, 0)


def test_a_sale_that_nobody_can_read_keeps_nobody_from_another(opened):
    bad = {**SALE.row(), "SK": "sale#s2", "id": "s2", "saleStartDateTime": "soon"}
    opened.put(bad)
    assert handle(changed(wanted(sale="s2"), 1), changed(wanted(), 2)) == done(2, 1)


BROKEN = [
    {},
    {"eventName": "INSERT"},
    {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "7", "ApproximateCreationDateTime": 1}},
    {**changed(EVENT.row(), 7), "dynamodb": None},
    changed({"PK": "fan:1", "SK": "x"}, 7),
    changed({**wanted(), "fanId": None}, 7),
    changed({"PK": b"\x00", "SK": b"\xff", "type": "notification", "status": {"id": "CREATED"}, "x": {1, 2}}, 7),
    {"eventName": "INSERT", "dynamodb": {"ApproximateCreationDateTime": 1, "NewImage": {"type": {"X": "event"}}}},
    {"eventName": "INSERT", "dynamodb": {"ApproximateCreationDateTime": 1, "NewImage": {"type": "event"}}},
    {"eventName": "INSERT", "dynamodb": {"ApproximateCreationDateTime": 1e300, "NewImage": EVENT.row()}},
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_record_that_is_none_is_skipped_and_the_others_are_not(world, broken):
    assert handle(changed(notification(), 1), broken, changed(notification("f2"), 9)) == done(3, 2)
    assert [it["pk"] for it in world.bodies(OUTBOX)] == ["fan:f1", "fan:f2"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_a_row_holds_the_others_of_its_batch_are_queued(world, data):
    names = st.sampled_from(["PK", "SK", "type", "status", "date", "notBefore", "rev", "fanId", "eventId", "id"])
    value = st.none() | st.text(max_size=5) | st.integers() | st.binary(max_size=3) | st.just({"id": "RETRY"})
    row = data.draw(st.sampled_from([notification(), wanted(), EVENT.row()]))
    hostile = {**row, **data.draw(st.dictionaries(names, value, min_size=1, max_size=4))}
    handle(changed(hostile, 1), changed(notification("good"), 2))
    assert "fan:good" in {it["pk"] for it in world.bodies(OUTBOX)}


def test_logs_and_metrics_tell_no_number(opened, caplog, capsys):
    bad = changed({**wanted(), "fanId": None}, 3)
    with listening(caplog, "demand_stream_to_sqs") as told:
        handle(changed(notification(), 1), changed(wanted(), 2), bad, changed(EVENT.row(), 4))
        text = told(capsys)
    assert '"sequence_number": "3"' in text
    assert "RouterSkipped" in text
    assert PHONE[1:] not in text


def test_messages_tell_no_number(opened):
    handle(changed(notification(), 1), changed(wanted(), 2))
    bodies = [it["body"] for queue in (OUTBOX, GENERATION) for it in opened.messages(queue)]
    assert len(bodies) == 2
    assert not [it for it in bodies if PHONE[2:] in it]

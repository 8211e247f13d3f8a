"""What goes wrong while statuses are written down: a process that dies, others that write the same row, tables and buckets out of reach."""

import json
from contextlib import contextmanager

import pytest
from notifications_world import notifications_world
from status_records import (
    ADDRESS,
    PHONE,
    after,
    by_kinesis,
    demand,
    emptied,
    notification,
    number,
    refusing,
    reply,
    status,
)

from domain.notifications.instants import iso
from domain.notifications.keys import Key, opt_out
from domain.notifications.statuses import moved
from handlers.notifications import sms_status_consumer as stage
from handlers.notifications.noting.desk import ROUNDS

ROW = notification()
KEY = Key(ROW["PK"], ROW["SK"])
OTHER = notification("fan-2")
OPTED_OUT = {"code": 403, "detail": f"recipient {PHONE} has opted out"}
BATCH = [
    status(ROW, "queued", 1),
    b"{",
    status(OTHER, "failed", 2, error=OPTED_OUT),
    reply("STOP", 3, "+12125550199"),
    status(ROW, "delivered", 4),
    status(notification("fan-3"), "sent", 5),
]


@pytest.fixture(scope="module")
def kept():
    with notifications_world(stage) as world:
        yield world


@pytest.fixture
def world(kept):
    world = emptied(kept)
    begin(world)
    return world


def begin(world):
    emptied(world).put(ROW, OTHER, demand(), demand("fan-2"))


def consume(*documents):
    return stage.handler(by_kinesis(*documents), None)


def standing(world):
    rows = world.rows(), world.rows(table="NotificationState")
    return rows, world.objects("parked/")


@pytest.mark.parametrize("side", ["dying_before", "dying_after"])
def test_a_death_at_any_call_is_made_good_by_the_next_delivery(world, side):
    before = len(world.calls.made)
    consume(*BATCH)
    whole, calls = standing(world), len(world.calls.made) - before
    assert calls == 8  # one reading, two rows, a demand twice, two ways out, what is parked
    for call in range(1, calls + 1):
        begin(world)
        with getattr(world.calls, side)(call):
            consume(*BATCH)
        consume(*BATCH)
        assert standing(world) == whole


@pytest.mark.parametrize("call", [1, 2, 3])
def test_who_writes_the_row_meanwhile_is_not_written_over(world, call):
    """The sender, whose word comes late, right before the reading, before its demand is told, and right before the write."""
    triggered = {**moved(ROW, "TRIGGERED", after(0), lease=None, appId="a"), "rev": 2}
    with world.calls.before(call, lambda: world.put(triggered)):
        assert consume(status(ROW, "queued", 1))["noted"] == 1
    row = world.row(KEY)
    assert row["status"]["id"] == "QUEUED"
    assert (row["date"]["triggered"], row["appId"], row["rev"]) == (iso(after(0)), "a", 3)


@pytest.mark.parametrize("first", range(4))
@pytest.mark.parametrize("call", [1, 2, 3])
def test_two_consumers_at_once_end_as_one_does(world, first, call):
    told = [status(ROW, word, n) for n, word in enumerate(("queued", "sent", "failed", "delivered"), 1)]
    consume(*told)
    whole = world.row(KEY)
    begin(world)
    with world.calls.before(call, lambda: consume(*told[:first], *told[first + 1 :])):
        consume(*told[first:])
    assert {**world.row(KEY), "rev": 0} == {**whole, "rev": 0}


@contextmanager
def somebody_else_first(world, times):
    """At each of so many writes."""
    done = 0

    def write():
        nonlocal done
        done += 1
        world.put({**world.row(KEY), "rev": 10 + done})
        if done < times:
            world.calls._before = (
                len(world.calls.made) + 3,
                write,
            )  # the next reading, its demand, then the next write

    with world.calls.before(3, write):
        yield


def test_a_row_that_others_write_is_read_again(world):
    with somebody_else_first(world, ROUNDS - 1):
        assert consume(status(ROW, "queued"))["noted"] == 1


def test_a_row_that_others_never_cease_to_write_is_told_of_again(world):
    with somebody_else_first(world, ROUNDS):
        answer = consume(b"{", status(ROW, "queued"))
    assert answer["batchItemFailures"] == [{"itemIdentifier": number(1)}]
    assert world.row(KEY)["status"]["id"] == "SENDING"


def test_a_row_that_is_deleted_meanwhile_does_not_come_back(world):
    with world.calls.before(3, lambda: world.forget(KEY)):
        assert consume(status(ROW, "queued"))["parked"] == 1
    assert world.row(KEY) is None


@pytest.mark.parametrize(
    ("operation", "about", "first"),
    [("BatchGetItem", "", 0), ("UpdateItem", "fan-2", 2), ("PutItem", "OPTOUT", 2), ("PutObject", "", 1)],
)
def test_it_comes_again_from_the_first_record_on_that_was_not_taken_in(world, operation, about, first):
    with refusing(operation, about):
        answer = consume(*BATCH)
    assert answer["batchItemFailures"] == [{"itemIdentifier": number(first)}]
    assert consume(*BATCH)["batchItemFailures"] == []
    assert world.row(KEY)["status"]["id"] == "DELIVERED"
    assert {it["fanId"] for it in world.rows("notification")} == {"fan-1", "fan-2"}


def test_a_demand_out_of_reach_is_told_of_by_the_next_delivery(world):
    with refusing("UpdateItem", "demand#"):
        assert consume(*BATCH)["left"] == 2  # both of the row, which would ask for it no more
    assert world.row(KEY) == ROW
    consume(*BATCH)
    assert [row["date"].get("notified") for row in world.rows("demand")] == [iso(after(4)), None]


def test_the_right_to_park_is_not_there_and_nothing_is_lost(world):
    with refusing("PutObject", code="AccessDenied"):
        assert consume(BATCH[1])["batchItemFailures"] == [{"itemIdentifier": number(0)}]


def test_a_bug_is_none_of_the_failures_we_expect(world):
    with refusing("UpdateItem", code="ValidationException"), pytest.raises(Exception, match="ValidationException"):
        consume(BATCH[0])


@pytest.mark.parametrize("refused", ["", "BatchGetItem", "UpdateItem", "PutItem", "PutObject"])
def test_no_line_and_no_metric_names_a_person(world, monkeypatch, capsys, caplog, refused):
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED")
    stage.logger.setLevel("INFO")
    hostile = status(ROW, "sent") | {"timestamp": ADDRESS}
    with refusing(refused):
        consume(*BATCH, hostile, reply("STOP", 3, ADDRESS), {**reply("hello from me"), "from": PHONE})
    stage.logger.setLevel("CRITICAL")
    told = capsys.readouterr().out + caplog.text
    assert "statuses" in told
    for word in (PHONE, ADDRESS, "+12125550199", "Soon!", "hello", "opted out", ROW["messageId"]):
        assert word not in told


def test_how_reminders_end_and_how_soon_are_metrics(world, monkeypatch, capsys):
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED")
    consume(status(ROW, "delivered", 42), status(OTHER, "failed", 5, error={"code": 400, "detail": "Invalid"}), b"{")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    told = {metric["Name"]: line for line in lines for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert {name: told[name][name] for name in told} == {
        "Delivered": [1],
        "Failed": [1],
        "FailedBy": [1],
        "DeliverySeconds": [42],
        "StatusesParked": [1],
        "StatusesLeft": [0],
    }
    assert told["FailedBy"]["Why"] == "4xx"
    consume(status(ROW, "delivered", 42), status(OTHER, "failed", 5, error={"code": 400, "detail": "Invalid"}))
    assert "Delivered" not in capsys.readouterr().out


def test_a_way_out_that_a_provider_tells_is_the_rows_own_number(world):
    consume(BATCH[2])
    assert world.row(opt_out("sms", PHONE), "NotificationState")["out"] is True
    assert world.row(Key(OTHER["PK"], OTHER["SK"]))["errors"][0]["reason"] == "recipient [redacted] has opted out"

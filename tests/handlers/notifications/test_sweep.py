"""What got stuck is sent, or says why it never was."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from notifications_world import OUTBOX, QUEUE_URL, notifications_world, own
from status_records import PHONE, after, emptied, notification, refusing

from domain.errors import Rejected
from domain.notifications.instants import iso
from domain.notifications.keys import Key, sale_row, shard_of
from domain.notifications.statuses import moved
from handlers.notifications import sweep as stage

TEN, TWENTY = after(600), after(1200)  # 09:40 and 09:50; the sale is at 10:00
START = after(1800)


@pytest.fixture(scope="module")
def kept():
    with notifications_world(stage) as world:
        yield world


@pytest.fixture
def world(kept):
    return emptied(kept)


def sweep(at=TEN, page=500, wall=START, **more):
    """In no time, unless `clock` says otherwise."""
    env = stage.live()
    broom = replace(env["broom"], unsettled=replace(env["broom"].unsettled, page=page))
    return stage.sweep({"scheduledTime": iso(at)}, wall, **{**env, "broom": broom, "clock": lambda: 0.0, **more})


def counts(**told):
    return dict.fromkeys(("queued", "settled", "conflicts", "illegible", "unfinished"), 0) | told


def of(row):
    return Key(row["PK"], row["SK"])


@pytest.mark.parametrize("status", ["CREATED", "RETRY"])
def test_what_was_created_and_never_sent_is_queued_again(world, status):
    row = notification(status=status)
    world.put(row)
    assert sweep() == counts(queued=1)
    assert world.bodies(OUTBOX) == [{"time": iso(TEN), "pk": row["PK"], "sk": row["SK"], "rev": 1}]
    assert world.row(of(row)) == row


def test_what_was_just_created_is_on_its_way(world):
    world.put(notification(status="CREATED", at=TEN - timedelta(seconds=170)))
    assert sweep() == counts()


def test_near_the_sale_the_sweep_waits_for_less(world):
    row = notification(status="CREATED", at=TWENTY - timedelta(seconds=70))
    world.put(row)
    assert sweep(TWENTY) == counts(queued=1)


def test_a_retry_whose_time_has_not_come_waits(world):
    world.put(notification(status="RETRY", notBefore=iso(TEN + timedelta(seconds=5))))
    assert sweep() == counts()


def test_a_claim_that_has_run_out_is_unknown_and_failed_when_its_sale_has_started(world):
    row = notification(status="SENDING", lease={"holder": "w", "until": 1})
    world.put(row)
    assert sweep() == counts(settled=1)
    assert world.row(of(row))["status"] == {"id": "UNKNOWN", "date": iso(TEN)}
    assert sweep(TWENTY) == counts()
    assert sweep(START) == counts(settled=1)
    found = world.row(of(row))
    assert found["status"] == {"id": "FAILED", "date": iso(START)}
    assert [it["reason"] for it in found["errors"]] == ["unknown"]
    assert sweep(START + timedelta(minutes=5)) == counts()


def test_what_was_never_sent_expires(world):
    row = notification(status="CREATED")
    world.put(row)
    assert sweep(START - timedelta(seconds=60)) == counts(settled=1)
    found = world.row(of(row))
    assert (found["status"]["id"], found["expiredReason"]) == ("EXPIRED", "sale_started")
    assert world.bodies(OUTBOX) == []


def test_what_waits_for_a_sale_that_has_moved_is_left_to_the_sender(world):
    row = notification(status="CREATED")
    world.put(row, {**sale_row("e1", "s1").attributes(), "saleStartDateTime": iso(after(9000))})
    assert sweep(START) == counts(queued=1)
    assert world.row(of(row)) == row


@pytest.mark.parametrize("status", ["TRIGGERED", "QUEUED", "SENT", "DELIVERED", "FAILED", "EXPIRED"])
def test_what_is_settled_is_not_looked_at(world, status):
    world.put(notification(status=status))
    assert sweep(START) == counts()


def test_all_shards_and_pages_are_swept(world):
    rows = [notification(f"fan-{n}", status="CREATED") for n in range(40)]
    assert len({shard_of(row["PK"]) for row in rows}) == 10
    world.put(*rows)
    assert sweep(page=2) == counts(queued=40)
    assert len({it["pk"] for it in world.bodies(OUTBOX)}) == 40


def test_a_sweep_whose_time_is_over_leaves_the_rest_to_the_next(world):
    world.put(*(notification(f"fan-{n}", status="CREATED") for n in range(40)))
    assert sweep(page=1, work=-1) == counts(queued=10, unfinished=10)
    assert sweep() == counts(queued=40)


def test_a_sweep_that_was_started_late_knows_it_by_the_wall(world):
    row = notification(status="CREATED")
    world.put(row)
    assert sweep(TWENTY, wall=START - timedelta(seconds=61), by_the_wall=True) == counts(queued=1)
    assert [it["time"] for it in world.bodies(OUTBOX)] == [iso(START - timedelta(seconds=61))]
    assert sweep(TWENTY, wall=START, by_the_wall=True) == counts(settled=1)
    assert world.bodies(OUTBOX) == []


def test_the_wall_says_nothing_of_a_virtual_day(world):
    assert stage.live()["by_the_wall"] is False
    world.put(notification(status="CREATED"))
    assert sweep(TWENTY, wall=START, by_the_wall=False) == counts(queued=1)


def test_what_passes_while_it_sweeps_is_counted(world):
    row = notification(status="CREATED")
    world.put(row)
    assert sweep(START - timedelta(seconds=61), clock=count().__next__)["settled"] == 1
    assert world.row(of(row))["status"]["date"] > iso(START - timedelta(seconds=61))


def test_where_the_outbox_is_full_only_what_is_urgent_is_queued_again(world, monkeypatch):
    monkeypatch.setattr(stage, "BACKLOG", 3)
    for _ in range(3):
        own("sqs").send_message(QueueUrl=QUEUE_URL + OUTBOX, MessageBody="{}")
    world.put(notification(status="CREATED"))
    assert sweep(TEN) == counts()
    assert sweep(TWENTY) == counts(queued=1)


def test_a_row_that_somebody_else_moves_meanwhile_is_left_to_the_next_sweep(world):
    row = notification(status="SENDING", lease={"holder": "w", "until": 1})
    world.put(row)
    sent = {**moved(row, "TRIGGERED", TEN, lease=None), "rev": 2}
    with world.calls.before(1 + 10 + 1, lambda: world.put(sent)):  # the outbox, ten shards, the write
        assert sweep() == counts(conflicts=1)
    assert world.row(of(row)) == sent


def test_a_row_without_legible_times_stops_no_others(world):
    world.put(notification(status="CREATED", saleStartDateTime="soon"), notification("fan-2", status="CREATED"))
    assert sweep() == counts(queued=1, illegible=1)


def test_a_shard_out_of_reach_stops_no_others(world):
    rows = [notification(f"fan-{n}", status="CREATED") for n in range(40)]
    world.put(*rows)
    out = f"unsettled#{shard_of(rows[0]['PK'])}"
    there = [row for row in rows if f"unsettled#{shard_of(row['PK'])}" != out]
    with refusing("Query", out):
        assert sweep() == counts(queued=len(there), unfinished=1)


def test_an_outbox_out_of_reach_is_tried_by_the_next_sweep(world):
    world.put(notification(status="CREATED"))
    with refusing("SendMessageBatch"):
        assert sweep() == counts(unfinished=1)
    assert sweep() == counts(queued=1)


def test_a_sweep_that_is_not_told_when_it_was_due_is_rejected(world):
    with pytest.raises(Rejected):
        stage.handler({}, None)


STATES = {"CREATED": {}, "SENDING": {"lease": {"holder": "w", "until": 1}}, "UNKNOWN": {}, "RETRY": {}}


@pytest.mark.parametrize("at", [TEN, START])
@pytest.mark.parametrize("side", ["dying_before", "dying_after"])
def test_a_death_at_any_call_is_made_good_by_the_next_sweep(world, at, side):
    rows = [notification(f"fan-{n}", status=status, **more) for n, (status, more) in enumerate(STATES.items())]
    world.put(*rows)
    before = len(world.calls.made)
    sweep(at)
    whole, calls = world.rows(), len(world.calls.made) - before
    for call in (1, 2, 6, *range(11, calls + 1)):  # the outbox is looked at, ten shards are, then come the writes
        for row in rows:
            world.put(row)
        world.bodies(OUTBOX)
        with getattr(world.calls, side)(call):
            sweep(at)
        sweep(at)
        assert world.rows() == whole
        assert {it["pk"] for it in world.bodies(OUTBOX)} == ({"fan:fan-0", "fan:fan-3"} if at == TEN else set())


def test_two_sweeps_at_once_do_no_harm(world):
    rows = [notification(f"fan-{n}", status=status, **more) for n, (status, more) in enumerate(STATES.items())]
    world.put(*rows)
    with world.calls.before(12, lambda: sweep(START)):
        sweep(START)
    assert {row["fanId"]: row["status"]["id"] for row in world.rows("notification")} == {
        "fan-0": "EXPIRED",
        "fan-1": "UNKNOWN",
        "fan-2": "FAILED",
        "fan-3": "EXPIRED",
    }
    assert {row["rev"] for row in world.rows("notification")} == {2}


def test_no_line_names_a_person(world, capsys, caplog):
    strange = notification("fan-2", status="CREATED", saleStartDateTime="soon")
    world.put(notification(status="CREATED"), strange, notification("fan-3", status="UNKNOWN"))
    stage.logger.setLevel("INFO")
    with refusing("SendMessageBatch"):
        sweep(TEN)
    sweep(START)
    stage.logger.setLevel("CRITICAL")
    told = capsys.readouterr().out + caplog.text
    assert "illegible" in told
    assert "left to the next sweep" in told
    for word in (PHONE, "Soon!", strange["messageId"]):
        assert word not in told


def test_what_was_stuck_and_how_it_ended_are_metrics(world, monkeypatch, capsys):
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED")
    rows = [notification(f"fan-{n}", status=status, **more) for n, (status, more) in enumerate(STATES.items())]
    world.put(*rows)
    sweep(START)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    names = {metric["Name"]: line for line in lines for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert {name: line[name] for name, line in names.items()} == {
        "Unknown": [1],
        "Failed": [1],
        "Expired": [2],
        "Stuck": [4],
        "StuckIn": [1],
    }

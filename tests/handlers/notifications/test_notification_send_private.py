"""No number, address, text or token is in a log line or a metric, whatever happens (C-11); and the sender as it is deployed."""

import json
import time

import pytest
from notifications_world import TOKENS
from sending_world import TEXT, in_status, notification, number_of, sending_world

from handlers.notifications import notification_send as sender

IMPATIENT = {"service": {"timeout": (0.3, 0.3)}}
LOGGED = {"POWERTOOLS_LOG_LEVEL": "DEBUG", "POWERTOOLS_METRICS_DISABLED": "false"}


@pytest.fixture(scope="module")
def running():
    with sending_world(**LOGGED) as world:
        yield world


@pytest.fixture
def world(running):
    return running.renewed()


def every_path(world):
    """All that can become of a text and a mail, and what goes wrong on the way."""
    fates = {name: notification(name, phoneNumber=number_of(name, last)) for name, last in FATES.items()}
    mails = {word: notification(f"m{word[:4]}", "email") for word in WORDS}
    odd = [
        notification("gone"),
        in_status(notification("dead"), "SENDING", lease={"holder": "w", "until": 1}),
        notification("bad", "email", email="nobody at all"),
        notification("late", saleStartDateTime="2026-12-04T17:30:30.000Z"),
    ]
    rows = [*fates.values(), *mails.values(), *odd]
    world.stage(*rows)
    for word, row in mails.items():
        world.ses.refuse(row["email"], word)
    yield rows
    for fault in ("failing", "throttled", "unanswered", "failing_late"):
        row = notification(fault)
        world.stage(row)
        setattr(world.sms.faults, fault, 1)
        yield [row]


FATES = {"good": "0199", "invalid": "0400", "out": "0410", "flaky": "0500"}
WORDS = ("SUCCESS", "MESSAGE_REJECTED", "TRANSIENT_FAILURE", "ACCOUNT_SENDING_PAUSED", "NEW")


def secrets(rows):
    for row in rows:
        yield from (row.get(name) for name in ("phoneNumber", "email", "messageBody") if row.get(name))
    yield from TOKENS.values()
    yield from (TEXT[:20], "@fans.example.com", "a-key-of-tests", "+1213")


def test_no_log_and_no_metric_holds_what_is_personal(world, capsys, caplog):
    told = []
    for rows in every_path(world):
        told += rows
        records = [world.record(row) for row in rows]
        world.invoke(
            *records, {**records[0], "body": json.dumps({"phoneNumber": "+12135550199"}), "messageId": "x"}, **IMPATIENT
        )
        world.invoke(*records, **IMPATIENT)
    with world.aws.calls.before(1, lambda: (_ for _ in ()).throw(RuntimeError)), pytest.raises(RuntimeError):
        world.send(*told)
    said = capsys.readouterr()
    everything = said.out + said.err + caplog.text + "".join(map(repr, (it.__dict__ for it in caplog.records)))
    assert "notification_send" in everything
    assert "CloudWatchMetrics" in everything
    assert [it for it in secrets(told) if it in everything] == []


def test_what_a_crash_might_show_shows_nobodys_number(world):
    row = notification()
    text = sender.live().channels["sms"].prepared(row, world.now)
    assert row["phoneNumber"] not in repr(text)
    assert row["messageBody"] not in repr(text)


def test_counts_are_told_by_what_became_of_each(world, capsys, caplog):
    rows = [notification("good"), notification("bad", phoneNumber=number_of("bad", "0400"))]
    world.stage(*rows)
    world.send(*rows)
    [told] = caplog.records
    assert told.counts == {"triggered": 1, "failed": 1, "call taken": 1, "call refused": 1}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    metrics = {(it.get("Became") or it.get("Answer")): it for it in lines if "_aws" in it}
    assert metrics["triggered"]["Notifications"] == [1.0]
    assert metrics["refused"]["Calls"] == [1.0]


def test_as_deployed_with_its_own_threads_and_clock_each_is_sent_once(world):
    rows = [notification(f"f{number:02}", method) for number in range(20) for method in ("sms", "email")]
    world.stage(*rows)
    world.sms.clock = time.time
    sent = str(round(time.time() * 1000))
    records = [world.record(row) for row in rows]
    for it in records:
        it["attributes"]["SentTimestamp"] = it["messageAttributes"]["queuedAt"]["stringValue"] = sent
    answer = sender.handler({"Records": records}, None)
    assert answer == {"batchItemFailures": []}
    assert [world.status(row) for row in rows] == ["TRIGGERED"] * 40
    assert sorted(it.message_id for it in world.sms.accepted) == sorted(
        row["messageId"] for row in rows if row["contactMethod"] == "sms"
    )
    assert len(world.ses.mails()) == 20
    assert world.sms.peak() <= 100

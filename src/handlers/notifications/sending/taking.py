"""A batch of messages in, the notifications that are to be sent out; all others moved, put off or left as they are."""

from collections.abc import Mapping

from domain.errors import Rejected, Unavailable
from domain.notifications.claiming import Course, course, ended, in_hand, late_fan
from domain.notifications.keys import Key
from domain.notifications.statuses import Row, status_of
from handlers.notifications.sending.batch import Batch, Work

PAUSE = 60.0  # seconds between looks at a kill switch that is thrown
A_MOMENT = 2.0  # seconds, after which who came between us has done what it was about


def take_up(batch: Batch) -> list[Work]:
    """Those whose sale begins first come first. Unavailable: nothing is in our hands yet; what was moved stays so."""
    rows = batch.desk.rows.read(batch.messages)
    waiting: dict[Key, Row] = {}
    for key in batch.messages:
        row = rows.get(key)
        first = in_hand(row, batch.now(key))
        if first is None and row is not None:
            waiting[key] = row
        elif first is not None:
            follow(key, row, first, batch)
    if waiting and batch.desk.kill_switch.stopped():
        for key in waiting:
            batch.put_off(key, PAUSE, "stopped")
        return []
    return _checked(waiting, batch)


def _checked(waiting: Mapping[Key, Row], batch: Batch) -> list[Work]:
    """Only who may be told is; letters are filled in before anything is claimed."""
    facts = batch.desk.checks.of(waiting.values()) if waiting else {}
    works = []
    for key, row in waiting.items():
        it = course(row, facts[key], batch.now(key), batch.desk.rules.attempts)
        if it.do == "send" and (work := _prepared(key, row, batch)):
            works.append(work)
        elif it.do != "send":
            follow(key, row, it, batch)
    return sorted(works, key=lambda work: work.row["saleStartDateTime"])


def _prepared(key: Key, row: Row, batch: Batch) -> Work | None:
    channel = batch.desk.channels[row["contactMethod"]]
    try:
        thing = channel.prepared(row, batch.now(key))
    except Rejected as reason:
        failed = ended(row, "FAILED", str(reason), batch.now(key))
        follow(key, row, Course("move", row=failed), batch)
        return None
    except Unavailable:  # a secret is missing, say, which is no other way's concern
        batch.put_off(key, PAUSE, "held")
        return None
    return Work(batch.messages[key], row, thing, lambda: batch.now(key))


def follow(key: Key, row: Row | None, it: Course, batch: Batch) -> None:
    """Do what a course says, other than to send."""
    if it.do == "leave":
        _leave(key, row, batch)
    elif it.do == "wait":
        assert it.until is not None
        batch.put_off(key, (it.until - batch.now(key)).total_seconds(), "waiting")
    else:
        assert row is not None
        _move(key, row, it, batch)


def _leave(key: Key, row: Row | None, batch: Batch) -> None:
    """Whoever wrote that it was taken may not have come to tell the demand row."""
    if row and "triggered" in row.get("date", ()) and any(it.again for it in batch.messages[key]):
        batch.desk.dates.triggered([row])
    batch.finish(key, "left")


def _move(key: Key, row: Row, it: Course, batch: Batch) -> None:
    assert it.row is not None
    if batch.desk.rows.write(row, it.row) is None:
        batch.put_off(key, A_MOMENT, "overtaken")
        return
    if it.anew:
        batch.desk.generation.send([late_fan(row, batch.now(key))])
    batch.finish(key, status_of(it.row).lower())

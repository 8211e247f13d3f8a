"""A claim, or what became of a call, in; the notification's row as it then is out, whatever others write meanwhile."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from domain.errors import Unavailable
from domain.notifications.claiming import ADDRESS, claimed, is_held_by
from domain.notifications.classifying import Fate
from domain.notifications.keys import Key
from domain.notifications.retrying import after
from domain.notifications.statuses import Row, status_of
from handlers.notifications.sending.batch import Batch, Work

T = TypeVar("T")
ROUNDS = 6  # of writing what somebody else has changed


def claim(work: Work, batch: Batch) -> Row | None:
    """The row in our hands, or None: it is in somebody else's, or done. Unavailable: out of reach."""
    wanted = claimed(work.row, batch.holder, work.now())
    try:
        if (ours := batch.desk.rows.write(work.row, wanted)) is not None:
            return ours
    except Unavailable:
        batch.desk.backoff.wait(1)
    found = _standing(work.row, batch)  # a write that was answered badly may have been made
    return found if found is not None and is_held_by(found, batch.holder) else None


def record(row: Row, fate: Fate, now: Callable[[], datetime], batch: Batch) -> str:
    """Write down what became of a call, and tell who must know; the row's status in lower case.

    Unavailable: it cannot be written; its lease will end, and an event or the sale's start settle it.
    """
    at, desk = now(), batch.desk
    if fate.kind == "opted_out":
        desk.opt_outs.add(row["contactMethod"], _address(row), at, "provider")
    written = _written(row, lambda standing: after(standing, fate, batch.holder, at, desk.rules, desk.chance()), batch)
    if written is None:
        return "forgotten"
    if fate.kind == "taken":
        _tried(lambda: desk.dates.triggered([written]), batch)
    return status_of(written).lower()


def _written(row: Row, change: Callable[[Row], Row], batch: Batch) -> Row | None:
    """None: the row is gone."""
    standing: Row | None = row
    for tried in range(ROUNDS):
        assert standing is not None
        try:
            if (written := batch.desk.rows.write(standing, change(standing))) is not None:
                return written
        except Unavailable:
            batch.desk.backoff.wait(tried)
        standing = _tried(lambda: _standing(row, batch), batch)
        if standing is None:
            return None
    raise Unavailable("a notification kept changing, or is out of reach")


def _tried(call: Callable[[], T], batch: Batch) -> T:
    """A call that is safe to repeat, until it comes through. Unavailable: it never did."""
    for tried in range(ROUNDS - 1):
        try:
            return call()
        except Unavailable:
            batch.desk.backoff.wait(tried)
    return call()


def _standing(row: Row, batch: Batch) -> Row | None:
    key = Key(row["PK"], row["SK"])
    return batch.desk.rows.read([key]).get(key)


def _address(row: Row) -> str:
    return str(row[ADDRESS[row["contactMethod"]]])

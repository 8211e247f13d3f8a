"""A notification's row is written as it was read, or not at all."""

import pytest
from notifications_world import DEMAND, notifications_world, own

from adapters.aws.notification_rows import NotificationRows
from domain.notifications.keys import notification_row

KEY = notification_row("fan-1", "e1", "s1", "sms")
ROW = {**KEY.attributes(), "type": "notification", "status": {"id": "CREATED", "date": "x"}, "lease": {"holder": "a"}}


@pytest.fixture
def world():
    with notifications_world() as world:
        yield world


@pytest.fixture
def rows(world):
    return NotificationRows(own("dynamodb"), DEMAND)


def test_a_row_that_is_not_there_is_not_read(rows):
    assert rows.read([KEY]) == {}


def test_what_changed_is_written_and_what_is_gone_is_gone(world, rows):
    world.put(ROW)
    new = {name: value for name, value in ROW.items() if name != "lease"} | {"sendAttempts": 1}
    written = rows.write(rows.read([KEY])[KEY], new)
    assert written == {**new, "rev": 1} == world.row(KEY)


def test_who_read_an_older_row_writes_nothing(world, rows):
    world.put(ROW)
    read = rows.read([KEY])[KEY]
    assert rows.write(read, {**read, "sendAttempts": 1})
    assert rows.write(read, {**read, "sendAttempts": 7}) is None
    assert world.row(KEY)["sendAttempts"] == 1


def test_a_row_that_was_deleted_does_not_come_back(world, rows):
    world.put({**ROW, "rev": 4})
    read = rows.read([KEY])[KEY]
    world.forget(KEY)
    assert rows.write(read, {**read, "sendAttempts": 1}) is None
    assert world.row(KEY) is None


def test_an_equal_row_is_not_written(world, rows):
    world.put(ROW)
    read = rows.read([KEY])[KEY]
    before = len(world.calls.made)
    assert rows.write(read, dict(read)) == read
    assert len(world.calls.made) == before

"""Wherever a generator dies, and whatever comes twice or at once: each fan gets one notification a way of contact."""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from botocore.exceptions import EndpointConnectionError
from memory_dynamodb import MemoryDynamoDB
from memory_items import Table
from notifications_world import DEMAND, GENERATION, INDEXES, NOT_SERVED, notifications_world
from sale_fans import (
    EVENT,
    OPENED,
    PUBLIC,
    STARTS,
    UNLINKED,
    everybody,
    fan,
    fans_message,
    of_shard,
    records,
    shard_message,
)

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.event_rows import EventRows
from adapters.aws.notification_rows import NotificationRows
from adapters.aws.notification_writes import NotificationWrites
from adapters.aws.sale_demand import SaleDemand
from adapters.aws.short_urls import ShortUrls
from domain.errors import Unavailable
from domain.notifications.instants import iso
from domain.notifications.keys import notification_row, shard_of
from domain.notifications.statuses import moved
from handlers.notifications import notification_generator as generator

LATER = STARTS + timedelta(hours=2)


@pytest.fixture
def world():
    with notifications_world(generator) as world:
        world.put(EVENT.row(), PUBLIC.row())
        yield world


def generate(*bodies, desk=None):
    return generator.notification_generator(records(*bodies), received=time.time(), desk=desk or generator.live())


def small(batch=2, page=2):
    desk = generator.live()
    return replace(desk, batch=batch, demand=replace(desk.demand, page=page))


def forgotten(world):
    """As if nothing had happened yet."""
    world.messages(GENERATION)
    world.put(UNLINKED.row())
    for row in world.rows("notification"):
        world.forget(notification_row(row["fanId"], "Z7r9", "pub", row["contactMethod"]))


@pytest.mark.parametrize("side", ["dying_before", "dying_after"])
def test_a_generator_that_dies_at_any_call_leaves_one_notification_each(world, side):
    names = of_shard(3, 4)
    world.put(*(fan(name, "sms", "email") for name in names))
    first = shard_message(3, at=OPENED + timedelta(seconds=60), mark=iso(OPENED))
    call, died = 0, True
    while died:
        call, died = call + 1, False
        forgotten(world)
        waiting, begun = [first], False
        while waiting:
            message, answer = waiting.pop(0), None
            if begun:
                answer = generate(message, desk=small())
            else:
                with getattr(world.calls, side)(call):
                    answer = generate(message, desk=small())
                begun = died = answer is None
            if answer is None:
                waiting.insert(0, message)  # SQS delivers it again
            waiting += world.bodies(GENERATION)
        made = Counter((row["fanId"], row["contactMethod"]) for row in world.rows("notification"))
        assert made == Counter({(name, method): 1 for name in names for method in ("sms", "email")})
        assert {row["rev"] for row in world.rows("notification")} == {1}
        assert len({row.get("messageBody", "")[-22:] for row in world.rows("notification")}) == 2
    assert call > 8


def test_a_message_that_comes_twice_writes_nothing_twice(world):
    world.put(*(fan(name, "sms", "email") for name in of_shard(3, 3)))
    assert generate(shard_message(3))["counts"]["send"] == 6
    before = world.rows("notification")
    assert generate(shard_message(3, at=OPENED + timedelta(minutes=5)))["counts"] == {"existing": 6, "skipped": {}}
    assert world.rows("notification") == before


def test_a_reminder_that_was_sent_stands_when_its_sale_moves(world):
    world.put(fan("ann"))
    generate(*everybody(world))
    world.put(replace(PUBLIC, starts=LATER).row())
    again = shard_message(shard_of("ann"), at=LATER - timedelta(minutes=30), until=iso(LATER))
    assert generate(again)["counts"] == {"existing": 1, "skipped": {}}


def test_a_reminder_that_was_not_sent_as_its_sale_moved_is_made_anew_and_nobody_writes_into_it_by_mistake(world):
    world.put(fan("ann"))
    generate(*everybody(world))
    desk, key = generator.live(), notification_row("ann", "Z7r9", "pub", "sms")
    rows = NotificationRows(desk.writes.dynamodb, DEMAND)
    created = world.row(key)
    expired = moved(created, "EXPIRED", OPENED, error={"reason": "sale_moved"}, expiredReason="sale_moved")
    expired = rows.write(created, expired)
    world.put(replace(PUBLIC, starts=LATER).row())
    again = shard_message(shard_of("ann"), at=LATER - timedelta(minutes=30), until=iso(LATER))
    assert generate(again, again)["counts"] == {"send": 1, "existing": 1, "skipped": {}}
    row = world.row(key)
    assert (row["status"]["id"], row["saleStartDateTime"], row["rev"]) == ("CREATED", iso(LATER), 3)
    assert row["messageId"] != created["messageId"]
    assert "expiredReason" not in row
    for old in (created, expired):
        assert rows.write(old, {**old, "appId": "somebody"}) is None


def test_a_reminder_that_somebody_else_made_anew_is_left(world):
    world.put(fan("ann"))
    generate(*everybody(world))
    key = notification_row("ann", "Z7r9", "pub", "sms")
    unsent = {**moved(world.row(key), "EXPIRED", OPENED, expiredReason="sale_moved"), "rev": 2}
    world.put(unsent)
    meanwhile = {**unsent, "status": {"id": "SENDING", "date": iso(OPENED)}, "rev": 4}
    with world.calls.before(4, lambda: world.put(meanwhile)):
        assert generate(shard_message(shard_of("ann")))["counts"] == {"existing": 1, "skipped": {}}
    assert world.row(key) == meanwhile


def test_a_table_that_is_out_of_reach_brings_the_message_back(world):
    world.put(*(fan(name) for name in of_shard(3, 70)))
    desk = generator.live()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", NOT_SERVED)
        once = generator.Config(retries={"total_max_attempts": 1})
        nowhere = generator.client("dynamodb", generator.QUICK.merge(once))
    answer = generate(shard_message(3), desk=replace(desk, writes=NotificationWrites(nowhere, DEMAND)))
    assert answer == {"counts": {"skipped": {}}, "batchItemFailures": [{"itemIdentifier": "m0"}]}
    with pytest.raises(Unavailable):
        NotificationWrites(nowhere, DEMAND).create({}, {"PK": "a", "SK": "b"})
    assert generate(shard_message(3))["counts"]["send"] == 70


class Faltering:
    """A table that is out of reach at its first call, and slow at all others."""

    def __init__(self):
        self.begun, self.done = count(1), 0

    def put_item(self, **_):
        if next(self.begun) == 1:
            raise EndpointConnectionError(endpoint_url=NOT_SERVED)
        time.sleep(0.005)
        self.done += 1


def test_every_write_is_over_when_the_message_is_given_back(world):
    world.put(*(fan(name) for name in of_shard(3, 70)))
    table = Faltering()
    answer = generate(shard_message(3), desk=replace(generator.live(), writes=NotificationWrites(table, DEMAND)))
    assert answer["batchItemFailures"]
    assert next(table.begun) == table.done + 2


def test_fifty_generators_at_once_over_windows_that_overlap_and_late_wishes_make_one_each(world):
    names = [name for shard in range(10) for name in of_shard(shard, 6)]
    table = MemoryDynamoDB({DEMAND: Table(INDEXES)})
    for row in (EVENT.row(), PUBLIC.row(), *(fan(name, "sms", "email") for name in names)):
        table.put_item(TableName=DEMAND, Item=encode_item(row))
    late = [f"late{number}" for number in range(20)]
    live = generator.live()
    desk = replace(
        live,
        events=EventRows(table, DEMAND),
        demand=SaleDemand(table, DEMAND, page=4),
        writes=NotificationWrites(table, DEMAND),
        links=ShortUrls(table, DEMAND),
    )

    def one(number):
        told = generate(shard_message(number % 10, until=iso(STARTS + timedelta(minutes=number))), desk=desk)
        name = late[number % 20]
        table.put_item(TableName=DEMAND, Item=encode_item(fan(name)))
        told_late = generate(fans_message(name, *names[number : number + 3]), desk=desk)
        return [told["counts"], told_late["counts"]]

    with ThreadPoolExecutor(50) as pool:
        counts = [it for pair in pool.map(one, range(50)) for it in pair]
    rows = [decode_item(it) for it in table.tables[DEMAND].items.values() if it["type"]["S"] == "notification"]
    assert sum(it.get("send", 0) for it in counts) == len(rows) == 2 * len(names) + len(late)
    assert {row["rev"] for row in rows} == {1}
    assert sum(it.get("existing", 0) for it in counts) > len(rows)


def test_neither_logs_nor_metrics_tell_where_a_fan_is_reached(world, capsys, caplog):
    world.put(fan("ann", "sms", "email"), {**fan("big"), "phoneNumber": "+1212" + "9" * 404_500})
    with caplog.at_level("DEBUG", logger="notification_generator"):
        broken = json.dumps({**shard_message(0), "shard": "+12125550100", "after": "ann@example.com"})
        answer = generate(*everybody(world), fans_message("ann"), broken, "+12125550100 ann@example.com")
    assert answer["counts"]["refused"] == 1
    printed = capsys.readouterr()
    text = printed.out + printed.err + "".join(json.dumps(vars(it), default=str) for it in caplog.records)
    assert "message failed" in text
    assert "NotificationsRefused" in text
    assert "@example.com" not in text
    assert "+1212" not in text
    assert "almost time" not in text

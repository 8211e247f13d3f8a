"""Each fan who waits for a sale gets one notification a way of contact, in the words of their language, and nobody else does."""

import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from moto.backends import get_backend
from notifications_world import GENERATION, notifications_world
from sale_fans import (
    EVENT,
    OPENED,
    PRESALE,
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

from domain.notifications.instants import iso
from domain.notifications.keys import event_row, message_id, notification_row, shard_of
from handlers.notifications import notification_generator as generator

SMS, MAIL = "sms", "email"


@pytest.fixture
def world():
    with notifications_world(generator) as world:
        world.put(EVENT.row(), PUBLIC.row())
        yield world


def generate(*bodies):
    return generator.notification_generator(records(*bodies), received=time.time(), desk=generator.live())


def reminder(world, name, method=SMS, sale="pub"):
    return world.row(notification_row(name, "Z7r9", sale, method))


def test_a_fan_gets_a_row_with_everything_that_sending_needs(world):
    world.put(fan("ann", locale="en-us", market="TM_US"))
    answer = generate(*everybody(world))
    assert answer == {"counts": {"send": 1, "skipped": {}}, "batchItemFailures": []}
    row, key = reminder(world, "ann"), notification_row("ann", "Z7r9", "pub", SMS)
    at = row["status"]["date"]
    assert iso(OPENED) <= at < iso(OPENED + timedelta(minutes=1))
    assert row == {
        **key.attributes(),
        "type": "notification",
        "fanId": "ann",
        "eventId": "Z7r9",
        "saleId": "pub",
        "contactMethod": SMS,
        "phoneNumber": fan("ann")["phoneNumber"],
        "locale": "en-us",
        "marketId": "TM_US",
        "messageBody": "It's almost time! Tickets for Lantern in Los Angeles will be going on sale at 10:00 AM PST. "
        "Get your tickets with Ticketmaster: bit.ly/3xYZ",
        "parts": 1,
        "saleStartDateTime": iso(STARTS),
        "status": {"id": "CREATED", "date": at},
        "date": {"created": at, "updated": at},
        "sendAttempts": 0,
        "errors": [],
        "messageId": message_id(key, iso(STARTS)),
        "groupId": key.sk,
        "rev": 1,
        "unsettledShard": f"unsettled#{shard_of('fan:ann')}",
        "unsettledSince": at,
        "expiresAt": int((STARTS + timedelta(days=90)).timestamp()),
    }


def test_a_mail_has_variables_and_a_text_has_a_body(world):
    world.put(fan("bea", SMS, MAIL))
    assert generate(*everybody(world))["counts"]["send"] == 2
    mail = reminder(world, "bea", MAIL)
    assert mail["email"] == "bea@example.com"
    assert mail["templateVariables"]["artistName"] == "Lantern"
    assert mail["templateVariables"]["url"] == "https://bit.ly/3xYZ"
    assert not {"messageBody", "parts", "phoneNumber"} & mail.keys()
    assert "templateVariables" not in reminder(world, "bea")


def test_each_locale_has_its_own_words_and_a_presale_its_name(world):
    world.put(PRESALE.row())
    world.put(fan("us", sale="pre"), fan("ca", sale="pre", locale="fr-ca"), fan("qc", sale="pre", market="TM_CA"))
    generate(*everybody(world, "pre"))
    rows = {name: reminder(world, name, sale="pre") for name in ("us", "ca", "qc")}
    assert {name: row["locale"] for name, row in rows.items()} == {"us": "en-us", "ca": "fr-ca", "qc": "en-ca"}
    assert "Lantern Verified Fan Presale" in rows["us"]["messageBody"]
    assert rows["us"]["saleName"] == "Lantern Verified Fan Presale"
    assert rows["ca"]["messageBody"] != rows["us"]["messageBody"]


def test_a_fan_without_an_address_has_a_record_that_says_so(world):
    world.put(fan("cyd", SMS, MAIL, phone=None))
    assert generate(*everybody(world))["counts"] == {"send": 1, "no_address": 1, "skipped": {}}
    row = reminder(world, "cyd")
    assert row["status"]["id"] == "FAILED"
    assert [it["reason"] for it in row["errors"]] == ["no_address"]
    assert not {"unsettledShard", "phoneNumber", "messageBody"} & row.keys()


def test_rows_that_others_wrote_badly_stop_nobody_else(world):
    odd = {**fan("odd"), "contactMethod": "pigeon"}
    number = {**fan("num"), "phoneNumber": 2125550100, "locale": {"is": "none"}, "marketId": ["TM_US"]}
    twice = {**fan("two"), "contactMethod": "SMS, sms"}
    huge = {**fan("big"), "phoneNumber": "9" * 404_500}
    world.put(odd, number, twice, huge, fan("ann"))
    counts = {"send": 2, "no_address": 1, "refused": 1, "skipped": {"no_method": 1}}
    assert generate(*everybody(world)) == {"counts": counts, "batchItemFailures": []}
    assert reminder(world, "ann")


def test_a_sale_that_starts_in_less_than_a_minute_is_told_of_to_nobody_and_each_record_says_why(world):
    world.put(fan("ann"), fan("bea", MAIL))
    late = STARTS - timedelta(seconds=59.9)
    assert generate(*everybody(world, at=late))["counts"] == {"late": 2, "skipped": {}}
    row = reminder(world, "ann")
    assert row["status"]["id"] == "EXPIRED"
    assert (row["expiredReason"], row["errors"][0]["reason"]) == ("sale_started", "sale_started")
    assert "expired" in row["date"]
    assert "unsettledShard" not in row


def test_with_more_than_a_minute_left_fans_are_told(world):
    world.put(fan("ann"))
    assert generate(*everybody(world, at=STARTS - timedelta(seconds=90)))["counts"]["send"] == 1


@pytest.mark.parametrize(
    ("event", "sale"),
    [
        (replace(EVENT, suppressed="artist"), PUBLIC),
        (EVENT, replace(PUBLIC, suppressed="registration")),
        (EVENT, replace(PUBLIC, starts=STARTS + timedelta(milliseconds=1))),
    ],
)
def test_a_sale_that_is_suppressed_or_has_moved_behind_its_window_by_now_is_told_of_to_nobody(world, event, sale):
    world.put(event.row(), sale.row(), fan("ann"))
    assert generate(*everybody(world)) == {"counts": {"skipped": {}}, "batchItemFailures": []}
    assert not world.rows("notification")


def test_a_sale_that_moved_within_its_window_is_told_of_at_its_new_time(world):
    world.put(replace(PUBLIC, starts=STARTS - timedelta(minutes=15)).row(), fan("ann"))
    generate(*everybody(world))
    assert "9:45 AM PST" in reminder(world, "ann")["messageBody"]


def test_a_sale_that_nobody_knows_is_left(world):
    world.forget(event_row("Z7r9"))
    assert generate(shard_message(0), shard_message(0, "none"))["batchItemFailures"] == []


def test_single_fans_are_told_without_the_index(world):
    world.put({name: it for name, it in fan("ann").items() if name != "saleDemandShard"}, fan("bea"))
    answer = generate(fans_message("ann", "gone", "ann"))
    assert answer["counts"] == {"send": 1, "skipped": {"forgotten": 1}}
    assert reminder(world, "ann")
    assert not reminder(world, "bea")


def test_of_two_sales_at_one_instant_a_fan_is_told_once(world):
    world.put(PRESALE.row(), fan("ann"), fan("ann", sale="pre"), fan("bea", sale="pre"))
    answer = generate(*everybody(world, "pre"), *everybody(world))
    assert answer["counts"] == {"send": 2, "skipped": {"collapsed": 1}}
    assert reminder(world, "ann")
    assert not reminder(world, "ann", sale="pre")
    assert reminder(world, "bea", sale="pre")


def test_who_was_told_of_one_sale_and_asks_for_another_of_that_instant_is_told_no_more(world):
    world.put(PRESALE.row(), fan("ann", sale="pre"), fan("bea", "email", sale="pre", email=None))
    generate(*everybody(world, "pre"))
    world.put(fan("ann"), fan("bea"))
    assert generate(fans_message("ann", "bea"))["counts"] == {"send": 1, "skipped": {"collapsed": 1}}
    assert not reminder(world, "ann")
    assert reminder(world, "bea")  # nobody could tell her of the other one


@pytest.mark.parametrize(
    "before", [replace(PUBLIC, suppressed="cancelled"), replace(PUBLIC, starts=STARTS - timedelta(seconds=1))]
)
def test_a_fan_is_told_of_the_other_sale_where_the_first_is_none_of_that_instant(world, before):
    world.put(before.row(), PRESALE.row(), fan("ann"), fan("ann", sale="pre"))
    generate(*everybody(world, "pre"))
    assert reminder(world, "ann", sale="pre")


def test_in_quiet_hours_no_text_is_made_but_mails_are(world):
    night = STARTS + timedelta(hours=12)  # ten in the evening there
    world.put(replace(PUBLIC, starts=night).row(), fan("ann", SMS, MAIL))
    at = night - timedelta(minutes=30)
    assert generate(*everybody(world, at=at, until=iso(night)))["counts"] == {"send": 1, "skipped": {"quiet_hours": 1}}
    assert not reminder(world, "ann")
    assert reminder(world, "ann", MAIL)


def test_reminders_wait_for_a_short_link(world):
    world.put(UNLINKED.row(), fan("ann"))
    assert generate(shard_message(shard_of("ann"))) == {"counts": {"skipped": {}}, "batchItemFailures": []}
    assert not world.rows("notification")
    [again] = queued(world)
    assert (again["seconds"], again["body"]["mark"]) == (5, iso(OPENED))
    world.put(EVENT.row())
    generate(again["body"])
    assert reminder(world, "ann")


def queued(world):
    """What was put into the generation queue, delays or not."""
    [found] = [it for it in get_backend("sqs")["123456789012"]["eu-west-1"].queues.values() if it.name == GENERATION]
    return [
        {"body": json.loads(it.body), "seconds": round((it.delayed_until - it.sent_timestamp) / 1000)}
        for it in found._messages
    ]


def test_when_patience_is_over_our_own_link_stands(world):
    world.put(UNLINKED.row(), fan("ann"))
    generate(shard_message(shard_of("ann"), at=OPENED + timedelta(seconds=60), mark=iso(OPENED)))
    assert reminder(world, "ann")["messageBody"].endswith(": go.example.com/e/Z7r9")
    event = world.row(event_row("Z7r9"))
    assert (event["shortUrl"], event["shortUrlBy"]) == ("https://go.example.com/e/Z7r9", "own")


def test_a_link_that_comes_at_the_last_moment_is_the_one_that_is_told(world):
    world.put(UNLINKED.row(), fan("ann"))
    message = shard_message(shard_of("ann"), at=OPENED + timedelta(seconds=60), mark=iso(OPENED))
    with world.calls.before(2, lambda: world.put(EVENT.row())):
        generate(message)
    assert reminder(world, "ann")["messageBody"].endswith(": bit.ly/3xYZ")


def test_a_batch_that_is_full_goes_on_in_another_message(world):
    names = of_shard(3, 7)
    world.put(*(fan(name) for name in names))
    desk = replace(generator.live(), batch=3)
    message, counts = shard_message(3), []
    while message:
        answer = generator.notification_generator(records(message), received=time.time(), desk=pages_of(desk, 2))
        counts.append(answer["counts"].get("send"))
        message = next(iter(world.bodies(GENERATION)), None)
        assert message is None or message["mark"] == iso(OPENED)
    assert counts == [4, 3, None]
    assert {row["fanId"] for row in world.rows("notification")} == set(names)


def pages_of(desk, rows):
    return replace(desk, demand=replace(desk.demand, page=rows))


def test_a_message_that_is_none_is_named_and_the_others_are_worked_on(world):
    world.put(fan("ann"))
    bodies = ["{", {"time": "soon"}, {**shard_message(0), "shard": 10}, {**shard_message(0), "fanIds": ["a"]}]
    answer = generate(*bodies, *everybody(world))
    assert [it["itemIdentifier"] for it in answer["batchItemFailures"]] == ["m0", "m1", "m2", "m3"]
    assert answer["counts"]["send"] == 1

"""What became of each text ends up in its row, forward only; what leads nowhere is kept aside."""

import json
from itertools import permutations

import pytest
from notifications_world import NotificationsWorld, notifications_world
from status_records import (
    PHONE,
    after,
    by_kinesis,
    by_sns,
    demand,
    emptied,
    notification,
    number,
    refusing,
    reply,
    status,
)

from domain.errors import Unavailable
from domain.notifications.instants import iso
from domain.notifications.keys import Key, demand_row, opt_out
from domain.notifications.statuses import moved
from domain.notifications.text_events import context_of
from handlers.notifications import sms_status_consumer as stage

ROW = notification()
KEY = Key(ROW["PK"], ROW["SK"])
INVALID = {"code": 400, "detail": "Invalid phone number"}
LIFE = [
    status(ROW, "queued", 1),
    status(ROW, "sent", 2),
    status(ROW, "failed", 3, error=INVALID),
    status(ROW, "delivered", 4),
]


@pytest.fixture(scope="module")
def kept():
    with notifications_world(stage) as world:
        yield world


@pytest.fixture
def world(kept):
    world = emptied(kept)
    world.put(ROW, demand())
    return world


def consume(*documents):
    return stage.handler(by_kinesis(*documents), None)


def counts(**told):
    names = ("in", "noted", "repeated", "replied", "ignored", "parked", "left")
    return dict.fromkeys(names, 0) | told | {"batchItemFailures": []}


def parked(world: NotificationsWorld):
    return [json.loads(line) for body in world.objects("parked/").values() for line in body.splitlines()]


def test_a_text_is_queued_then_sent_then_delivered(world):
    for word, seconds in (("queued", 1), ("sent", 2), ("delivered", 4)):
        assert consume(status(ROW, word, seconds)) == counts(**{"in": 1, "noted": 1})
        assert world.row(KEY)["status"] == {"id": word.upper(), "date": iso(after(seconds))}
    date = world.row(KEY)["date"]
    assert [date[name] for name in ("queued", "sent", "delivered")] == [iso(after(n)) for n in (1, 2, 4)]


def test_a_failure_is_kept_with_its_reason(world):
    consume(LIFE[2])
    row = world.row(KEY)
    assert row["status"]["id"] == "FAILED"
    assert row["errors"] == [{"statusCode": 400, "reason": "Invalid phone number", "timestamp": iso(after(3))}]


@pytest.mark.parametrize("order", [*permutations(range(4))][::3], ids=lambda order: "".join(map(str, order)))
@pytest.mark.parametrize("cut", [0, 1, 2])
def test_any_order_in_any_batches_with_any_doubles_and_our_own_word_late_ends_the_same(world, order, cut):
    told = [LIFE[place] for place in order]
    for batch in (told[:cut], told[cut:], told[::2]):
        if batch:
            consume(*batch)
    consume(*told, *told)
    row = moved(world.row(KEY), "TRIGGERED", after(0), lease=None)
    assert row["status"] == {"id": "DELIVERED", "date": iso(after(4))}
    times = {name: iso(after(n)) for n, name in enumerate(("triggered", "queued", "sent", "failed", "delivered"))}
    assert row["date"] == {"created": iso(after(0)), **times, "updated": iso(after(4))}
    assert len(row["errors"]) == 1


def test_what_is_told_again_is_not_written_again(world):
    consume(*LIFE)
    rev, before = world.row(KEY)["rev"], len(world.calls.made)
    assert consume(*LIFE) == counts(**{"in": 4, "repeated": 4})
    assert world.row(KEY)["rev"] == rev
    assert world.calls.made[before:] == ["dynamodb.BatchGetItem"]


def test_all_that_a_batch_tells_of_a_notification_is_one_write(world):
    world.put(moved(ROW, "TRIGGERED", after(0), lease=None))
    before = len(world.calls.made)
    consume(*LIFE[:3])
    assert world.calls.made[before:] == ["dynamodb.BatchGetItem", "dynamodb.UpdateItem"]


def test_notifications_are_read_in_groups_of_25(world):
    rows = [notification(f"fan-{n}") for n in range(60)]
    world.put(*rows)
    before = len(world.calls.made)
    assert consume(*(status(row, "queued") for row in rows)) == counts(**{"in": 60, "noted": 60})
    assert world.calls.made[before:].count("dynamodb.BatchGetItem") == 3
    assert {row["status"]["id"] for row in world.rows("notification")} == {"QUEUED"}


def test_the_first_delivery_is_told_to_the_demand(world):
    consume(LIFE[3])
    consume(status(ROW, "delivered", 9))
    assert world.row(demand_row("fan-1", "e1", "s1"))["date"]["notified"] == iso(after(4))


@pytest.mark.parametrize("status_before", ["SENDING", "UNKNOWN"])
@pytest.mark.parametrize("order", [*permutations((0, 1, 3))])
def test_a_text_whose_sender_died_is_known_to_have_been_taken(world, status_before, order):
    world.put(notification(status=status_before))
    for place in order:
        consume(LIFE[place])
    assert world.row(KEY)["date"]["triggered"] == iso(after(1))
    assert "triggered" in world.row(demand_row("fan-1", "e1", "s1"))["date"]


def test_a_text_that_was_refused_was_never_taken(world):
    consume(LIFE[2])
    assert "triggered" not in world.row(KEY)["date"]
    assert "triggered" not in world.row(demand_row("fan-1", "e1", "s1"))["date"]


def test_a_fan_who_was_forgotten_meanwhile_does_not_come_back(world):
    world.forget(demand_row("fan-1", "e1", "s1"))
    assert consume(LIFE[3])["noted"] == 1
    assert world.row(demand_row("fan-1", "e1", "s1")) is None


@pytest.mark.parametrize("status_before", ["UNKNOWN", "RETRY", "SENDING", "FAILED"])
def test_a_delivery_settles_whatever_was_thought_before(world, status_before):
    world.put(moved(ROW, status_before, after(1)))
    consume(LIFE[3])
    row = world.row(KEY)
    assert row["status"]["id"] == "DELIVERED"
    assert not {"unsettledShard", "unsettledSince", "lease"} & set(row)


@pytest.mark.parametrize(
    "change",
    [{"date": None}, {"date": {"updated": 7}}, {"status": "SENDING"}, {"errors": ["no"]}, {"fanId": 7}],
    ids=str,
)
def test_a_row_of_others_that_nothing_can_be_added_to_stops_nobody_elses(world, change):
    strange, well = {**notification("fan-2"), **change}, status(ROW, "queued")
    world.put(strange)
    assert consume(status(notification("fan-2"), "queued"), well) == counts(**{"in": 2, "noted": 1, "parked": 1})
    assert [it["reason"] for it in parked(world)] == ["malformed"]
    assert world.row(Key(strange["PK"], strange["SK"])) == strange


def test_a_message_that_another_has_replaced_does_not_move_it(world):
    old = notification(starts=after(3600))
    assert consume(status(old, "delivered"), LIFE[0]) == counts(**{"in": 2, "noted": 1, "parked": 1})
    assert world.row(KEY)["status"]["id"] == "QUEUED"
    assert [it["reason"] for it in parked(world)] == ["superseded"]


def test_a_status_of_no_notification_is_kept_aside_as_it_came(world):
    stranger = status(notification("fan-2"), "sent")
    assert consume(stranger) == counts(**{"in": 1, "parked": 1})
    [line] = parked(world)
    record = by_kinesis(stranger)["Records"][0]
    assert (line["reason"], line["data"]) == ("unknown", record["kinesis"]["data"])
    assert line["eventId"] == record["eventID"]


HOSTILE = {
    "not_json": b"\xff{",
    "not_an_object": [1],
    "unknown_status": status(ROW, "lost"),
    "no_time": status(ROW, "sent") | {"timestamp": "soon"},
    "no_key": status(ROW, "sent") | {"appMetadata": {"pk": {"S": "x"}}},
    "no_message_id": status(ROW, "sent") | {"messageId": None},
    "no_number": reply("STOP", number="everybody"),
}


def test_records_that_nobody_can_read_are_kept_aside_and_stop_no_others(world):
    told = [it for bad in HOSTILE.values() for it in (bad, LIFE[0])]
    answer = consume(*told)
    assert answer == counts(**{"in": 14, "noted": 7, "parked": 7})
    assert [it["reason"] for it in parked(world)] == [*HOSTILE]
    assert consume(*told)["parked"] == 7
    assert len(world.objects("parked/")) == 1  # the same records have the same name


def test_data_that_are_no_base64_are_kept_aside(world):
    event = by_kinesis(LIFE[0])
    event["Records"][0]["kinesis"]["data"] = "%%%"
    assert stage.handler(event, None)["parked"] == 1


def test_a_stop_is_a_way_out_and_a_start_a_way_back(world):
    for text, out in (("STOP", True), ("start", False), ("Arrêt", True)):
        assert consume(reply(text, len(text) + 5 * (text == "Arrêt"))) == counts(**{"in": 1, "replied": 1})
        assert world.row(opt_out("sms", PHONE), "NotificationState")["out"] is out


def test_a_stop_that_comes_again_takes_no_later_start_back(world):
    consume(reply("STOP", 1), reply("START", 2))
    consume(reply("STOP", 1))
    assert world.row(opt_out("sms", PHONE), "NotificationState")["out"] is False


def test_what_people_say_besides_is_ignored(world):
    assert consume(reply("thanks!")) == counts(**{"in": 1, "ignored": 1})
    assert world.rows(table="NotificationState") == []
    assert parked(world) == []


def test_a_number_that_its_provider_says_has_opted_out_gets_no_more(world):
    consume(status(ROW, "failed", 3, error={"code": 403, "detail": "Recipient has OPTED OUT"}))
    found = world.row(opt_out("sms", PHONE), "NotificationState")
    assert (found["out"], found["source"], found["at"]) == (True, "provider", iso(after(3)))


def test_the_events_of_aws_come_by_sns(world):
    event = {
        "eventType": "TEXT_DELIVERED",
        "eventTimestamp": 1773394205250,
        "context": context_of(KEY, ROW["messageId"]),
    }
    assert stage.handler(by_sns(event, {"eventType": "VOICE_RINGING", "status": "x"}), None)["noted"] == 1
    assert world.row(KEY)["status"] == {"id": "DELIVERED", "date": "2026-03-13T09:30:05.250Z"}


def test_an_event_of_sns_that_could_not_be_written_down_comes_again(world):
    world.put({**ROW, "rev": 1})
    with refusing("BatchGetItem"), pytest.raises(Unavailable):
        stage.handler(by_sns(LIFE[0]), None)


def test_kinesis_delivers_again_from_the_first_record_on_that_was_not_taken_in(world):
    with refusing("UpdateItem"):
        answer = consume(reply("hello"), b"{", LIFE[0], LIFE[1])
    assert answer["batchItemFailures"] == [{"itemIdentifier": number(2)}]
    assert answer["left"] == 2
    assert answer["parked"] == 1

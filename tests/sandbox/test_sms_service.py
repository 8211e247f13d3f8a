"""The stand-in of the SMS service: a key's text once, numbers with a fate, statuses in their order, and the rate it was asked at."""

import boto3
import orjson
import pytest
import requests
from moto import mock_aws

from sandbox.sms_service import SmsServer, peak
from sandbox.text_fates import TextFates
from sandbox.text_statuses import life_of, stop_from, to_stream

NOON = 1_796_385_600.0
MESSAGE = {
    "to": {"phoneNumber": "+12135550199"},
    "text": "soon",
    "groupId": "g",
    "messageId": "m1",
    "appId": "app",
    "appMetadata": {"pk": "fan:f1", "sk": "n#1"},
}


@pytest.fixture
def told():
    return []


@pytest.fixture
def server(told):
    with SmsServer(clock=lambda: NOON, tell=told.extend) as server:
        yield server


def post(server, key="k1", token="sms-test", **changes):
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    body = {"correlationId": "c", "message": {**MESSAGE, **changes}}
    return requests.post(f"{server.endpoint}/messages", json=body, headers=headers, timeout=5)


def to(number):
    return {"to": {"phoneNumber": number}}


def test_a_text_is_accepted_without_a_body(server):
    answer = post(server)
    assert (answer.status_code, answer.content) == (202, b"")
    assert [(it.to, it.message_id, it.parts, it.at) for it in server.accepted] == [("+12135550199", "m1", 1, NOON)]


def test_a_key_comes_once_and_is_for_one_text(server):
    assert [post(server).status_code for _ in range(3)] == [202] * 3
    assert len(server.accepted) == 1
    assert post(server, text="another").status_code == 422
    assert post(server, key="k2").status_code == 202
    assert len(server.accepted) == 2


@pytest.mark.parametrize(
    ("changes", "status", "detail"),
    [
        (to("+12135550400"), 400, "Invalid phone number"),
        (to("0213555"), 400, "Invalid phone number"),
        (to("+12135550410"), 400, "Recipient has opted out"),
        (to(None), 400, "message.to.phoneNumber is missing"),
        ({"text": ""}, 400, "message.text is missing"),
        ({"appMetadata": {}}, 400, "message.appMetadata is missing"),
    ],
)
def test_a_refusal_nests_its_reason_and_is_the_same_again(server, changes, status, detail):
    for _ in range(2):
        answer = post(server, **changes)
        assert answer.status_code == status
        assert answer.json() == {"statusCode": status, "message": "Bad Request", "error": {"detail": detail}}
    assert server.accepted == []


def test_a_flaky_number_fails_once(server):
    assert [post(server, **to("+12135550500")).status_code for _ in range(3)] == [500, 202, 202]
    assert len(server.accepted) == 1


def test_whoever_has_no_token_is_not_let_in(server):
    assert post(server, token="x").status_code == 401
    assert requests.get(f"{server.endpoint}/elsewhere", timeout=5).status_code == 404


def test_its_statuses_come_in_their_order_and_find_their_notification(server, told):
    post(server)
    post(server, key="k2", messageId="m2", **to("+12135550550"))
    assert server.statuses.drain()
    assert [(it["messageId"], it["status"]) for it in told] == [
        ("m1", "queued"),
        ("m1", "sent"),
        ("m1", "delivered"),
        ("m2", "queued"),
        ("m2", "sent"),
        ("m2", "failed"),
    ]
    assert told[0]["appMetadata"] == {"pk": "fan:f1", "sk": "n#1"}
    assert told[0]["timestamp"] == "2026-12-04T12:00:00.200Z"
    assert told[-1]["error"]["detail"] == "Unreachable destination handset"


def test_a_text_that_happened_though_nobody_said_so_is_told_of(server, told):
    server.faults.failing_late = 1
    assert post(server).status_code == 500
    assert len(server.accepted) == 1
    assert server.statuses.drain()
    assert len(told) == 3


def test_other_processes_read_its_book(server):
    post(server)
    [text] = requests.get(f"{server.endpoint}/_texts", timeout=5).json()["texts"]
    assert (text["to"], text["message_id"]) == ("+12135550199", "m1")


def test_shares_are_drawn_by_number_and_seed():
    fates = TextFates(invalid=0.1, opted_out=0.1, flaky=0.1, undelivered=0.1, seed=3)
    drawn = [fates.of(f"+1213{number:07d}") for number in range(1_000, 3_000) if number % 10_000 not in (400, 410)]
    assert drawn == [fates.of(f"+1213{number:07d}") for number in range(1_000, 3_000)]
    for fate in ("invalid", "opted_out", "flaky", "undelivered"):
        assert 140 <= drawn.count(fate) <= 260
    assert TextFates(seed=4).of("+12135551234") == "delivered"
    assert TextFates(named={"+12135550400": "delivered"}).of("+12135550400") == "delivered"


@pytest.mark.parametrize(
    ("asked", "most"),
    [
        ([], 0),
        ([(0.0, 2)], 2),
        ([(0.0, 2), (0.999, 1)], 3),
        ([(0.0, 2), (1.0, 1)], 2),
        ([(2.0, 1), (0.0, 2), (1.5, 4), (0.9, 1)], 5),
    ],
)
def test_the_peak_is_of_any_second(asked, most):
    assert peak(asked) == most


def test_the_peak_counts_parts_also_of_what_was_refused(server):
    post(server, text="x" * 161)
    post(server, key="k2", **to("+12135550400"))
    assert server.peak() == 3


@mock_aws
def test_a_stream_is_fed_in_order_with_what_it_turned_away_sent_again():
    kinesis = boto3.client("kinesis", region_name="eu-west-1")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    turned_away = iter([2])
    put = kinesis.put_records

    class Busy:
        def put_records(self, StreamName, Records):
            place = next(turned_away, None)
            if place is None:
                return put(StreamName=StreamName, Records=Records)
            taken = put(StreamName=StreamName, Records=Records[:place])["Records"]
            return {"Records": [*taken, {"ErrorCode": "ProvisionedThroughputExceededException"}]}

    lives = [it for number in range(400) for it in life_of({**MESSAGE, "messageId": f"m{number}"}, NOON, True)]
    to_stream(Busy(), "s")([*lives, stop_from("+12135550199", NOON)])
    shard = kinesis.list_shards(StreamName="s")["Shards"][0]["ShardId"]
    place = kinesis.get_shard_iterator(StreamName="s", ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    found = [orjson.loads(it["Data"]) for it in kinesis.get_records(ShardIterator=place, Limit=10_000)["Records"]]
    assert found[:-1] == lives
    assert found[-1] == {
        "type": "inbound",
        "from": "+12135550199",
        "text": "STOP",
        "timestamp": "2026-12-04T12:00:00.000Z",
    }

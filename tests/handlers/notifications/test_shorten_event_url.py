"""Every event of a batch gets one short link, for ever; where Bitly makes none in time, our own."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from changed_rows import EVENT, OPENED, emptied
from crashes import Death, die
from notifications_world import QUEUE_URL, SHORT_URLS, notifications_world, own
from told import listening

from domain.notifications.keys import event_row
from handlers.notifications import shorten_event_url as shortener
from sandbox.bitly import BitlyServer
from sandbox.outside import json_reply

OWN = "https://go.example.com/e/Z7r9"
KEY = event_row("Z7r9")
DONE = {"eventId": "Z7r9", "found": True, "updated": True}
CALLS = 5  # of one message: the row, the rate twice, the token, and the write
NOTHING = {"eventId": None, "found": False, "updated": False}


@pytest.fixture
def bitly():
    with BitlyServer() as bitly:
        yield bitly


@pytest.fixture(scope="module")
def whole():
    with notifications_world(shortener, BITLY_RATE="1000") as world:
        yield world


@pytest.fixture
def world(whole, bitly, monkeypatch):
    monkeypatch.setenv("BITLY_URL", bitly.endpoint)
    shortener.live.cache_clear()
    emptied(whole).put(EVENT.row())
    return whole


def message(body="Z7r9", received=1, id="m"):
    text = body if isinstance(body, bytes) else json.dumps({"id": body, "data": {"id": body}})
    return {
        "messageId": id,
        "receiptHandle": f"receipt-{id}",
        "body": text.decode() if isinstance(text, bytes) else text,
        "attributes": {"ApproximateReceiveCount": str(received), "SentTimestamp": "1796126400000"},
    }


def handle(*records, **changes):
    live = shortener.live()
    return shortener.shorten_event_url(records, OPENED, desk=replace(live["desk"], **changes))


def test_an_event_gets_its_link_and_keeps_its_page(world, bitly):
    assert handle(message()) == {**DONE, "events": [DONE], "batchItemFailures": []}
    [link] = bitly.links
    assert bitly.links[link] == EVENT.url
    assert world.row(KEY) == {**EVENT.row(), "shortUrl": link, "shortUrlBy": "bitly"}


def test_a_message_that_comes_again_changes_nothing_and_asks_nobody(world, bitly):
    handle(message())
    again = handle(message())
    assert again["events"] == [{**DONE, "updated": False}]
    assert bitly.calls["/v4/shorten"] == 1


def test_every_message_of_a_batch_is_handled(world, bitly):
    for number in range(9):
        world.put(replace(EVENT, id=f"e{number}", url=f"https://tickets.example.com/{number}").row())
    answer = handle(message("gone"), *(message(f"e{number}") for number in range(9)))
    assert [it["updated"] for it in answer["events"]] == [False, *[True] * 9]
    assert len(bitly.links) == 9
    assert "eventId" not in answer


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"null", b'{"id": 7}', b'{"id": ""}', None, "a" * 257, "\n", {"a": 1}]
)
def test_a_message_that_names_no_event_is_done_with(world, bitly, body):
    assert handle(message(body))["events"] == [NOTHING]
    assert world.calls.made == []


@pytest.mark.parametrize("id", ["gone", "../x", ":x = :y", "#0", "Z7r9#", "event:Z7r9", "'; DROP", "é" * 128])
def test_an_event_that_is_not_there_is_not_found(world, bitly, id):
    assert handle(message(id))["events"] == [{"eventId": id, "found": False, "updated": False}]
    assert bitly.calls == {}


@pytest.mark.parametrize(
    "change", [{"suppressed": "artist"}, {"short_url": "https://bit.ly/x"}, {"url": "javascript:alert(1)"}, {"url": ""}]
)
def test_an_event_that_needs_none_or_has_no_page_is_left_alone(world, bitly, change):
    row = replace(EVENT, **change).row()
    world.put(row)
    assert handle(message())["events"] == [{**DONE, "updated": False}]
    assert world.row(KEY) == row
    assert bitly.calls == {}


@pytest.mark.parametrize("kind", ["failing", "throttled", "unanswered", "broken_off"])
def test_bitly_is_asked_again_later_and_then_it_is(world, bitly, kind):
    setattr(bitly.faults, kind, 1)
    quick = replace(shortener.live()["desk"].bitly, timeout=(1.0, 0.2))
    assert handle(message(), bitly=quick)["batchItemFailures"] == [{"itemIdentifier": "m"}]
    assert "shortUrl" not in world.row(KEY)
    assert handle(message(received=2))["events"] == [DONE]


def test_after_two_more_calls_the_link_is_our_own(world, bitly):
    bitly.faults.failing = 9
    answers = [handle(message(received=number)) for number in (1, 2, 3)]
    assert [len(it["batchItemFailures"]) for it in answers] == [1, 1, 0]
    assert bitly.calls["/v4/shorten"] == 3
    assert world.row(KEY) == {**EVENT.row(), "shortUrl": OWN, "shortUrlBy": "own"}


def test_a_message_that_died_with_its_workers_asks_bitly_no_more(world, bitly):
    handle(message(received=4))
    assert world.row(KEY)["shortUrl"] == OWN
    assert bitly.calls == {}


@pytest.mark.parametrize("refusal", ["unpaid", "no link"])
def test_what_bitly_never_makes_is_our_own_at_once(world, bitly, refusal):
    bitly.unpaid = refusal == "unpaid"
    if refusal == "no link":
        bitly.answer = lambda request: json_reply({"link": "javascript:alert(1)"})
    assert handle(message())["events"] == [DONE]
    assert world.row(KEY)["shortUrl"] == OWN


def test_without_a_token_the_link_is_our_own_in_the_end(world, bitly):
    with world.calls.own():
        held = own("secretsmanager").get_secret_value(SecretId="services")["SecretString"]
        own("secretsmanager").put_secret_value(SecretId="services", SecretString="{}")
    try:
        assert handle(message())["batchItemFailures"]
        assert handle(message(received=3))["events"] == [DONE]
    finally:
        with world.calls.own():
            own("secretsmanager").put_secret_value(SecretId="services", SecretString=held)
    assert bitly.calls == {}


def test_who_shortened_first_is_not_overwritten(world, bitly):
    theirs = {**EVENT.row(), "shortUrl": "https://bit.ly/first"}
    with world.calls.before(CALLS, lambda: world.put(theirs)):
        answer = handle(message())
    assert len(world.calls.made) == CALLS
    assert answer["events"] == [{**DONE, "updated": False}]
    assert world.row(KEY) == theirs


def test_an_event_that_is_forgotten_meanwhile_does_not_come_back(world, bitly):
    with world.calls.before(CALLS, lambda: world.forget(KEY)):
        handle(message())
    assert world.row(KEY) is None


@pytest.mark.parametrize("call", range(1, CALLS + 1))
def test_whenever_it_dies_the_message_that_comes_again_ends_with_one_link(world, bitly, call):
    with suppress(Death), world.calls.before(call, die):
        handle(message())
    handle(message(received=2))
    assert world.row(KEY)["shortUrl"] == next(iter(bitly.links))
    assert len(bitly.links) == 1


def test_dying_after_the_write_loses_nothing(world, bitly):
    with suppress(Death), world.calls.after(CALLS, die):
        handle(message())
    assert handle(message(received=2))["events"] == [{**DONE, "updated": False}]


def test_who_finds_no_place_in_the_shared_rate_is_put_off(world, bitly):
    world.put(replace(EVENT, id="e2").row())
    now = [1.8e9]
    window = replace(
        shortener.live()["desk"].window, clock=lambda: now[0], sleep=lambda seconds: now.append(now.pop() + seconds)
    )
    answer = handle(message(), message("e2", id="m2"), window=window, rate=0.001)
    assert answer["events"] == [DONE]
    assert answer["batchItemFailures"] == [{"itemIdentifier": "m2"}]
    assert bitly.calls["/v4/shorten"] == 1


def test_a_message_that_there_is_no_time_for_is_left_to_the_next_call(world, bitly):
    clock = iter([0.0, 1.0, 41.0, 41.0])
    world.put(replace(EVENT, id="e2").row())
    answer = handle(message(), message("e2", id="m2"), timer=lambda: next(clock))
    assert answer["events"] == [DONE]
    assert answer["batchItemFailures"] == [{"itemIdentifier": "m2"}]


def test_a_message_that_waits_is_hidden_for_as_long_as_bitly_says(world, bitly):
    bitly.faults.throttled, bitly.faults.patience = 1, 20
    with world.calls.own():
        own("sqs").send_message(QueueUrl=QUEUE_URL + SHORT_URLS, MessageBody=json.dumps({"id": "Z7r9"}))
        [got] = own("sqs").receive_message(QueueUrl=QUEUE_URL + SHORT_URLS, VisibilityTimeout=0)["Messages"]
    handle({**message(), "receiptHandle": got["ReceiptHandle"]})
    with world.calls.own():
        assert "Messages" not in own("sqs").receive_message(QueueUrl=QUEUE_URL + SHORT_URLS)


def test_no_log_tells_the_token(world, bitly, caplog, capsys):
    bitly.token = "another"
    with listening(caplog, "shorten_event_url") as told:
        for received in (1, 2, 3):
            handle(message(received=received))
        text = told(capsys)
    assert "given up" in text
    assert "bitly-test" not in text


def test_times_agree():
    assert timedelta(seconds=shortener.WORKING + shortener.PATIENCE + 9) < timedelta(minutes=1)

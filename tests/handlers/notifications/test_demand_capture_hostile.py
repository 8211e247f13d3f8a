"""Fans ask while tables are away, while workers die, and with whatever one can send: nobody is harmed, and nothing is told."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from asking_fans import FAN, LATER, MAIL, PHONE, begin, call, forget, listed, public_sale, remind, wishes
from botocore.exceptions import EndpointConnectionError
from cached_events import EVENT, NOW, cached_events
from crashes import Death, die
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from told import listening

from domain.notifications.instants import iso
from domain.notifications.keys import Key
from handlers.notifications import demand_capture

EXAMPLE = json.loads((Path(__file__).parents[3] / "events/notifications/demand_capture.json").read_text())


@pytest.fixture(scope="module")
def tables():
    with cached_events(demand_capture) as cache:
        yield cache


@pytest.fixture
def cache(tables):
    return begin(tables)


@pytest.fixture
def sale(cache):
    return public_sale(cache)


def test_while_tables_are_away_it_says_try_again_and_no_more(cache, sale):
    def away():
        raise EndpointConnectionError(endpoint_url="https://dynamodb.secret.internal")

    remind(sale)
    for ask in (lambda: remind(sale, now=LATER), lambda: forget(sale), listed):
        with cache.world.calls.before(1, away):
            answer = ask()
        assert (answer["errorType"], answer["errorMessage"]) == ("Internal Server Error", "try again later")


@pytest.mark.parametrize("call", range(1, 6))
def test_whenever_it_dies_asking_again_keeps_one_wish(cache, sale, call):
    with suppress(Death), cache.world.calls.before(call, die):
        remind(sale)
    remind(sale, now=LATER)
    [row] = wishes(cache)
    assert row["date"]["requested"] in (iso(NOW), iso(LATER))


ODD = [
    ":x",
    "#date",
    "SET a = :b",
    "' OR '1'='1",
    "../x",
    "\x00",
    "é" * 500,
    "a" * 5000,
    "demand#e-s",
    "{{7*7}}",
    "fan:victim",
]
HOSTILE = st.one_of(
    st.text(max_size=20),
    st.sampled_from(ODD),
    st.integers(),
    st.none(),
    st.lists(st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
)


def often(*good):
    return st.one_of(*map(st.just, good), HOSTILE)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_sent_nobody_crashes_and_no_row_of_others_is_touched(cache, sale, data):
    theirs = {"PK": "fan:victim", "SK": "demand#e-s", "type": "demand", "fanId": "victim"}
    cache.world.put(theirs)
    told = {
        "eventId": data.draw(often(EVENT, EVENT)),
        "saleId": data.draw(often(sale, sale)),
        "contactMethods": data.draw(often(["sms"], ["email"], None)),
        "phoneNumber": data.draw(often(PHONE, PHONE)),
        "email": data.draw(often(MAIL)),
        "locale": data.draw(often(None, "fr-ca")),
        "limit": data.draw(often(5)),
        "nextToken": data.draw(often(None)),
    }
    field = data.draw(st.sampled_from(["remindMe", "remindMe", "forgetMe", "myReminders"]))
    fan, market = data.draw(often(FAN, FAN).filter(lambda it: it != "victim")), data.draw(often("TM_US", None))
    answer = call(field, {**told, "input": told}, fan=fan, market=market)
    assert answer.get("errorType") != "Internal Server Error"
    assert cache.world.row(Key("fan:victim", "demand#e-s")) == theirs


def test_the_example_is_answered(cache):
    assert demand_capture.handler(EXAMPLE, None)["data"]["status"] == "FAILED"  # nobody knows its event here


def test_no_log_and_no_answer_tells_an_address(cache, sale, caplog, capsys):
    answers = []
    with listening(caplog, "demand_capture") as told:
        answers += [
            remind(sale, contactMethods=["sms", "email"], email=MAIL),
            remind(sale, phoneNumber="(212) 555-01234", contactMethods=["sms"]),
            remind(sale, email="fan@@example.com", contactMethods=["email"]),
            remind("gone"),
            forget(sale),
            listed(),
        ]
        text = told(capsys)
    assert "wish forgotten" in text
    for secret in (PHONE[1:], "555-0123", MAIL, "fan@@"):
        assert secret not in text + json.dumps(answers)

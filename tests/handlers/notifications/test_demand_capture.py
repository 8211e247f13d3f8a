"""Fans ask for reminders, take that back, and see what they asked: each for themselves alone."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError
from cached_events import EVENT, NOW, ONSALE, cached_events
from crashes import Death, die
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notifications_world import STATE, own
from told import listening

from adapters.aws.opt_out_list import OptOutList
from domain.notifications.instants import iso
from domain.notifications.keys import Key, demand_row, sale_demand_of
from handlers.notifications import demand_capture

EXAMPLE = json.loads((Path(__file__).parents[3] / "events/notifications/demand_capture.json").read_text())
FAN, PHONE, MAIL = "fan-1", "+12125550123", "fan@example.com"
LATER = NOW + timedelta(minutes=5)


DESK = {}  # what the function has, of the test that runs


@pytest.fixture(scope="module")
def tables():
    with cached_events(demand_capture) as cache:
        yield cache


@pytest.fixture
def cache(tables):
    """With one event whose sales are known by their ids."""
    tables.anew().add()
    tables.details.get(EVENT, now=NOW)
    tables.calls()
    DESK["desk"] = replace(demand_capture.live()["desk"], events=tables.details)  # by the cache's own clock
    return tables


@pytest.fixture
def sale(cache):
    return next(it["id"] for it in cache.world.rows("sale") if "PUBLIC" in it["saleTypes"])


def call(field, arguments, *, fan=FAN, now=NOW, market=None, identity=None):
    claims = {"sub": fan} if fan is not None else {}
    about = {"identity": identity or {"claims": claims}, "request": {"headers": {"tm-market-id": market}}}
    return demand_capture.demand_capture({"field": field, "now": iso(now), "arguments": arguments, **about}, **DESK)


def remind(sale, event=EVENT, **more):
    how = {name: more.pop(name) for name in ("fan", "now", "market", "identity") if name in more}
    return call("remindMe", {"input": {"eventId": event, "saleId": sale, "phoneNumber": PHONE, **more}}, **how)


def forget(sale, event=EVENT, **how):
    return call("forgetMe", {"input": {"eventId": event, "saleId": sale}}, **how)


def listed(limit=None, token=None, **how):
    return call("myReminders", {"limit": limit, "nextToken": token}, **how)


def saved(sale, status="SAVED"):
    return {"data": {"status": status, "eventId": EVENT, "saleId": sale}}


def failed(answer):
    return answer["data"]["status"], answer["data"]["errorCode"], answer["errorType"]


def wishes(cache):
    return cache.world.rows("demand")


def test_a_wish_is_kept_for_who_asks(cache, sale):
    assert remind(sale, contactMethods=["email", "sms"], email=MAIL, locale="fr_CA", market="TM_CA") == saved(sale)
    [row] = wishes(cache)
    assert row == {
        **demand_row(FAN, EVENT, sale).attributes(),
        "type": "demand",
        "fanId": FAN,
        "eventId": EVENT,
        "saleId": sale,
        "eventName": "Beyoncé Live",
        "saleName": row["saleName"],
        "artistId": row["artistId"],
        "artistName": "Beyoncé",
        "contactMethod": "sms,email",
        "phoneNumber": PHONE,
        "email": MAIL,
        "locale": "fr-ca",
        "marketId": "TM_CA",
        "demandType": "remind",
        "date": {"requested": iso(NOW)},
        "saleDemandShard": sale_demand_of(FAN, EVENT, sale),
    }


def test_a_second_wish_changes_how_and_keeps_when(cache, sale):
    remind(sale, contactMethods=["sms", "email"], email=MAIL, locale="fr-ca")
    key = demand_row(FAN, EVENT, sale)
    told = {"requested": iso(NOW), "triggered": iso(NOW)}
    cache.world.put({**cache.world.row(key), "date": told, "theirs": 7})
    assert remind(sale, phoneNumber="+1 416 967 1111", now=LATER) == saved(sale)
    row = cache.world.row(key)
    assert row["date"] == {**told, "updated": iso(LATER)}
    assert (row["contactMethod"], row["phoneNumber"], row["theirs"]) == ("sms", "+14169671111", 7)
    assert not {"email", "locale"} & set(row)


def test_a_row_of_another_system_that_says_no_time_is_written_anew(cache, sale):
    cache.world.put({**demand_row(FAN, EVENT, sale).attributes(), "type": "demand"})
    assert remind(sale) == saved(sale)
    assert wishes(cache)[0]["date"] == {"requested": iso(NOW)}


def test_a_wish_that_others_take_back_meanwhile_is_put_again(cache, sale):
    remind(sale)
    made = len(cache.world.calls.made)
    remind(sale, now=LATER)
    calls = len(cache.world.calls.made) - made
    with cache.world.calls.before(calls, lambda: cache.world.forget(demand_row(FAN, EVENT, sale))):
        assert remind(sale, now=LATER) == saved(sale)
    assert wishes(cache)[0]["date"] == {"requested": iso(LATER)}


def test_whose_wish_it_is_says_no_argument(cache, sale):
    remind(sale, fanId="other", fan_id="other", PK="fan:other")
    assert [it["PK"] for it in wishes(cache)] == [f"fan:{FAN}"]


@pytest.mark.parametrize("field", ["remindMe", "forgetMe", "myReminders"])
@pytest.mark.parametrize("identity", [{"claims": {}}, {"sub": FAN}, {"claims": {"sub": ""}}, {"accountId": "1"}])
def test_who_is_not_signed_in_is_refused(cache, sale, field, identity):
    answer = call(field, {"input": {"eventId": EVENT, "saleId": sale, "phoneNumber": PHONE}}, identity=identity)
    assert answer["errorType"] == "Unauthorized"
    assert field == "myReminders" or failed(answer) == ("FAILED", 401, "Unauthorized")
    assert wishes(cache) == []


def test_what_there_is_not_is_not_found(cache, sale):
    assert failed(remind(sale, event="gone")) == ("FAILED", 404, "Not Found")
    assert failed(remind("gone")) == ("FAILED", 404, "Not Found")


def test_a_sale_that_has_begun_is_too_late(cache, sale):
    cache.vendor.documents.clear()
    assert failed(remind(sale, now=ONSALE)) == ("FAILED", 400, "Bad Request")
    assert wishes(cache) == []


@pytest.mark.parametrize("number", ["555", "", None, "+1 900 555 0123"])
def test_a_number_that_nobody_can_text_is_refused(cache, sale, number):
    answer = remind(sale, phoneNumber=number)
    assert failed(answer) == ("FAILED", 400, "Bad Request")
    assert answer["errorMessage"].startswith("phoneNumber: ")
    assert cache.calls() == []


def test_a_number_is_read_as_in_the_callers_market(cache, sale):
    remind(sale, phoneNumber="604 555 0199", market="TM_CA")
    assert wishes(cache)[0]["phoneNumber"] == "+16045550199"


def test_who_has_stopped_reminders_is_told_to_start_them(cache, sale):
    opt_outs = OptOutList(own("dynamodb"), STATE)
    with cache.world.calls.own():
        opt_outs.add("sms", PHONE, NOW, "STOP")
    answer = remind(sale)
    assert failed(answer) == ("FAILED", 400, "Opted Out")
    assert "START" in answer["errorMessage"]
    assert wishes(cache) == []
    assert remind(sale, contactMethods=["email"], email=MAIL) == saved(sale)
    with cache.world.calls.own():
        opt_outs.remove("sms", PHONE, LATER, "START")
    assert remind(sale) == saved(sale)


def test_a_wish_is_taken_back_by_its_owner_alone(cache, sale):
    remind(sale)
    assert forget(sale, fan="fan-2") == saved(sale, "DELETED")
    assert len(wishes(cache)) == 1
    assert forget(sale) == forget(sale) == saved(sale, "DELETED")
    assert wishes(cache) == []


def test_fans_see_their_own_wishes_page_by_page(cache, sale):
    for number in range(5):
        row = {**demand_row(FAN, EVENT, f"s{number}").attributes(), "type": "demand", "fanId": FAN, "eventId": EVENT}
        cache.world.put({**row, "saleId": f"s{number}", "date": {"requested": iso(NOW)}, "phoneNumber": PHONE})
    cache.world.put({"PK": f"fan:{FAN}", "SK": "notification#e-s#sms", "type": "notification", "fanId": FAN})
    remind(sale, fan="fan-2")
    seen, token = [], None
    while True:
        answer = listed(2, token)
        page, token = answer["data"]["items"], answer["data"]["nextToken"]
        seen += [it["saleId"] for it in page]
        assert len(page) <= 2
        assert PHONE not in json.dumps(answer)
        if token is None:
            break
    assert seen == ["s0", "s1", "s2", "s3", "s4"]


def test_a_token_of_one_fan_shows_another_nothing_but_their_own(cache, sale):
    for fan in (FAN, "fan-2"):
        for number in range(3):
            told = {"fanId": fan, "eventId": EVENT, "saleId": f"{fan}-{number}"}
            cache.world.put({**demand_row(fan, EVENT, told["saleId"]).attributes(), "type": "demand", **told})
    token = listed(1)["data"]["nextToken"]
    assert {it["saleId"][:5] for it in listed(9, token, fan="fan-2")["data"]["items"]} == {"fan-2"}


@pytest.mark.parametrize(
    ("limit", "token"), [(0, None), (101, None), ("x", None), (1, "x"), (1, "bm90aWZpY2F0aW9uI2U=")]
)
def test_a_page_that_there_is_not_is_a_bad_request(cache, limit, token):
    assert listed(limit, token)["errorType"] == "Bad Request"
    assert cache.calls() == []


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

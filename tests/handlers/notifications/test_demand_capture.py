"""Fans ask for reminders, take that back, and see what they asked: each for themselves alone."""

import json

import pytest
from asking_fans import FAN, LATER, MAIL, PHONE, begin, call, failed, forget, listed, public_sale, remind, saved, wishes
from cached_events import EVENT, NOW, ONSALE, cached_events
from notifications_world import STATE, own

from adapters.aws.opt_out_list import OptOutList
from domain.notifications.instants import iso
from domain.notifications.keys import demand_row, sale_demand_of
from handlers.notifications import demand_capture


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

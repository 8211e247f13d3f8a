"""What fans ask of reminders, and what is refused: nothing that was sent is ever repeated."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from changed_rows import EVENT, OPENED, SALE
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.notifications.capture import Refused, asked, fan_of, market_of, open_sale, opted_out, sale_of

INPUT = {"eventId": "Z7r9", "saleId": "s1", "phoneNumber": "(212) 555-0123", "email": "fan@example.com"}


def e164(number, region):
    if number == "bad":
        raise Rejected("no phone number")
    return f"{region}:{number}"


def ask(**changes):
    return asked({**INPUT, **changes}, "TM_CA", e164)


def refused(call, *arguments):
    with pytest.raises(Refused) as caught:
        call(*arguments)
    return caught.value.kind, str(caught.value)


def test_who_names_no_way_of_contact_is_reminded_by_sms():
    found = ask()
    assert (found.methods, found.phone, found.email) == (("sms",), "CA:(212) 555-0123", None)
    assert ask(contactMethods=[]).methods == ask(contactMethods=None).methods == ("sms",)


def test_only_the_address_of_a_way_that_was_named_is_kept():
    found = ask(contactMethods=["email"])
    assert (found.phone, found.email) == (None, "fan@example.com")
    assert found.addresses == [("email", "fan@example.com")]


def test_ways_are_kept_once_and_sms_first():
    assert ask(contactMethods=["email", "sms", "email"]).methods == ("sms", "email")


def test_a_locale_is_kept_in_one_form():
    assert (ask(locale="fr_CA").locale, ask(locale="").locale, ask().locale) == ("fr-ca", None, None)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"eventId": None}, "eventId"),
        ({"eventId": ""}, "eventId"),
        ({"eventId": "a" * 65}, "eventId"),
        ({"eventId": "../x"}, "eventId"),
        ({"eventId": "e#s"}, "eventId"),
        ({"eventId": ["Z7r9"]}, "eventId"),
        ({"saleId": None}, "saleId"),
        ({"saleId": " "}, "saleId"),
        ({"saleId": "a" * 129}, "saleId"),
        ({"saleId": "s\x00"}, "saleId"),
        ({"saleId": "\ud800"}, "saleId"),
        ({"contactMethods": ["fax"]}, "contactMethods"),
        ({"contactMethods": "sms"}, "contactMethods"),
        ({"contactMethods": [["sms"]]}, "contactMethods"),
        ({"contactMethods": {"sms": 1}}, "contactMethods"),
        ({"locale": "klingon"}, "locale"),
        ({"locale": 7}, "locale"),
        ({"phoneNumber": None}, "phoneNumber"),
        ({"phoneNumber": ""}, "phoneNumber"),
        ({"phoneNumber": "1" * 41}, "phoneNumber"),
        ({"phoneNumber": 2125550123}, "phoneNumber"),
        ({"phoneNumber": "bad"}, "phoneNumber"),
        ({"contactMethods": ["email"], "email": None}, "email"),
        ({"contactMethods": ["email", "sms"], "email": ""}, "email"),
    ],
)
def test_what_is_missing_or_wrong_is_named(changes, name):
    kind, text = refused(lambda: ask(**changes))
    assert kind == "Bad Request"
    assert text.startswith(f"{name}: ")


@pytest.mark.parametrize("told", [None, [], "x", 7])
def test_an_input_that_is_none_is_refused(told):
    assert refused(sale_of, told)[0] == "Bad Request"


@pytest.mark.parametrize(
    "address", ["a@b.co", "first.last+tag@sub.example.com", " padded@example.com ", "o'neil@example.ie"]
)
def test_an_address_that_can_be_written_to_is_taken(address):
    assert ask(contactMethods=["email"], email=address).email == address.strip()


@pytest.mark.parametrize(
    "address",
    [
        "a@b",
        "@example.com",
        "a@",
        "a b@example.com",
        "a@example..com",
        "a..b@example.com",
        ".a@example.com",
        "a.@example.com",
        "a@-example.com",
        "a@example.com\r\nBcc: b@example.com",
        "a@b@example.com",
        "é@example.com",
        "Fan <a@example.com>",
        "a@example.com,b@example.com",
        "a" * 65 + "@example.com",
        "a@" + "b." * 130 + "com",
        7,
    ],
)
def test_an_address_that_cannot_is_refused_and_not_repeated(address):
    kind, text = refused(lambda: ask(contactMethods=["email"], email=address))
    assert (kind, text) == ("Bad Request", "email: reminders by email need an address")


@given(
    st.dictionaries(
        st.sampled_from([*INPUT, "contactMethods", "locale"]), st.text(max_size=9) | st.lists(st.integers())
    )
)
def test_whatever_is_sent_is_taken_or_refused(changes):
    with suppress(Refused):
        assert ask(**changes).methods == ("sms",)


def test_whose_wish_it_is_says_the_token_alone():
    assert fan_of({"claims": {"sub": "f1", "fan": "f2"}, "sub": "f3"}, "fan") == "f2"


@pytest.mark.parametrize(
    "identity",
    [None, {}, [], {"claims": None}, {"claims": {}}, {"sub": "f1"}]
    + [{"claims": {"sub": it}} for it in ("", " ", None, 7, ["f1"], "f\n", "a" * 257, "é" * 129, "\udcff")],
)
def test_a_token_that_names_nobody_is_refused(identity):
    assert refused(fan_of, identity, "sub")[0] == "Unauthorized"


def test_the_market_is_the_headers_else_the_united_states():
    assert market_of({"headers": {"tm-market-id": "LN_CA"}}) == "LN_CA"
    assert {market_of(it) for it in (None, {}, {"headers": None}, {"headers": {"tm-market-id": None}})} == {"TM_US"}


@pytest.mark.parametrize("market", ["TM_XX", "tm_us", 7, ["TM_US"], "TM_US\n"])
def test_a_market_that_there_is_not_is_refused(market):
    kind, text = refused(market_of, {"headers": {"tm-market-id": market}})
    assert kind == "Bad Request"
    assert "TM_CA" in text


def test_a_sale_is_open_until_it_begins():
    assert open_sale(EVENT, [SALE], "s1", SALE.starts - timedelta(milliseconds=1)) == SALE
    assert refused(open_sale, EVENT, [SALE], "s1", SALE.starts) == ("Bad Request", "the sale has begun")


def test_there_are_no_reminders_of_other_sales():
    assert refused(open_sale, EVENT, [SALE], "s2", OPENED)[0] == "Not Found"
    suppressed = replace(SALE, suppressed="registration")
    assert refused(open_sale, EVENT, [suppressed], "s1", OPENED)[0] == "Bad Request"
    assert refused(open_sale, replace(EVENT, suppressed="artist"), [SALE], "s1", OPENED)[0] == "Bad Request"


def test_a_wish_tells_whose_it_is_of_what_and_how_to_reach_them():
    row = ask(contactMethods=["sms", "email"], locale="fr-CA").wish("f1", EVENT, SALE, OPENED).row()
    assert {name: row[name] for name in row if name not in ("PK", "SK", "saleDemandShard", "type", "demandType")} == {
        "fanId": "f1",
        "eventId": "Z7r9",
        "saleId": "s1",
        "eventName": "Lantern",
        "saleName": "Lantern Presale",
        "artistName": "Lantern",
        "contactMethod": "sms,email",
        "phoneNumber": "CA:(212) 555-0123",
        "email": "fan@example.com",
        "locale": "fr-ca",
        "marketId": "TM_CA",
        "date": {"requested": "2026-12-04T17:30:00.000Z"},
    }


def test_who_has_stopped_reminders_learns_how_to_get_them_again():
    told = str(opted_out([("email", "fan@example.com"), ("sms", "+12125550123")]))
    assert told == (
        "you have stopped reminders. To get them again, by sms: text START to the number they came from; "
        "by email: use the link at the end of one"
    )

"""What fans see of their own wishes, and how they page through them."""

from base64 import urlsafe_b64encode

import pytest
from changed_rows import wanted
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.notifications.own_wishes import after, limit_of, shown, token_of

SHOWN = {
    "eventId": "Z7r9",
    "saleId": "s1",
    "eventName": None,
    "saleName": None,
    "artistName": None,
    "locale": None,
    "contactMethods": ["sms"],
    "requested": "2026-12-04T17:30:00.000Z",
    "triggered": None,
    "notified": None,
}


def test_a_wish_is_shown_without_its_addresses():
    assert shown([wanted()]) == [SHOWN]


def test_names_and_times_are_shown_where_they_are_told():
    row = {**wanted(), "eventName": "Lantern", "contactMethod": "email,sms", "locale": "fr-ca"}
    row["date"] = {"requested": "2026-12-04T09:30:00-08:00", "notified": "2026-12-04T17:31:00Z"}
    assert shown([row]) == [
        {
            **SHOWN,
            "eventName": "Lantern",
            "locale": "fr-ca",
            "contactMethods": ["sms", "email"],
            "notified": "2026-12-04T17:31:00.000Z",
        }
    ]


@pytest.mark.parametrize("change", [{"eventId": None}, {"saleId": 7}, {"fanId": b"x"}])
def test_a_row_that_tells_of_no_sale_is_left_out(change):
    assert shown([{**wanted(), **change}]) == []


@pytest.mark.parametrize(
    "date", [None, [], {"requested": "soon"}, {"requested": 7}, {"requested": "0001-01-01T00:00:00+14:00"}]
)
def test_times_that_nobody_can_read_are_not_shown(date):
    [told] = shown([{**wanted(), "date": date, "eventName": ["x"]}])
    assert (told["requested"], told["eventName"]) == (None, None)


def test_a_page_has_as_many_as_are_asked_for():
    assert (limit_of(None), limit_of(1), limit_of(100)) == (50, 1, 100)


@pytest.mark.parametrize("told", [0, -1, 101, "5", 5.0, True, []])
def test_a_page_of_another_size_is_rejected(told):
    with pytest.raises(Rejected, match="limit"):
        limit_of(told)


@given(st.text(max_size=100).filter(str.isprintable))
def test_the_next_page_goes_on_after_the_last_wish(sale):
    assert after(token_of(f"demand#e-{sale}")) == f"demand#e-{sale}"


def test_the_last_page_has_no_token_and_the_first_needs_none():
    assert token_of(None) is after(None) is None


@pytest.mark.parametrize(
    "token",
    ["", "x", "?", 7, [], "é", "a" * 5000]
    + [
        urlsafe_b64encode(it).decode()
        for it in (b"notification#e-s#sms", b"demand", b"demand#" + b"a" * 1100, b"\xff" * 9)
    ],
)
def test_a_token_that_was_made_of_no_wish_is_rejected(token):
    with pytest.raises(Rejected, match="nextToken"):
        after(token)

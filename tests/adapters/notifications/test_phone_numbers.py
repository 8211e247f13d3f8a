"""Phone numbers as people type them, and those that no text is sent to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.files.phone_numbers import e164
from domain.errors import Rejected


@pytest.mark.parametrize(
    ("told", "region", "number"),
    [
        ("(212) 555-0123", "US", "+12125550123"),
        ("1-212-555-0123", "US", "+12125550123"),
        ("+1 212.555.0123", "CA", "+12125550123"),
        ("604 555 0199", "CA", "+16045550199"),
        ("+44 7911 123456", "US", "+447911123456"),
        ("011 44 7911 123456", "US", "+447911123456"),
        ("２１２５５５０１２３", "US", "+12125550123"),
    ],
)
def test_a_number_is_kept_in_its_international_form(told, region, number):
    assert e164(told, region) == number


@pytest.mark.parametrize(
    "told",
    [
        "",
        "x",
        "911",
        "555-0123",
        "+1",
        "+999 123456789",
        "212 555 0123 ext. 7",
        "tel:",
        "+1 800 555 0199",
        "+1 900 555 0123",
        "0" * 40,
    ],
)
def test_a_number_that_nobody_should_text_is_rejected_and_not_repeated(told):
    with pytest.raises(Rejected) as caught:
        e164(told, "US")
    assert not told or told not in str(caught.value)
    assert caught.value.__cause__ is None


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_number_or_none(told):
    try:
        number = e164(told, "US")
    except Rejected:
        return
    assert number.startswith("+")
    assert number[1:].isdigit()

"""What an outside service asks for when it is busy."""

import pytest

from adapters.http.outside import MOST, patience


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("12", 12),
        ("1.5", 1.5),
        ("0", 1),
        ("-5", 1),
        ("nan", 1),
        ("", 30),
        ("Fri, 13 Feb 2026 10:00:00 GMT", 30),
        ("²", 30),
        ("inf", MOST),
        ("9" * 400, MOST),
    ],
)
def test_whatever_a_service_asks_for_a_message_can_be_put_off_for_it(said, seconds):
    assert patience(said) == seconds

"""The language a mail is written in."""

import pytest

from domain.solicitation.mail import nearest_locale

THERE = {"en", "en-US", "en-GB", "de", "fr", "ja", "zh-Hant"}


@pytest.mark.parametrize(
    ("wished", "spoken"),
    [
        ("en-US", "en-US"),
        ("en-gb", "en-GB"),
        ("en_GB", "en-GB"),
        ("en-IN", "en"),
        ("de-AT", "de"),
        ("fr-Latn-CH", "fr"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh", "en"),
        ("pt-BR", "en"),
        ("d", "en"),
        ("", "en"),
    ],
)
def test_a_locale_is_spoken_exactly_or_by_its_language_or_in_english(wished, spoken):
    assert nearest_locale(wished, THERE) == spoken

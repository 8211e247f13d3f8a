import pytest

from domain.notifications.locales import locale_of, tag


@pytest.mark.parametrize(
    ("demand", "market", "event", "locale"),
    [
        ("fr-ca", "TM_CA", "en-us", "fr-ca"),  # the fan's own comes first
        ("en-ca", "TM_US", "en-us", "en-ca"),
        (None, "TM_CA", "en-us", "en-ca"),  # events say en-us in every country
        (None, "LN_CA", None, "en-ca"),
        (None, "TM_US", "fr-ca", "en-us"),
        (None, "LN_US", "fr-ca", "en-us"),
        (None, None, "fr-ca", "fr-ca"),
        (None, "TM_MX", "en-ca", "en-ca"),
        (None, None, None, "en-us"),
        ("fr_CA", None, None, "fr-ca"),
        (" FR-ca ", None, None, "fr-ca"),
        ("FR", "TM_US", "en-us", "fr-ca"),
        ("fr-FR", None, None, "fr-ca"),
        ("en", "TM_CA", "en-us", "en-ca"),  # English as it is spoken there
        ("en-GB", "TM_CA", None, "en-ca"),
        ("en", None, None, "en-us"),
        ("es-mx", "TM_CA", "en-us", "en-ca"),  # a language we do not write
        ("es", None, "de-de", "en-us"),
        ("", "", "", "en-us"),
        ("fr-ca-quebec", None, None, "en-us"),
        ("🎸", "TM", "\n", "en-us"),
        (["fr"], {"a": 1}, 7, "en-us"),
    ],
)
def test_a_reminder_is_in_the_locale_of_demand_then_market_then_event_then_en_us(demand, market, event, locale):
    assert locale_of(demand, market, event) == locale


def test_a_locale_that_is_not_written_yet_is_not_promised():
    assert locale_of("fr-ca", "TM_CA", None, known=("en-us",)) == "en-us"


@pytest.mark.parametrize(
    ("text", "kept"), [("EN_us", "en-us"), ("fr", "fr"), ("french", None), ("e", None), (None, None), ("en-us-x", None)]
)
def test_a_locale_has_one_form(text, kept):
    assert tag(text) == kept

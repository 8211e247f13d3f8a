"""The file of budget, brands and prices, and what brand a market is told by."""

import re
from decimal import Decimal

import pytest

from domain.errors import Rejected
from domain.notifications.brands import brand_of
from domain.notifications.messages import MessageRules, Price

DOCUMENT = {
    "budgetParts": 2,
    "brands": {"TM_": "Ticketmaster", "LN_": "Live Nation"},
    "pricePerPart": {"US": {"amount": "0.01", "currency": "USD"}, "CA": {"amount": 0.015, "currency": "CAD"}},
}


def test_a_locale_has_the_price_of_its_country():
    rules = MessageRules.of(DOCUMENT)
    assert (rules.budget, rules.price("en-us")) == (2, Price(Decimal("0.01"), "USD"))
    assert rules.price("fr-ca") == rules.price("en-ca") == Price(Decimal("0.015"), "CAD")
    assert rules.price("en-gb") is None


@pytest.mark.parametrize(
    ("market", "brand"),
    [
        ("TM_US", "Ticketmaster"),
        ("TM_CA", "Ticketmaster"),
        ("LN_US", "Live Nation"),
        ("ln_us", "Live Nation"),
        ("XX_US", "Ticketmaster"),
        ("", "Ticketmaster"),
        (None, "Ticketmaster"),
    ],
)
def test_a_market_begins_with_its_brand(market, brand):
    assert brand_of(market) == brand


def test_the_longest_beginning_names_the_brand():
    assert brand_of("TM_CA", {"TM_": "Ticketmaster", "TM_CA": "Ticketmaster Canada"}) == "Ticketmaster Canada"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"budget": 2}, "budget is no key"),
        ({"budgetParts": 0}, "budgetParts must be a whole number from 1 to 10, not 0"),
        ({"budgetParts": 11}, "not 11"),
        ({"budgetParts": True}, "not True"),
        ({"budgetParts": "2"}, "not '2'"),
        ({"brands": None}, "brands must name"),
        ({"brands": {}}, "brands must name"),
        ({"brands": {"TM_": ""}}, "brands must name"),
        ({"brands": {"TM_": 7}}, "brands must name"),
        ({"pricePerPart": []}, "pricePerPart must be a mapping"),
        ({"pricePerPart": {False: {}}}, "pricePerPart must be a mapping"),  # NO, unquoted, is false in YAML
        ({"pricePerPart": {"US": "0.01"}}, "pricePerPart.US must have an amount and a currency"),
        ({"pricePerPart": {"US": {"amount": 1}}}, "pricePerPart.US must have"),
        ({"pricePerPart": {"US": {"amount": "dear", "currency": "USD"}}}, "amount must be a number, not 'dear'"),
        ({"pricePerPart": {"US": {"amount": -1, "currency": "USD"}}}, "from 0 on, not -1"),
        ({"pricePerPart": {"US": {"amount": "NaN", "currency": "USD"}}}, "from 0 on, not 'NaN'"),
        ({"pricePerPart": {"US": {"amount": 1, "currency": "usd"}}}, "three capital letters, not 'usd'"),
        ({"pricePerPart": {"US": {"amount": 1, "currency": 840}}}, "three capital letters, not 840"),
    ],
)
def test_what_is_wrong_with_the_file_is_told_by_its_key(change, said):
    with pytest.raises(Rejected, match=re.escape(said)):
        MessageRules.of({**DOCUMENT, **change})


@pytest.mark.parametrize("key", DOCUMENT)
def test_no_key_may_be_missing(key):
    with pytest.raises(Rejected, match=key):
        MessageRules.of({name: value for name, value in DOCUMENT.items() if name != key})

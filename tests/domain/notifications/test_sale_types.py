import pytest
from vendor_events import RULES

from domain.errors import Rejected
from domain.notifications.sale_types import SaleTypes

TYPES = RULES.sale_types.types


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("Presale", ("GENERAL",)),
        ("", ("GENERAL",)),
        ("Spotify Pre-Sale", ("GENERAL",)),
        ("Verified Fan Presale", ("VF",)),
        ("Ticketmaster Verified Fans® Onsale", ("VF",)),
        ("American Express® Early Access", ("AMEX", "CC")),
        ("AMEX Presale", ("AMEX", "CC")),
        ("AMEX®Presale", ("AMEX", "CC")),
        ("Citi® Cardmember Presale", ("CITI", "CC")),
        ("CITI presale", ("CITI", "CC")),
        ("City Presale", ("GENERAL",)),
        ("Citi Field Season Holders", ("GENERAL",)),
        ("Chase Cardholder Presale", ("CHASE", "CC")),
        ("Chase Center Presale", ("GENERAL",)),
        ("Chase Center: Chase Presale", ("CHASE", "CC")),
        ("Purchase Early", ("GENERAL",)),
        ("Capital One® Cardholder Presale", ("CAPITALONE", "CC")),
        ("Capital One Arena Presale", ("GENERAL",)),
        ("Verizon Up Presale", ("VERIZON",)),
        ("Mastercard Preferred Tickets", ("CC",)),
        ("Visa Presale", ("CC",)),
        ("Advisable Seats", ("GENERAL",)),
        ("Official Platinum Onsale", ("PLAT",)),
        ("VIP Packages", ("VIP",)),
        ("Live Nation™ Presale", ("LN",)),
        ("Live Nation / Ticketmaster VIP Presale", ("LN", "VIP")),
        ("Verified Fan + Official Platinum", ("VF", "PLAT")),
        ("Verified Fan – Mastercard® Presale", ("VF", "CC")),
        ("Artist Presale", ("ARTIST_PRESALE",)),
        ("Fan-Club Presale", ("ARTIST_PRESALE",)),
        ("Wait-List Presale", ("SIGNUP",)),
        ("Signup Presale", ("SIGNUP",)),
        ("Mailing List Subscribers", ("SIGNUP",)),
        ("Resale Marketplace", ("RESALE",)),
        ("Registration", ("SUPPRESS",)),
        ("Verified Fan Pre-Registration", ("SUPPRESS", "VF")),
        ("PREREGISTRATIONS", ("SUPPRESS",)),
        ("Régistration", ("SUPPRESS",)),
        ("Pre Register now", ("SUPPRESS",)),
        ("VÏP", ("VIP",)),
    ],
)
def test_a_name_says_what_a_sale_is_for(name, types):
    assert TYPES(name) == types


def test_what_is_implied_and_not_in_the_table_comes_last():
    table = SaleTypes.of({"types": [{"type": "AMEX", "keywords": ["amex"], "implies": ["VIP", "CC"]}]})
    assert table.types("Amex") == ("AMEX", "CC", "VIP")


def test_letters_that_a_pattern_would_read_otherwise_are_letters():
    table = SaleTypes.of({"types": [{"type": "VIP", "keywords": ["v.i.p. (gold)"]}]})
    assert table.types("V.I.P. (Gold) seats") == ("VIP",)
    assert table.types("vxixpx gold") == ("GENERAL",)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "the file: must be a mapping"),
        ({}, "types: must be a list"),
        ({"types": [], "kinds": []}, "the file: has an unknown key 'kinds'; there are types"),
        ({"types": ["VF"]}, r"types\[0\]: must be a mapping"),
        ({"types": [{"keywords": ["a"]}]}, r"types\[0\].type\[0\]: must be a text"),
        ({"types": [{"type": "VFF", "keywords": ["a"]}]}, r"types\[0\].type: 'VFF' is none of AMEX, "),
        ({"types": [{"type": "VF"}]}, r"types\[0\].keywords: must be a list"),
        ({"types": [{"type": "VF", "keywords": []}]}, r"types\[0\].keywords: has none"),
        ({"types": [{"type": "VF", "keywords": [7]}]}, r"types\[0\].keywords\[0\]: must be a text; put it in quotes"),
        ({"types": [{"type": "VF", "keywords": ["a", "a"]}]}, r"keywords\[1\]: 'a' is there twice"),
        ({"types": [{"type": "VF", "keywords": ["®"]}]}, r"types\[0\].keywords: '®' has no letter"),
        ({"types": [{"type": "VF", "keywords": ["a"], "except": ["*"]}]}, r"types\[0\].except: '\*' has no letter"),
        ({"types": [{"type": "VF", "keywords": ["a"], "implies": ["C"]}]}, r"types\[0\].implies: 'C' is none of"),
        ({"types": [{"type": "VF", "keywords": ["a"]}] * 2}, "types: VF is there twice"),
    ],
)
def test_a_table_that_is_wrong_is_rejected_with_its_key(document, reason):
    with pytest.raises(Rejected, match=reason):
        SaleTypes.of(document)

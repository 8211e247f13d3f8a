"""What a sample costs, and what is said of it."""

from decimal import Decimal

from domain.notifications.linting import broken, dear_words, linted
from domain.notifications.messages import Price
from domain.notifications.rendering import Rendered
from domain.notifications.sms_parts import GSM_7, UCS_2

CENT = Price(Decimal("0.01"), "USD")


def text(sms="It's time", names="", dropped=(), price=CENT):
    return linted("en-us", "public", Rendered(sms, 1, GSM_7, {}, dropped), names, price)


def test_the_price_is_that_of_all_parts():
    dear = text("a" * 161)
    assert (dear.one, dear.all) == (Decimal("0.02"), Decimal("1000.00"))
    assert (text(price=None).one, text(price=None).all) == (None, None)


def test_characters_are_told_that_were_replaced_or_that_make_it_dear():
    assert text(names="Rosalía’s").notes == ("replaced: U+00ED U+2019",)
    strange = text("字", names="Rosalía 字", dropped=("sale", "city"))
    assert strange.measure.encoding == UCS_2
    assert strange.notes == ("not in GSM-7: U+5B57", "no room for: sale, city")
    assert text(names="абвгдеж").notes[0].endswith("U+0435 1 more")
    assert text(names="Beyoncé").notes == ()


def test_a_text_above_the_budget_is_told():
    assert [*broken([text("a" * 160), text("a" * 161)], 1)] == ["en-us.json: sms: public takes 2 parts, and may take 1"]


def test_our_own_words_are_told_that_phones_do_not_have():
    assert [*dear_words("fr-ca.json", {"soon": "bientôt", "at": "à {time}"})] == [
        "fr-ca.json: soon: not in GSM-7: U+00F4 LATIN SMALL LETTER O WITH CIRCUMFLEX"
    ]

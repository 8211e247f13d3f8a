"""Names that others typed, as they may stand in a line of ours."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.solicitation.names import characters, isolated, shortened, tidy

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
ANY_NAME = st.text(st.characters(exclude_categories=[]), max_size=120)  # halves of characters among them


@pytest.mark.parametrize(
    ("typed", "tidied"),
    [
        ("Kettle", "Kettle"),
        ("  Kettle \t 1.7 l ", "Kettle 1.7 l"),
        ("Ana\r\nBcc: everyone@example.com", "Ana Bcc: everyone@example.com"),
        ("a\x00b\x1bc\x7fd\x85e\u2028f\u2029g", "a b c d e f g"),
        ("\u202egpj.exe", "gpj.exe"),  # an override would turn the rest of our line around
        ("open \u2067\u2066 for ever", "open for ever"),
        ("half \ud83d a smile", "half \N{REPLACEMENT CHARACTER} a smile"),
        ("Cafe\u0301", "Café"),
        (FAMILY, FAMILY),
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian is written with this
        ("{{subject}}", "{{subject}}"),
        ("", None),
        (None, None),
        (" \r\n\t ", None),
        ("\u200b\u200d\u2060", None),
    ],
)
def test_a_name_is_one_line_of_text_or_none(typed, tidied):
    assert tidy(typed) == tidied


@given(ANY_NAME)
def test_no_name_can_end_a_line_or_fail_to_be_sent(typed):
    name = tidy(typed)
    if name is not None:
        name.encode()
        assert not [each for each in name if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp")]
        assert name == name.strip() != ""
        assert tidy(name) == name


@pytest.mark.parametrize(
    ("name", "most", "short"),
    [
        ("Kettle", 6, "Kettle"),
        ("Kettles", 6, "Kettl…"),
        ("Big kettle", 5, "Big…"),  # no blank before the ellipsis
        ("e\u0301" * 6, 6, "e\u0301" * 6),
        ("e\u0301" * 7, 6, "e\u0301" * 5 + "…"),
        (f"a{FAMILY}b", 3, f"a{FAMILY}b"),
        (f"a{FAMILY}bc", 3, f"a{FAMILY}…"),
        (f"{SCOTLAND}bc", 2, f"{SCOTLAND}…"),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7\U0001f1ef\U0001f1f5", 2, "\U0001f1e9\U0001f1ea…"),
        ("\U0001f44d\U0001f3fd\U0001f44e\U0001f3fd\U0001f44d", 2, "\U0001f44d\U0001f3fd…"),
        ("क्षत्रिय", 3, "क्षत्रिय"),
        ("กำกำกำ", 2, "กำ…"),
    ],
)
def test_a_long_name_ends_between_two_characters_as_a_reader_sees_them(name, most, short):
    assert shortened(name, most) == short


def test_a_letter_with_a_thousand_accents_does_not_pass_for_one():
    assert len(shortened("a" + "\u0301" * 1_000 + "bcd", 60)) <= 60 * 4 + 1
    assert len(shortened(("a" + "\u0301" * 50) * 20, 60)) <= 60 * 4 + 1


@given(ANY_NAME, st.integers(2, 40))
def test_a_shortened_name_is_the_name_or_the_start_of_it_and_an_ellipsis(name, most):
    short = shortened(name, most)
    assert short == name or (short.endswith("…") and name.startswith(short[:-1]))
    assert len(list(characters(short))) <= most


@given(ANY_NAME)
def test_characters_are_the_text_cut_in_pieces(name):
    pieces = list(characters(name))
    assert "".join(pieces) == name
    assert all(pieces)


@pytest.mark.parametrize("name", ["Kettle", "Théière", "有機抹茶", "Ω 3", FAMILY])
def test_a_name_that_runs_as_our_line_does_is_left_as_it_is(name):
    assert isolated(name) == name


@pytest.mark.parametrize("name", ["كتاب", "ספר 2", "book (كتاب)"])
def test_a_name_that_runs_the_other_way_is_kept_to_itself(name):
    assert isolated(name) == f"\u2068{name}\u2069"

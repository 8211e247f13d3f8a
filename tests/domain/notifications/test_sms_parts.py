"""How texts travel as SMS: counted as phones and providers count."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.notifications.sms_parts import ALPHABET, GSM_7, UCS_2, encoding_of, measured, named, outside, room

PRESALE = (  # seed 003, scenario 1
    "It's almost time! Tickets for Taylor Swift Verified Fan Presale in Los Angeles will be going on sale at 10:00 AM PST."
    " Get your tickets with Ticketmaster: bit.ly/3xYZ"
)
PUBLIC = (  # scenario 2, to its end
    "It's almost time! Tickets for Beyoncé in Los Angeles will be going on sale at 10:00 AM PST."
    " Get your tickets with Ticketmaster: bit.ly/3xYZ"
)
# The tables of 3GPP TS 23.038, 6.2.1, as code points, written down a second time.
TABLE = [
    *(0x40, 0xA3, 0x24, 0xA5, 0xE8, 0xE9, 0xF9, 0xEC, 0xF2, 0xC7, 0x0A, 0xD8, 0xF8, 0x0D, 0xC5, 0xE5),
    *(0x394, 0x5F, 0x3A6, 0x393, 0x39B, 0x3A9, 0x3A0, 0x3A8, 0x3A3, 0x398, 0x39E, 0xC6, 0xE6, 0xDF, 0xC9),
    *(0x20, 0x21, 0x22, 0x23, 0xA4, *range(0x25, 0x40), 0xA1, *range(0x41, 0x5B), 0xC4, 0xD6, 0xD1, 0xDC, 0xA7),
    *(0xBF, *range(0x61, 0x7B), 0xE4, 0xF6, 0xF1, 0xFC, 0xE0),
]
SECOND_TABLE = [0x0C, 0x5E, 0x7B, 0x7D, 0x5C, 0x5B, 0x7E, 0x5D, 0x7C, 0x20AC]
LETTERS = st.sampled_from("aé{€ü~^'’ê\N{GUITAR}字 ")


def bits(text):
    """Another way to count: the bits that each part carries, filled character by character into parts of 140 octets."""
    gsm = all(ord(character) in TABLE + SECOND_TABLE for character in text)
    sizes = [
        (14 if ord(character) in SECOND_TABLE else 7) if gsm else 8 * len(character.encode("utf-16-le"))
        for character in text
    ]
    if sum(sizes) <= 140 * 8:
        return 1
    header, parts = 6 * 8 + (1 if gsm else 0), [[]]  # GSM-7 begins on a septet's border
    for size in sizes:
        if header + sum(parts[-1]) + size > 140 * 8:
            parts.append([])
        parts[-1].append(size)
    return len(parts)


def test_the_alphabet_is_that_of_the_standard():
    assert len(TABLE) == 127  # and the escape
    assert {ord(character) for character in ALPHABET} == {*TABLE, *SECOND_TABLE}


def test_the_presale_of_the_seed_is_165_characters_and_two_parts():
    assert (len(PRESALE), measured(PRESALE).parts, measured(PRESALE).encoding) == (165, 2, GSM_7)


def test_with_one_typographic_apostrophe_it_would_be_three_parts():
    dear = measured(PRESALE.replace("'", "’"))
    assert (dear.encoding, dear.units, dear.parts) == (UCS_2, 165, 3)


def test_beyonces_accent_costs_nothing():
    assert (measured(PUBLIC).units, measured(PUBLIC).parts, measured(PUBLIC).left) == (139, 1, 21)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts", "left"),
    [
        ("", GSM_7, 0, 1, 160),
        ("a" * 160, GSM_7, 160, 1, 0),
        ("a" * 161, GSM_7, 161, 2, 145),
        ("a" * 306, GSM_7, 306, 2, 0),
        ("a" * 307, GSM_7, 307, 3, 152),
        ("€" * 80, GSM_7, 160, 1, 0),
        ("€" * 81, GSM_7, 162, 2, 143),  # 76 of them in the first part, whose last place stays empty
        ("a" * 152 + "€" + "a" * 152, GSM_7, 306, 3, 152),  # torn nowhere: 152, 2 + 151, 1
        ("ê" * 70, UCS_2, 70, 1, 0),
        ("ê" * 71, UCS_2, 71, 2, 63),
        ("ê" * 134, UCS_2, 134, 2, 0),
        ("\N{GUITAR}" * 35, UCS_2, 70, 1, 0),
        ("\N{GUITAR}" * 67, UCS_2, 134, 3, 65),  # 33 of them in a part of 67
    ],
)
def test_parts_fill_to_the_last_place_and_tear_no_character(text, encoding, units, parts, left):
    measure = measured(text)
    assert (measure.encoding, measure.units, measure.parts, measure.left) == (encoding, units, parts, left)


@settings(max_examples=150)
@given(st.text(LETTERS, max_size=400) | st.text(st.sampled_from("a{€"), min_size=140, max_size=480))
def test_any_text_has_the_parts_that_its_bits_fill(text):
    assert measured(text).parts == bits(text)


@given(st.text(LETTERS, max_size=200))
def test_what_is_left_is_exactly_what_fits(text):
    measure = measured(text)
    letter = "a" if measure.encoding == GSM_7 else "ê"
    if text and encoding_of(text + letter) == measure.encoding:
        assert measured(text + letter * measure.left).parts == measure.parts
        assert measured(text + letter * (measure.left + 1)).parts == measure.parts + 1


@pytest.mark.parametrize(
    ("encoding", "parts", "places"), [(GSM_7, 1, 160), (GSM_7, 2, 306), (UCS_2, 1, 70), (UCS_2, 3, 201)]
)
def test_more_than_one_part_has_room_for_a_header_less_each(encoding, parts, places):
    assert room(encoding, parts) == places


def test_characters_outside_the_alphabet_are_named_once_each_as_they_come():
    assert outside("l’été, l’hôtel, été") == ("’", "ô")
    assert named("’") == "U+2019 RIGHT SINGLE QUOTATION MARK"
    assert named("\ue000") == "U+E000 (no name)"

"""Names as vendors typeset them, in the letters that phones have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.notifications.plain_letters import folded, plain, without_pictures
from domain.notifications.sms_parts import GSM_7, encoding_of


@pytest.mark.parametrize(
    ("typeset", "typed"),
    [
        ("It’s “almost” time…", 'It\'s "almost" time...'),
        ("Citi® Card™ ©2026", "Citi Card 2026"),
        ("A – B — C\u2011D", "A - B - C-D"),
        ("10:00\u202fAM\u00a0PST", "10:00 AM PST"),
        ("Weyes\u200b Blood\u00ad", "Weyes Blood"),
        ("Tyler × Kali", "Tyler x Kali"),
        ("« Mano »", '" Mano "'),
        ("Beyoncé, Rosalía, 宇多田", "Beyoncé, Rosalía, 宇多田"),
    ],
)
def test_typography_becomes_what_a_typewriter_has(typeset, typed):
    assert plain(typeset) == typed


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Rosalía", "Rosalia"),
        ("Beyoncé", "Beyoncé"),
        ("Beyoncé & Rosalía", "Beyoncé & Rosalia"),  # only what has to go
        ("Mötley Crüe", "Mötley Crüe"),
        ("Cœur de pirate, l’hôtel", "Coeur de pirate, l'hotel"),
        ("Łódź, Þórir, Điện", "Lodz, Thorir, Dien"),
        ("ẞ ſ ı ŋ", "SS s i n"),
        ("ﬁre №1 ½", "fire No1 1/2"),
        ("Ke$ha {x}", "Ke$ha {x}"),
        ("Weyes\u200e Blo\u200dod\u200c", "Weyes Blood"),
        ("\U0001d4e3\U0001d4ea\U0001d502 ＬＩＶＥ", "Tay LIVE"),
    ],
)
def test_an_accent_that_phones_do_not_have_goes(name, letters):
    assert folded(name) == letters


@pytest.mark.parametrize("name", ["宇多田ヒカル", "Rosalía 字", "Ленинград", "להקה", "÷ Tour"])
def test_a_name_that_stays_strange_keeps_its_accents_too(name):
    assert folded(name) == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Shakira 🔥 Live 🎸🎸", "Shakira Live"),
        ("👩‍👩‍👧 Family Show", "Family Show"),
        ("I ❤️ Radio", "I Radio"),
        ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f Celtic 👍🏽 Night", "Celtic Night"),
        ("Nº1 №2 100°", "Nº1 №2 100°"),
        ("Plain", "Plain"),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),  # a joiner that a script needs
        ("∆ alt-J", "∆ alt-J"),
        ("🔥🔥", "🔥🔥"),  # nothing else would be left
        ("☆!", "☆!"),
    ],
)
def test_pictures_adorn_a_name_and_cost_half_a_message(name, words):
    assert without_pictures(name) == words


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once_and_never_goes_half_way(name):
    once = folded(name)
    assert folded(once) == once
    assert once == name or encoding_of(once) == GSM_7

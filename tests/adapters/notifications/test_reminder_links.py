"""The way out of reminders cannot be forged, outlived, or read for an address."""

from datetime import UTC, datetime, timedelta

import pytest
from itsdangerous import URLSafeSerializer

from adapters.files.links import Forged, Links
from adapters.files.reminder_links import SALT, Outlived, ReminderLinks
from domain.notifications.keys import opt_out

NOW = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
EXPIRY = int((NOW + timedelta(days=90)).timestamp())
LINKS = ReminderLinks("https://go.example.com", ["first key", "second key"])
ADDRESS = "fan@example.com"


def token(method="email", address=ADDRESS, expires_at=EXPIRY):
    return LINKS.unsubscribe(method, address, expires_at).removeprefix("https://go.example.com/u/")


@pytest.mark.parametrize(("method", "address"), [("email", ADDRESS), ("sms", "+12125550123")])
def test_a_token_gives_back_the_lists_key_for_its_address(method, address):
    assert LINKS.read(token(method, address), NOW) == opt_out(method, address)


def test_a_token_holds_no_address():
    read = URLSafeSerializer(["second key"], salt=SALT).load_payload(token().rpartition(".")[0].encode())
    assert ADDRESS not in str(read)


def test_a_token_fits_into_a_header_line():
    assert len(LINKS.unsubscribe("email", ADDRESS, EXPIRY)) < 250


def test_a_token_of_an_older_key_holds_until_the_key_is_taken_away():
    old = ReminderLinks("https://go.example.com", ["first key"]).token(opt_out("email", ADDRESS), EXPIRY)
    assert LINKS.read(old, NOW) == opt_out("email", ADDRESS)
    with pytest.raises(Forged):
        ReminderLinks("https://go.example.com", ["second key"]).read(old, NOW)


def test_a_token_holds_until_the_very_second():
    assert LINKS.read(token(), datetime.fromtimestamp(EXPIRY, UTC) - timedelta(milliseconds=1))
    with pytest.raises(Outlived):
        LINKS.read(token(), datetime.fromtimestamp(EXPIRY, UTC))


def test_a_token_with_any_character_changed_is_none_of_ours():
    good = token()
    for place, letter in enumerate(good):
        with pytest.raises(Forged):
            LINKS.read(good[:place] + ("A" if letter != "A" else "B") + good[place + 1 :], NOW)


@pytest.mark.parametrize("text", ["", ".", "x", "a.b", "../x", "%2e", "é.é", "a" * 5000 + ".b", "\0"])
def test_what_is_no_token_is_forged(text):
    with pytest.raises(Forged):
        LINKS.read(text, NOW)


def test_a_token_of_another_purpose_is_forged():
    other = Links("https://go.example.com", LINKS.keys).token("unsubscribe", "d" * 32, EXPIRY)
    with pytest.raises(Forged):
        LINKS.read(other, NOW)


def test_a_way_of_contact_that_is_none_is_forged():
    with pytest.raises(Forged):
        LINKS.read(token("fax"), NOW)


def test_a_signature_has_one_spelling():
    good = token()
    spellings = {good[:-1] + it for it in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"}
    for other in spellings - {good}:
        with pytest.raises(Forged):
            LINKS.read(other, NOW)

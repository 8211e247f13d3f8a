"""Links that cannot be forged, swapped, outlived, or told from one another by anyone but us."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from adapters.files.links import ROUTES, Expired, Forged, Links, Signed
from domain.errors import Rejected

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
EXPIRY = int((NOW + timedelta(days=30)).timestamp())
DELIVERY = "0123456789abcdef" * 2
LINKS = Links("https://reviews.example.com", ["first key", "second key"])
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
PURPOSES = st.sampled_from(sorted(ROUTES))


@pytest.mark.parametrize("purpose", ROUTES)
def test_a_token_gives_back_its_delivery(purpose):
    token = LINKS.token(purpose, DELIVERY, EXPIRY)
    assert LINKS.read(token, purpose, NOW) == DELIVERY
    assert LINKS.signed(token, purpose) == Signed(DELIVERY, EXPIRY)


@given(st.text(min_size=1, max_size=100), PURPOSES, st.integers(int(NOW.timestamp()) + 1, 2**40))
def test_any_delivery_comes_back_as_it_went(delivery, purpose, expires_at):
    token = LINKS.token(purpose, delivery, expires_at)
    assert LINKS.read(token, purpose, NOW) == delivery


def test_a_token_is_short_and_plain_text_for_a_url():
    token = LINKS.token("answer", DELIVERY, EXPIRY)
    assert len(token) < 120
    assert set(token) <= {*ALPHABET, "."}


@pytest.mark.parametrize("purpose", ROUTES)
@pytest.mark.parametrize("other", ROUTES)
def test_a_token_of_one_purpose_is_refused_for_every_other(purpose, other):
    token = LINKS.token(purpose, DELIVERY, EXPIRY)
    if purpose != other:
        with pytest.raises(Forged):
            LINKS.read(token, other, NOW)


def test_a_token_with_any_one_bit_turned_is_refused():
    token = LINKS.token("answer", DELIVERY, EXPIRY).encode()
    turned = (
        token[:place] + bytes([token[place] ^ 1 << bit]) + token[place + 1 :]
        for place in range(len(token))
        for bit in range(8)
    )
    for forged in turned:
        with pytest.raises(Forged):
            LINKS.read(forged.decode("latin-1"), "answer", NOW)


@pytest.mark.parametrize("delivery", [DELIVERY, "a" * 32], ids=["as it is", "compressed"])
def test_a_token_with_any_one_character_changed_added_or_left_out_is_refused(delivery):
    """The last character of 256 bits in base64 has two bits to spare: none of its other spellings is taken, either."""
    token = LINKS.token("answer", delivery, EXPIRY)
    for place in range(len(token) + 1):
        for character in ("", *ALPHABET, ".", "=", "!", " ", "\n", "\x00", "é"):
            for rest in (token[place + 1 :], token[place:]):
                forged = token[:place] + character + rest
                if forged != token:
                    with pytest.raises(Forged):
                        LINKS.read(forged, "answer", NOW)


@given(st.text(max_size=2_000) | st.text(ALPHABET + ".", max_size=300), PURPOSES)
def test_whatever_is_no_token_is_refused_and_breaks_nothing(text, purpose):
    with pytest.raises(Forged):
        LINKS.read(text, purpose, NOW)


@given(st.binary(max_size=600), PURPOSES)
def test_bytes_read_as_a_path_would_be_are_refused_and_break_nothing(noise, purpose):
    for text in (noise.decode("latin-1"), noise.decode(errors="replace"), noise.decode(errors="surrogateescape")):
        with pytest.raises(Forged):
            LINKS.read(text, purpose, NOW)


def test_a_token_of_a_million_characters_is_refused_before_it_is_decoded():
    token = LINKS.token("answer", DELIVERY, EXPIRY)
    for forged in (token + "A" * 1_000_000, "A" * 1_000_000 + token, f"{'A' * 1_000_000}.{'A' * 43}"):
        with pytest.raises(Forged):
            LINKS.read(forged, "answer", NOW)


def test_the_start_of_one_token_with_the_signature_of_another_is_refused():
    mine, theirs = (LINKS.token("answer", delivery, EXPIRY).split(".") for delivery in (DELIVERY, "f" * 31 + "e"))
    with pytest.raises(Forged):
        LINKS.read(f"{theirs[0]}.{mine[-1]}", "answer", NOW)


def test_an_expiry_cannot_be_put_off():
    soon, late = (LINKS.token("answer", DELIVERY, expiry).split(".") for expiry in (EXPIRY, EXPIRY * 2))
    with pytest.raises(Forged):
        LINKS.read(f"{late[0]}.{soon[1]}", "answer", NOW)


def test_a_token_signed_with_somebody_elses_key_is_refused():
    for theirs in (Links("", ["their key"]), Links("", ["first key "]), Links("", [""])):
        with pytest.raises(Forged):
            LINKS.read(theirs.token("answer", DELIVERY, EXPIRY), "answer", NOW)


def test_a_token_signed_with_our_key_for_another_use_of_it_is_refused():
    with pytest.raises(Forged):
        LINKS.read(URLSafeSerializer("second key").dumps([DELIVERY, EXPIRY]), "answer", NOW)


def test_a_token_is_good_until_its_expiry_and_not_at_it():
    token = LINKS.token("answer", DELIVERY, EXPIRY)
    expiry = datetime.fromtimestamp(EXPIRY, UTC)
    assert LINKS.read(token, "answer", expiry - timedelta(milliseconds=1)) == DELIVERY
    with pytest.raises(Expired) as expired:
        LINKS.read(token, "answer", expiry)
    assert expired.value.delivery == DELIVERY


def test_a_forged_token_that_is_also_too_old_is_forged():
    token = LINKS.token("answer", DELIVERY, 0)
    with pytest.raises(Forged):
        LINKS.read(token[:-1] + ("A" if token[-1] != "A" else "E"), "answer", NOW)


def test_both_refusals_are_for_good():
    assert issubclass(Forged, Rejected)
    assert issubclass(Expired, Rejected)


def test_a_refusal_repeats_nothing_of_a_forged_token():
    with pytest.raises(Forged) as forged:
        LINKS.read("someone@example.com", "answer", NOW)
    assert "someone" not in str(forged.value)


def test_after_a_rotation_old_keys_verify_and_the_newest_signs():
    before = Links("", ["old"]).token("answer", DELIVERY, EXPIRY)
    both = Links("", ["old", "new"])
    assert both.read(before, "answer", NOW) == DELIVERY
    assert Links("", ["new"]).read(both.token("answer", DELIVERY, EXPIRY), "answer", NOW) == DELIVERY
    with pytest.raises(Forged):
        Links("", ["new"]).read(before, "answer", NOW)


def test_the_links_of_a_mail_lead_to_the_routes_of_their_purposes():
    links = LINKS.of_mail(DELIVERY, EXPIRY, NOW)
    routes = {"answer": "click", "pixel": "open", "trap": "trap", "unsubscribe": "unsubscribe"}
    for name, purpose in routes.items():
        address = urlsplit(getattr(links, name))
        _, route, token = address.path.split("/")
        assert (address.scheme, address.netloc, route) == ("https", "reviews.example.com", ROUTES[purpose])
        assert LINKS.read(token, purpose, NOW) == DELIVERY


@pytest.mark.parametrize(("days", "way_out"), [(30, 400), (400, 400), (500, 500)])
def test_the_way_out_lasts_400_days_and_the_other_links_as_long_as_the_candidate(days, way_out):
    links = LINKS.of_mail(DELIVERY, int((NOW + timedelta(days=days)).timestamp()), NOW)
    lasts = {
        name: LINKS.signed(getattr(links, name).rsplit("/", 1)[1], purpose).expires_at - NOW.timestamp()
        for name, purpose in {"answer": "click", "pixel": "open", "trap": "trap", "unsubscribe": "unsubscribe"}.items()
    }
    assert {name: seconds / 86_400 for name, seconds in lasts.items()} == {
        "answer": days,
        "pixel": days,
        "trap": days,
        "unsubscribe": way_out,
    }

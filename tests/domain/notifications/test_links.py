"""Our own short links, and which addresses an event may lead to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.notifications.links import LONGEST, own_link, page_of


def test_our_own_link_is_the_events_id_below_one_address():
    assert own_link("https://go.example.com", "Z7r9jZ1A7-_x") == "https://go.example.com/e/Z7r9jZ1A7-_x"


@pytest.mark.parametrize("id", ["../u/x", "a/b", "a?b", "a#b", "%2e", "é x"])
def test_whatever_an_event_is_called_stays_one_step_of_the_path(id):
    assert own_link("https://go.example.com", id).count("/") == 4
    assert not set(own_link("https://go.example.com", id)) & set("?# é")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.com/event/1?a=b&c=%20#x",
        "http://example.com:8080/e",
        "https://[2001:db8::1]/x",
        "HTTPS://example.com/a,b;c=(d)",
    ],
)
def test_a_page_on_the_web_is_led_to_as_it_is(url):
    assert page_of(url) == url


def test_letters_that_no_header_takes_are_encoded():
    assert page_of("https://example.com/Mötley?q=Crüe") == "https://example.com/M%C3%B6tley?q=Cr%C3%BCe"


@pytest.mark.parametrize(
    "url",
    [
        None,
        7,
        "",
        "example.com",
        "//example.com/x",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.com",
        "https:///x",
        "https://example.com\r\nSet-Cookie: a=b",
        "https://example.com/a b",
        "https://example.com\\@other.example",
        "https://user:password@example.com/",
        "https://example.com@other.example/",
        "https://ex\u0430mple.com/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://[::1/",
        'https://example.com/"><script>',
        "https://example.com/" + "a" * LONGEST,
    ],
)
def test_nobody_is_led_anywhere_else(url):
    assert page_of(url) is None


@given(st.text(max_size=60).map(lambda text: "https://example.com/" + text) | st.text(max_size=60))
def test_whatever_is_told_fits_into_a_header(url):
    led = page_of(url)
    assert led is None or (led.isascii() and led.isprintable() and led.lower().startswith(("http://", "https://")))

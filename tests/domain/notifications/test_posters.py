from itertools import permutations

import pytest
from vendor_events import image

from domain.notifications.posters import poster

BEST = image(1024, 576, "best.jpg")


def shown(*images):
    found = poster({"images": list(images)})
    return found and found.url.rpartition("/")[2]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (BEST, image(1136, 639)),  # nearer to 1024
        (image(2048, 1152, "best.jpg"), image(1024, 683)),  # 16:9, by its pixels, whatever its label
        (image(1024, 683, "best.jpg"), image(1024, 576, fallback=True)),  # the event's own
        (image(640, 360, "best.jpg", fallback=True), image(305, 203)),  # wide enough
        (image(305, 203, "best.jpg"), image(100, 56)),
        (image(600, 338, "best.jpg"), image(599, 337)),
        (BEST, image(1024, 576, "worse.jpg")),  # whichever comes first
    ],
)
def test_the_better_image_is_shown_in_whatever_order_they_come(better, worse):
    assert {shown(*order) for order in permutations([better, worse])} == {"best.jpg"}


def test_a_picture_is_fetched_by_https():
    found = poster({"images": [{**BEST, "url": "http://img.example.com/a.jpg?w=1024"}]})
    assert (found.url, found.width, found.height) == ("https://img.example.com/a.jpg?w=1024", 1024, 576)


@pytest.mark.parametrize(
    "url",
    [
        *(None, "", 7, "a.jpg", "//img.example.com/a.jpg", "ftp://img.example.com/a.jpg", "javascript:alert(1)"),
        *("http://img.example.com:80/a.jpg", "https://", "https://[/a.jpg", "https://fan:pw@img.example.com/a.jpg"),
        *("https://img.example.com/a b.jpg", "https://img.example.com/a\n.jpg", "https://img.example.com:x/a"),
        "https://img.example.com/" + "a" * 2_000,
    ],
)
def test_what_is_no_address_of_a_picture_is_not_shown(url):
    assert shown({**BEST, "url": url}) is None


@pytest.mark.parametrize(
    ("width", "height"),
    [(299, 168), (True, True), ("1024", "576"), (1024.0, 576.0), (1024, 0), (1024, -5), (20_001, 10), (1024, 20_001)],
)
def test_what_has_no_size_fit_for_a_mail_is_not_shown(width, height):
    assert shown({**BEST, "width": width, "height": height}) is None


def test_an_event_may_have_no_images():
    assert (shown(), poster({}), poster({"images": "a.jpg"}), poster({"images": [None, "a.jpg"]})) == (None,) * 4

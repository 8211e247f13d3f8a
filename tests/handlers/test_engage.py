"""The pages, request by request on moto: who may see what, what a GET may not do, and one answer whatever happens."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pages_world import EXPIRES, KEYS, NOON, REVIEWS, TRACKS, pages_world

from adapters.files.links import Links
from domain.errors import Unavailable
from domain.solicitation.delivery import FORGOTTEN
from handlers.solicitation import engage
from handlers.solicitation.visits import answering
from handlers.solicitation.visits.visit import Desk, Visit

PURPOSES = {"r": "answer", "o": "open", "c": "click", "h": "trap", "u": "unsubscribe"}
FIXED = ("candidates", "responses", "customers", "subjects")  # what no GET may change
JPEG, PNG = b"\xff\xd8\xff\xe0 a photo", b"\x89PNG\r\n\x1a\n a photo"


@pytest.fixture
def world(tmp_path):
    with pages_world(tmp_path) as made:
        yield made


@pytest.fixture
def token(world):
    """The answer token of one review that was asked for."""
    return world.token(world.asked())


def stood(world, what="answered"):
    return [item["timeline"].get(what) for (_, sk), item in world.items("deliveries").items() if sk == "DELIVERY"]


# --- the forms -----------------------------------------------------------------------------------------------------


def test_the_review_page_asks_about_the_product_for_the_person(world, token):
    page = world.get(f"/r/{token}")
    assert page.status == 200
    assert "How was your <bdi>Paper Lanterns & Co</bdi>?" in page.html
    assert "Answering as <bdi>Ada</bdi>" in page.html
    assert re.findall(r'name="stars" value="(\d)"', page.html) == list("12345")
    assert f'action="/r/{token}"' in page.html


def test_the_feedback_page_asks_for_a_thumb_and_offers_tags(world):
    page = world.get(f"/r/{world.token(world.asked(TRACKS))}")
    assert "What did you think of <bdi>Paper Lanterns & Co</bdi>?" in page.html
    assert re.findall(r'name="thumb" value="(\w+)"', page.html) == ["up", "down"]
    assert len(re.findall(r'name="tags"', page.html)) == 12
    assert "iframe" not in page.html  # tracks have no looks


@pytest.mark.parametrize(
    ("locale", "says"),
    [
        ("en-US", "Submit Review"),
        ("en-GB", "Send review"),
        ("de-AT", "Bewertung absenden"),
        ("ja", "レビューを送信"),
        ("pt", "Submit review"),
    ],
)
def test_a_page_speaks_the_language_of_its_mail(world, locale, says):
    page = world.get(f"/r/{world.token(world.asked(locale=locale))}")
    assert says in page.html


def test_a_subject_without_a_name_is_asked_about_all_the_same(world):
    page = world.get(f"/r/{world.token(world.asked(subjectName=None))}")
    assert "How was your purchase?" in page.html


def test_names_cannot_bring_markup(world):
    page = world.get(f"/r/{world.token(world.asked(subjectName='<script>alert(1)</script>'))}")
    assert b"<script" not in page.body


# --- submitting ----------------------------------------------------------------------------------------------------


def test_an_answer_is_thanked_for_and_stored(world, token):
    page = world.post(f"/r/{token}", {"stars": "4", "text": "Nice light\r\nand quiet"})
    assert (page.status, "Thank you!" in page.html) == (200, True)
    [kept] = world.responses()
    assert (kept["stars"], kept["text"], kept["submittedAt"]) == (4, "Nice light\nand quiet", "2026-11-21T12:00:00Z")
    assert (kept["customer"], kept["subject"], kept["channel"]) == ("c1", "p1", "email")
    assert (world.count(), stood(world)) == (1, ["2026-11-21T12:00:00Z"])


def test_only_the_stars_are_required(world, token):
    assert world.post(f"/r/{token}", {"stars": "1"}).status == 200
    assert "text" not in world.responses()[0]


def test_a_thumb_with_tags_and_a_comment_is_stored(world):
    token = world.token(world.asked(TRACKS))
    page = world.post(f"/r/{token}", {"thumb": "down", "tags": ["rock", "jazz"], "text": "x" * 200})
    assert "Thumbs down" in page.html
    [kept] = world.responses()
    assert (kept["thumb"], kept["tags"], len(kept["text"])) == ("down", ["jazz", "rock"], 200)


@pytest.mark.parametrize(
    ("program", "form", "says"),
    [
        (REVIEWS, {"text": "typed"}, "Please choose 1 to 5 stars."),
        (REVIEWS, {"text": "typed", "stars": ""}, "Please choose 1 to 5 stars."),
        (REVIEWS, {"text": "typed", "stars": "6"}, "Please choose 1 to 5 stars."),
        (REVIEWS, {"text": "typed", "stars": ["1", "2"]}, "Please choose 1 to 5 stars."),
        (REVIEWS, {"text": "typed" * 1001, "stars": "3"}, "Please shorten your text to <bdi>5000</bdi> characters."),
        (TRACKS, {"text": "typed", "tags": ["jazz"]}, "Please choose thumbs up or thumbs down."),
        (TRACKS, {"text": "typed", "thumb": "sideways"}, "Please choose thumbs up or thumbs down."),
        (
            TRACKS,
            {"text": "typed" + "!" * 196, "thumb": "up"},
            "Please shorten your text to <bdi>200</bdi> characters.",
        ),
        (TRACKS, {"text": "typed", "thumb": "up", "tags": ["jazz", "polka"]}, "Please choose only from these genres."),
    ],
)
def test_a_form_with_a_fault_comes_back_with_what_was_typed(world, program, form, says):
    token = world.token(world.asked(program))
    page = world.post(f"/r/{token}", form)
    assert page.status == 400
    assert says in page.html
    assert "<title>Error: " in page.html
    assert "typed" in page.html.partition("<textarea")[2]
    assert world.responses() == []


def test_chosen_stars_and_tags_are_still_chosen_when_the_text_was_too_long(world):
    page = world.post(f"/r/{world.token(world.asked())}", {"stars": "4", "text": "y" * 5001})
    assert re.findall(r'value="(\d)" required checked', page.html) == ["4"]
    track = world.token(world.asked(TRACKS))
    page = world.post(f"/r/{track}", {"thumb": "up", "tags": ["jazz", "pop"], "text": "y" * 201})
    assert re.findall(r'value="([\w-]+)" checked', page.html) == ["jazz", "pop"]


def test_typed_text_comes_back_as_text(world, token):
    page = world.post(f"/r/{token}", {"text": "</textarea><script>alert(1)</script>"})
    assert b"<script" not in page.body


@pytest.mark.parametrize(
    "body", [b"", b"stars", b"\xff\xfe=\xff", b"stars=4%00", b"&".join([b"a=1"] * 200), b'{"stars": 4}']
)
def test_a_body_that_is_no_form_of_ours_is_a_fault_of_the_form(world, token, body):
    assert world.post(f"/r/{token}", {}, body=body or b"=").status == 400


def test_a_form_sent_in_another_shape_is_not_read(world, token):
    assert world.post(f"/r/{token}", {}, body=b'{"stars": 4}', content_type="application/json").status == 400


def test_a_second_answer_is_shown_the_first(world, token):
    world.post(f"/r/{token}", {"stars": "4", "text": "first words"})
    before = world.snapshot(*FIXED, "deliveries")
    for form in ({"stars": "4", "text": "first words"}, {"stars": "1", "text": "other words"}, {}):
        page = world.post(f"/r/{token}", form, at=NOON + timedelta(hours=1))
        assert (page.status, "You have already answered" in page.html) == (200, True)
        assert "4 stars: very good" in page.html
        assert "first words" in page.html
        assert "other words" not in page.html
    assert world.snapshot(*FIXED, "deliveries") == before


def test_whoever_comes_back_sees_the_answer_and_the_day_it_was_given_where_they_live(world):
    token = world.token(world.asked(zone="Pacific/Kiritimati"))  # fourteen hours ahead
    world.post(f"/r/{token}", {"stars": "2"})
    assert "on <bdi>November 22, 2026</bdi>" in world.get(f"/r/{token}").html


def test_a_person_whose_name_has_expired_can_answer(world, token):
    world.dynamodb.delete_item(
        TableName="Customers", Key={"PK": {"S": "CUSTOMER#c1"}, "SK": {"S": "CONTACT#small-reviews"}}
    )
    assert "Answering as" not in world.get(f"/r/{token}").html
    assert world.post(f"/r/{token}", {"stars": "3"}).status == 200


def test_photos_uploaded_before_go_with_the_answer(world):
    id = world.asked()
    keys = [world.upload(id, "1-a", JPEG), world.upload(id, "2-a", PNG)]
    world.upload(id, "3-a", b"<svg onload=alert(1)>")
    world.post(f"/r/{world.token(id)}", {"stars": "5"})
    assert world.responses()[0]["photos"] == keys


# --- links ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", PURPOSES)
def test_a_token_opens_the_page_of_its_purpose_and_no_other(world, route):
    id = world.asked()
    before = world.snapshot(*FIXED, "deliveries")
    for purpose in PURPOSES.values():
        if purpose != PURPOSES[route]:
            for method in ("GET", "POST"):
                page = world.send(method, f"/{route}/{world.token(id, purpose)}", {"stars": "5"})
                assert page.status == (404 if method == "GET" or route in "ru" else 405)
    assert world.snapshot(*FIXED, "deliveries") == before
    assert world.get(f"/{route}/{world.token(id, PURPOSES[route])}").status in (200, 204, 302)


def test_an_expired_token_changes_nothing_and_says_so(world):
    id = world.asked(locale="de")
    before = world.snapshot(*FIXED, "deliveries")
    for route, purpose in PURPOSES.items():
        path = f"/{route}/{world.token(id, purpose)}"
        for method in ("GET", "POST") if route in "ru" else ("GET",):
            page = world.send(method, path, {"stars": "5"}, at=EXPIRES)
            assert page.status == (200 if route == "o" else 410)
            assert route == "o" or "Dieser Link ist abgelaufen" in page.html
    assert world.snapshot(*FIXED, "deliveries") == before


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_token_with_any_bit_flipped_is_refused(world, data):
    if not hasattr(world, "flipped"):
        world.flipped = world.token(world.asked())
    token = world.flipped
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABCXYZabcxyz0123456789-_.~").filter(lambda one: one != token[place]))
    forged = token[:place] + letter + token[place + 1 :]
    page = world.post(f"/r/{forged}", {"stars": "5"})
    assert page.status == 404
    assert world.responses() == []


def test_a_token_signed_with_another_key_is_refused(world):
    id = world.asked()
    stranger = Links("", ["a stranger's key"]).token("answer", id, int(EXPIRES.timestamp()))
    assert world.post(f"/r/{stranger}", {"stars": "5"}).status == 404
    assert world.responses() == []


def test_a_token_signed_with_the_key_before_this_one_still_holds(world):
    old = Links("", KEYS[:1]).token("answer", world.asked(), int(EXPIRES.timestamp()))
    assert world.post(f"/r/{old}", {"stars": "5"}).status == 200


def test_one_persons_token_answers_for_that_person_alone(world):
    ids = {customer: world.asked(customer=customer) for customer in ("c1", "c2")}
    world.post(f"/r/{world.token(ids['c1'])}", {"stars": "5", "customer": "c2", "delivery": ids["c2"]})
    assert [kept["customer"] for kept in world.responses()] == ["c1"]


def test_what_is_no_link_of_ours_says_so_in_the_browsers_language(world):
    for path in ("/", "/r", "/r/", "/r/abc", "/r/" + "x" * 2000, "/c/..", "/nowhere/x", "/u/%00"):
        page = world.get(path)
        assert (page.status, "Ce lien ne fonctionne pas" in page.html) == (404, True), path


def test_a_link_about_what_was_erased_says_its_time_is_over(world, token):
    world.dynamodb.delete_item(
        TableName="Deliveries",
        Key={"PK": {"S": f"DELIVERY#{world.links.read(token, 'answer', NOON)}"}, "SK": {"S": "DELIVERY"}},
    )
    assert world.get(f"/r/{token}").status == 410


def test_whoever_was_forgotten_answers_nothing_and_reads_nobodys_answer(world):
    first, second = (world.asked(customer=customer) for customer in ("c1", "c2"))
    for id in (first, second):
        world.dynamodb.update_item(
            TableName="Deliveries",
            Key={"PK": {"S": f"DELIVERY#{id}"}, "SK": {"S": "DELIVERY"}},
            UpdateExpression="SET customer = :nobody",
            ExpressionAttributeValues={":nobody": {"S": FORGOTTEN}},
        )
    assert world.post(f"/r/{world.token(first)}", {"stars": "5", "text": "mine alone"}).status == 410
    page = world.get(f"/r/{world.token(second)}")
    assert (page.status, "mine alone" in page.html, world.responses()) == (410, False, [])
    assert world.post(f"/u/{world.token(second, 'unsubscribe')}", {"undo": "yes"}).status == 410


def test_a_link_of_a_program_that_is_gone_says_its_time_is_over(world):
    token = world.token(world.asked(program=REVIEWS, locale="de"))
    (engage.live()["programs"] / "small-reviews.json").unlink()
    assert world.post(f"/r/{token}", {"stars": "5"}).status == 410


# --- what a GET may not do -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", [REVIEWS, TRACKS], ids=lambda program: program.id)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_scanner_that_follows_every_link_changes_no_candidate_answer_or_opt_out(world, program, method):
    id = world.asked(program)
    before = world.snapshot(*FIXED)
    for route, purpose in PURPOSES.items():
        for path in (f"/{route}/{world.token(id, purpose)}", f"/{route}/{world.token(id, purpose)}/photos"):
            world.send(method, path)
    assert world.snapshot(*FIXED) == before
    assert stood(world) == [None]


def test_a_get_of_an_answered_question_changes_nothing_at_all(world, token):
    world.post(f"/r/{token}", {"stars": "5"})
    before = world.snapshot(*FIXED, "deliveries")
    world.get(f"/r/{token}")
    world.get(f"/r/{token}/photos")
    assert world.snapshot(*FIXED, "deliveries") == before


# --- pixel, click, trap --------------------------------------------------------------------------------------------


def test_the_pixel_is_a_tiny_picture_that_is_never_kept_and_notes_an_open(world):
    picture = world.get(f"/o/{world.token(world.asked(), 'open')}")
    assert (picture.status, len(picture.body), picture.headers["content-type"]) == (200, 43, "image/gif")
    assert picture.body.startswith(b"GIF89a")
    assert picture.headers["cache-control"] == "no-store"
    assert (world.count(name="opened"), world.count(name="openedHuman")) == (1, 1)


def test_a_click_leads_to_the_form_and_is_noted(world):
    moved = world.get(f"/c/{world.token(world.asked(), 'click')}")
    assert moved.status == 302
    assert world.get(moved.headers["location"]).status == 200
    assert (world.count(name="clicked"), world.count(name="clickedHuman")) == (1, 1)


def test_the_form_behind_a_click_expires_when_the_click_would_have(world):
    expires = NOON + timedelta(hours=2)
    moved = world.get(f"/c/{world.token(world.asked(), 'click', expires)}")
    assert world.get(moved.headers["location"], at=expires - timedelta(seconds=1)).status == 200
    assert world.get(moved.headers["location"], at=expires).status == 410


def test_a_head_is_answered_as_a_get_without_its_body_and_counts_as_a_machines(world, token):
    click = world.token(world.links.read(token, "answer", NOON), "click")
    page, head = world.get(f"/r/{token}"), world.send("HEAD", f"/r/{token}")
    assert (head.status, head.headers, head.body) == (page.status, page.headers, b"")
    assert world.send("HEAD", f"/c/{click}").status == 302
    assert (world.count(name="clicked"), world.count(name="clickedHuman")) == (1, 0)


def test_the_hidden_link_shows_nothing_and_gives_machines_away(world):
    id = world.asked()
    world.get(f"/c/{world.token(id, 'click')}")
    reply = world.get(f"/h/{world.token(id, 'trap')}")
    assert (reply.status, reply.body) == (204, b"")
    assert (world.count(name="clicks"), world.count(name="clicksHuman")) == (1, 0)


class Down:
    """Telemetry that is out of reach."""

    def note(self, *_):
        raise Unavailable("throttled")


@pytest.mark.parametrize(
    ("route", "method", "status"),
    [("o", "GET", 200), ("c", "GET", 302), ("h", "GET", 204), ("u", "GET", 200), ("u", "POST", 200)],
)
def test_nobody_is_held_up_because_telemetry_fails(world, monkeypatch, route, method, status):
    monkeypatch.setitem(engage.live(), "telemetry", Down())
    assert world.send(method, f"/{route}/{world.token(world.asked(), PURPOSES[route])}", {}).status == status


def test_other_methods_are_not_allowed(world, token):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        reply = world.send(method, f"/r/{token}", {"stars": "5"})
        assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, POST")
    assert world.responses() == []


def test_a_pixel_takes_no_post(world):
    reply = world.post(f"/o/{world.token(world.asked(), 'open')}", {})
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


# --- the way out ---------------------------------------------------------------------------------------------------


def opted_out(world):
    return world.items("customers").get(("CUSTOMER#c1", "PROGRAM#small-reviews"), {}).get("optedOut", False)


def test_leaving_takes_a_press_of_the_button(world):
    token = world.token(world.asked(), "unsubscribe")
    page = world.get(f"/u/{token}")
    assert ("Unsubscribe from these emails?" in page.html, opted_out(world)) == (True, False)
    page = world.post(f"/u/{token}", {})
    assert ("You are unsubscribed" in page.html, opted_out(world)) == (True, True)
    assert world.count(name="unsubscribed") == 1


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
        ),
    ],
)
def test_one_click_in_the_mail_program_is_enough(world, kind, body):
    token = world.token(world.asked(), "unsubscribe")
    reply = world.post(f"/u/{token}", {}, body=body, content_type=kind)
    assert (reply.status, opted_out(world)) == (200, True)


def test_leaving_can_be_undone_on_the_spot(world):
    token = world.token(world.asked(), "unsubscribe")
    world.post(f"/u/{token}", {})
    page = world.post(f"/u/{token}", {"undo": "yes"})
    assert ("You are subscribed again" in page.html, opted_out(world)) == (True, False)
    world.post(f"/u/{token}", {})
    assert opted_out(world)


def test_leaving_twice_is_leaving_once(world):
    token = world.token(world.asked(), "unsubscribe")
    for hour in (0, 1):
        assert world.post(f"/u/{token}", {}, at=NOON + timedelta(hours=hour)).status == 200
    assert world.count(name="unsubscribed") == 1


# --- headers -------------------------------------------------------------------------------------------------------


def test_every_page_is_private_and_loads_nothing_from_elsewhere(world, token):
    id = world.links.read(token, "answer", NOON)
    visits = [
        world.get(f"/r/{token}"),
        world.get(f"/r/{token}/photos"),
        world.get(f"/u/{world.token(id, 'unsubscribe')}"),
        world.get("/r/forged"),
        world.get(f"/r/{token}", at=EXPIRES),
        world.post(f"/r/{token}", {}),
        world.post(f"/r/{token}", {"stars": "5"}),
        world.get(f"/r/{token}"),
        world.get(f"/o/{world.token(id, 'open')}"),
        world.get(f"/c/{world.token(id, 'click')}"),
        world.get(f"/h/{world.token(id, 'trap')}"),
        world.send("PUT", f"/r/{token}"),
    ]
    photos = "https://photos.s3.eu-west-1.amazonaws.com"
    for reply in visits:
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["x-content-type-options"] == "nosniff"
        policy = dict(part.strip().partition(" ")[::2] for part in reply.headers["content-security-policy"].split(";"))
        assert (policy["default-src"], policy["base-uri"]) == ("'none'", "'none'")
        assert "unsafe" not in str(policy)
        assert "script-src" not in policy
        sources = {source for name, value in policy.items() for source in value.split() if name != "style-src"}
        assert sources <= {"'none'", "'self'", photos}
        assert not re.findall(
            r'(?:src|href|action)="(?:https?:)?//(?!photos\.s3\.eu-west-1)', reply.body.decode("latin-1")
        )
    around = [reply.headers["content-security-policy"].split("frame-ancestors ")[1].split(";")[0] for reply in visits]
    assert around == ["'none'", "'self'", *["'none'"] * 10]  # the photos page is shown inside ours


def test_the_photos_page_sends_the_file_where_its_policy_allows(world, token):
    page = world.get(f"/r/{token}/photos")
    [to] = re.findall(r'action="([^"]+)"', page.html)
    assert to == "https://photos.s3.eu-west-1.amazonaws.com/"
    assert f"form-action 'self' {to.rstrip('/')};" in page.headers["content-security-policy"]
    fields = dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', page.html))
    id = world.links.read(token, "answer", NOON)
    assert re.fullmatch(f"photos/{id}/1-[0-9a-f]{{16}}", fields["key"])
    assert fields["success_action_redirect"] == f"https://answers.example/r/{token}/photos"


def test_after_five_photos_no_more_are_asked_for(world):
    id = world.asked()
    token = world.token(id)
    for number in range(1, 6):
        assert f'name="key" value="photos/{id}/{number}-' in world.get(f"/r/{token}/photos").html
        world.upload(id, f"{number}-a", JPEG)
    page = world.get(f"/r/{token}/photos")
    assert ("That makes <bdi>5</bdi> photos" in page.html, "<form" in page.html) == (True, False)
    assert len(re.findall("<img ", page.html)) == 5


def test_what_is_no_picture_is_not_shown_and_its_place_is_offered_again(world):
    id = world.asked()
    world.upload(id, "1-a", b"<html>")
    page = world.get(f"/r/{world.token(id)}/photos").html
    assert "<img" not in page
    assert f'name="key" value="photos/{id}/1-' in page


# --- trouble -------------------------------------------------------------------------------------------------------


def test_an_answer_that_could_not_be_stored_comes_back_in_the_form(world, token, monkeypatch):
    class Busy:
        def standing(self, *_):
            return None

        def submit(self, *_):
            raise Unavailable("throttled")

    monkeypatch.setitem(engage.live(), "answers", Busy())
    page = world.post(f"/r/{token}", {"stars": "4", "text": "typed"})
    assert (page.status, page.headers["retry-after"]) == (503, "10")
    assert "Please send it again in a moment." in page.html
    assert "typed" in page.html
    assert re.findall(r'value="(\d)" required checked', page.html) == ["4"]


@pytest.mark.parametrize("route", ["r", "u", "c", "h"])
def test_when_nothing_can_be_read_the_page_asks_to_come_back(world, route, monkeypatch):
    class Sealed:
        def read(self, now):
            raise Unavailable("throttled")

    token = world.token(world.asked(), PURPOSES[route])
    monkeypatch.setitem(engage.live(), "link_keys", Sealed())
    assert world.get(f"/{route}/{token}").status == 503
    assert world.get(f"/o/{token}").status == 200


def test_photos_out_of_reach_do_not_hold_up_an_answer(world, token, monkeypatch):
    class Lost:
        def of(self, delivery):
            raise Unavailable("slow down")

    monkeypatch.setitem(engage.live(), "photos", Lost())
    assert world.post(f"/r/{token}", {"stars": "4"}).status == 200
    assert world.responses()[0]["photos"] == []


def test_a_crash_before_or_after_any_call_and_another_try_make_one_answer(world):
    first = world.token(world.asked(TRACKS, "c00"))
    with world.crashing_at(-1, before=True):
        world.post(f"/r/{first}", {"thumb": "up", "tags": ["jazz"]})
    calls = world.calls
    assert calls >= 8
    for number, (call, before) in enumerate(((n, b) for n in range(1, calls + 1) for b in (True, False)), start=1):
        customer = f"c{number:02}"
        token = world.token(world.asked(TRACKS, customer))
        with world.crashing_at(call, before=before):
            world.post(f"/r/{token}", {"thumb": "up", "tags": ["jazz"]})
        assert world.post(f"/r/{token}", {"thumb": "up", "tags": ["jazz"]}).status == 200
    [aggregate] = world.items("subjects").values()
    assert len(world.responses()) == number + 1
    assert (aggregate["thumbsUp"], aggregate["tags"]) == (number + 1, {"jazz": number + 1})
    assert world.count(TRACKS) == number + 1
    assert {item["status"] for item in world.items("candidates").values()} == {"CONSUMED"}


def test_twenty_presses_of_the_button_at_once_are_one_answer(tmp_path, ministack):
    access = {"AWS_ENDPOINT_URL": ministack.endpoint, "AWS_DEFAULT_REGION": ministack.region}
    with pages_world(tmp_path, prefix="presses-", more=access) as world:
        token = world.token(world.asked())
        desk = Desk(**engage.live())

        def press(number):
            form = {"stars": [str(1 + number % 5)], "text": [f"no. {number}"]}
            visit = Visit("POST", token, NOON, str(number), "https://answers.example", {}, form)
            return answering.submit(visit, desk).body

        with ThreadPoolExecutor(20) as pool:
            pages = list(pool.map(press, range(20)))
        [kept] = world.responses()
        assert sum("Thank you!</h1>" in page for page in pages) == 1
        assert sum("You have already answered" in page for page in pages) == 19
        assert all(kept["text"] in page for page in pages)
        [aggregate] = world.items("subjects").values()
        assert (aggregate["ratingCount"], aggregate["ratingSum"]) == (1, kept["stars"])


# --- what is told of it --------------------------------------------------------------------------------------------


def test_an_answer_is_counted_once_and_with_what_it_says(world, token, capsys):
    for stars in ("4", "2"):
        world.post(f"/r/{token}", {"stars": stars})
    track = world.token(world.asked(TRACKS))
    world.post(f"/r/{track}", {"thumb": "up"})
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [(each["Program"], each["Submissions"]) for each in metrics] == [
        ("small-reviews", [1.0]),
        ("small-tracks", [1.0]),
    ]
    assert (metrics[0]["Rating"], metrics[1]["ThumbsUp"]) == ([4.0], [1.0])


def test_no_line_of_the_log_holds_a_text_a_name_or_a_token(world, token, log):
    id = world.links.read(token, "answer", NOON)
    for form in ({"text": "secret words"}, {"stars": "4", "text": "secret words"}, {"stars": "4"}):
        world.post(f"/r/{token}", form)
    world.post(f"/u/{world.token(id, 'unsubscribe')}", {})
    world.get(f"/r/{token[:-3]}")
    said = log.getvalue()
    assert all(word in said for word in (id, "unsubscribed", "Forged"))
    for private in ("secret words", "Ada", "ada@example.com", "Paper Lanterns", token[:20], "c1"):
        assert private not in said


@pytest.fixture
def log():
    """All that the pages log, at every level."""
    [handler] = answering.logger.handlers
    before, stream = handler.setStream(StringIO()), handler.stream
    answering.logger.setLevel("DEBUG")
    yield stream
    answering.logger.setLevel("CRITICAL")
    handler.setStream(before)


def test_a_visit_knows_when_and_where_it_came():
    event = json.loads((engage.Path(__file__).parents[2] / "events/solicitation/engage.json").read_text())
    visit = Visit.of(event, event["pathParameters"]["token"])
    assert visit.now == datetime(2026, 11, 21, 17, 4, 11, tzinfo=UTC)
    assert visit.origin == "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
    assert visit.form == {"stars": ["5"], "text": ["Warm light, and it looks just like the pictures."]}
    assert replace(visit, headers={}).locale == "en"

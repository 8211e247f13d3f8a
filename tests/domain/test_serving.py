"""Cursors that cannot be mistaken, one customer's ranking, and answers that have not expired."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.solicitation.last_good import LastGood
from domain.solicitation.listing import Cursor, Listing, Position, score_floor
from domain.solicitation.serving import NO_OPT_OUT, OptOut, Refused, of_customer, shown, without_expired

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
LATER = int((NOW + timedelta(days=3)).timestamp())
LISTING = Listing("small-reviews", "email", 0.5, 2_500)
HASH = "0123456789abcdef" * 2
CURSOR = Cursor(1_000, Position(f"0.734512#{HASH}", "CUSTOMER#c%231"))
PROGRAMS = {"reviews", "music"}


@given(
    given_so_far=st.integers(1, 2_499),
    score=st.integers(500_000, 1_000_000),
    hash=st.text("0123456789abcdef", min_size=32, max_size=32),
    customer=st.text(),
)
def test_a_cursor_reads_back_as_it_was_given(given_so_far, score, hash, customer):
    cursor = Cursor(given_so_far, Position(f"{score / 1e6:.6f}#{hash}", customer))
    assert Cursor.from_text(cursor.to_text(LISTING), LISTING) == cursor


@given(at=st.integers(0, 10_000), by=st.characters(codec="ascii"))
def test_a_cursor_with_any_character_changed_is_refused(at, by):
    text = CURSOR.to_text(LISTING)
    at %= len(text)
    if text[at] != by:
        with pytest.raises(Refused, match="cursor"):
            Cursor.from_text(text[:at] + by + text[at + 1 :], LISTING)


@given(text=st.text() | st.binary().map(lambda raw: urlsafe_b64encode(raw).decode()))
def test_what_is_no_cursor_is_refused_whatever_it_is(text):
    with pytest.raises(Refused):
        Cursor.from_text(text, LISTING)


@pytest.mark.parametrize("change", [{"program": "music"}, {"channel": "voice"}, {"min_score": 0.6}, {"limit": 2_501}])
def test_a_cursor_of_another_listing_is_refused(change):
    with pytest.raises(Refused, match="other parameters"):
        Cursor.from_text(CURSOR.to_text(LISTING), replace(LISTING, **change))


@pytest.mark.parametrize("padding", ["=", "==", " ", "\n"])
def test_a_cursor_has_one_spelling(padding):
    with pytest.raises(Refused):
        Cursor.from_text(CURSOR.to_text(LISTING) + padding, LISTING)


@pytest.mark.parametrize(
    "cursor",
    [
        Cursor(0, CURSOR.position),
        Cursor(2_500, CURSOR.position),
        Cursor(-5, CURSOR.position),
        Cursor(1, Position(f"0.499999#{HASH}", "c")),  # below the least score
        Cursor(1, Position("0.7", "c")),
        Cursor(1, Position(f"0.700000#{HASH}", 7)),  # type: ignore[arg-type]
        Cursor("1", CURSOR.position),  # type: ignore[arg-type]
    ],
)
def test_a_cursor_that_we_would_not_give_is_refused_though_its_seal_is_right(cursor):
    with pytest.raises(Refused):
        Cursor.from_text(cursor.to_text(LISTING), LISTING)


def test_a_cursor_tells_nothing_but_a_position():
    text = CURSOR.to_text(LISTING)
    assert json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))[:3] == [1_000, *CURSOR.position]


@given(st.integers(0, 1_000_000))
def test_the_floor_of_a_stored_score_is_its_own_key(millionths):
    score = round(millionths / 1e6, 6)
    assert score_floor(score) == f"{score:.6f}"


@given(st.floats(0, 1))
def test_no_score_key_between_the_floor_and_the_least_score_is_missed_or_added(least):
    floor = float(score_floor(least))
    assert floor >= least
    assert floor - least < 1.000001e-6


@pytest.mark.parametrize("score", [-0.0, 0, 5e-324])
def test_a_floor_is_never_negative(score):
    assert score_floor(score) in ("0.000000", "0.000001")


def items(subject="p1", program="reviews", score=0.5, channels=("email",), **changes):
    """A candidate's base and index items, as they are read for serving."""
    sk = f"PROGRAM#{program}#SUBJECT#{subject}"
    told = {
        "customerId": "c1",
        "programId": program,
        "subjectId": subject,
        "subjectName": None,
        "marketplace": "US",
        "eventDate": "2026-11-19T00:00:00Z",
        "score": score,
        "expiresAt": LATER,
        **changes,
    }
    base = {"SK": sk, "status": told.pop("status", "OPEN"), "expiresAt": told["expiresAt"]}
    return [base, *({"SK": f"{sk}#CHANNEL#{channel}", "channel": channel, **told} for channel in channels)]


def told(*candidates, opt_out=NO_OPT_OUT, programs=PROGRAMS, channel=None, limit=100):
    flat = [item for candidate in candidates for item in candidate]
    return of_customer(flat, now=NOW, opt_out=opt_out, programs=programs, channel=channel, limit=limit)


def test_a_customers_candidate_tells_its_program_and_its_channels():
    assert told(items(channels=("voice", "email"), genre="jazz")) == [
        {
            "customer": "c1",
            "subject": "p1",
            "subjectName": None,
            "marketplace": "US",
            "eventDate": "2026-11-19T00:00:00Z",
            "score": 0.5,
            "expiresAt": "2026-11-23T10:00:00Z",
            "genre": "jazz",
            "program": "reviews",
            "channels": ["email", "voice"],
        }
    ]


def test_a_customers_candidates_rank_by_score_then_the_latest_event_then_subject():
    found = told(
        items("b", score=0.5),
        items("d", score=0.4, eventDate="2026-11-19T09:00:00Z"),
        items("a", score=0.5),
        items("c", score=0.5, eventDate="2026-11-19T00:00:01Z"),
        items("a", "music", score=0.5),
        items("e", score=0.9),
    )
    assert [(one["subject"], one["program"]) for one in found] == [
        ("e", "reviews"),
        ("c", "reviews"),
        ("a", "music"),
        ("a", "reviews"),
        ("b", "reviews"),
        ("d", "reviews"),
    ]


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.integers(1, 9)), max_size=20), st.integers(1, 25))
def test_a_limit_takes_the_best(parts, limit):
    candidates = [
        items(f"p{n:02}", score=score, eventDate=f"2026-11-0{day}T00:00:00Z") for n, (score, day) in enumerate(parts)
    ]
    assert told(*candidates, limit=limit) == told(*candidates, limit=1_000)[:limit]


@pytest.mark.parametrize(
    ("candidate", "served"),
    [
        (items(), True),
        (items(status="ASKED"), True),  # by mail; this channel's index item is there still
        (items(status="ASKED", channels=()), False),
        (items(status="CONSUMED"), False),
        (items(expiresAt=int(NOW.timestamp())), False),
        (items(expiresAt=int(NOW.timestamp()) + 1), True),
        (items()[1:], False),  # the batch has not written the candidate itself yet
        (items(program="gone"), False),
    ],
)
def test_only_what_may_be_asked_now_is_served(candidate, served):
    assert bool(told(candidate)) is served


def test_a_channel_serves_the_candidates_that_may_be_asked_there():
    both, mail = items("p1", channels=("email", "voice")), items("p2")
    assert [one["subject"] for one in told(both, mail, channel="voice")] == ["p1"]
    assert told(both, channel="voice")[0]["channels"] == ["voice"]


def test_ids_that_look_like_our_separators_stay_whole():
    [one] = told(items("a%23CHANNEL%23b", subjectId="a#CHANNEL#b"))
    assert one["subject"] == "a#CHANNEL#b"


@pytest.mark.parametrize(
    ("opt_out", "left"),
    [
        (OptOut(), {"reviews", "music"}),
        (OptOut(programs=frozenset({"music"})), {"reviews"}),
        (OptOut(everything=True), set()),
    ],
)
def test_who_has_opted_out_is_served_nothing_of_it(opt_out, left):
    assert {one["program"] for one in told(items(), items(program="music"), opt_out=opt_out)} == left


def test_an_older_answer_loses_what_has_expired_since():
    good, gone = shown(items()[1]), shown(items(expiresAt=int(NOW.timestamp()))[1])
    assert without_expired({"candidates": [good, gone], "cursor": "x"}, NOW) == {"candidates": [good], "cursor": "x"}
    assert without_expired({"customers": {"c1": [gone], "c2": [good]}}, NOW) == {"customers": {"c1": [], "c2": [good]}}


def test_an_answer_is_kept_for_five_minutes():
    last_good = LastGood()
    last_good.keep("q", b"answer", NOW)
    assert last_good.find("q", NOW + timedelta(minutes=5)).body == b"answer"
    assert last_good.find("q", NOW + timedelta(minutes=5, milliseconds=1)) is None
    assert last_good.held == 0


def test_the_answers_used_longest_ago_go_first():
    last_good = LastGood(most=2)
    for question in ("a", "b"):
        last_good.keep(question, b"x", NOW)
    last_good.find("a", NOW)
    last_good.keep("c", b"x", NOW)
    assert list(last_good.answers) == ["a", "c"]


def test_large_answers_are_kept_as_far_as_there_is_room():
    last_good = LastGood(most_bytes=10)
    for question in ("a", "b", "c"):
        last_good.keep(question, b"12345", NOW)
    assert list(last_good.answers) == ["b", "c"]
    last_good.keep("d", b"x" * 11, NOW)
    assert (list(last_good.answers), last_good.held) == ([], 0)


def test_a_newer_answer_takes_the_older_ones_place():
    last_good = LastGood()
    last_good.keep("q", b"old", NOW)
    last_good.keep("q", b"newer", NOW + timedelta(minutes=1))
    assert (last_good.find("q", NOW).body, last_good.held) == (b"newer", 5)


def test_dropped_answers_are_those_that_are_unwanted():
    last_good = LastGood()
    for question, body in {"a": b'["c1"]', "b": b'["c2"]'}.items():
        last_good.keep(question, body, NOW)
    last_good.drop(lambda body: b'"c1"' in body)
    assert (list(last_good.answers), last_good.held) == (["b"], 6)

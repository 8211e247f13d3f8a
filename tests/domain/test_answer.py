"""What a form says, what it may not say, and the item that an answer becomes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs_in_small import REVIEWS

from domain.solicitation.answer import TAGS, Answer, Form, Invalid, Opinion, asks_thumbs, validated
from domain.solicitation.submission import completed, consumption, index_keys, outbox_item

TRACKS = replace(REVIEWS, id="small-tracks", subject_type="track")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BARE = Answer("small-reviews", "c1", "p1", "email", NOON, Opinion(stars=4))


@pytest.mark.parametrize(
    ("form", "opinion"),
    [
        ({"stars": ["1"]}, Opinion(stars=1)),
        ({"stars": ["5"], "text": ["  good \r\n light  "]}, Opinion(stars=5, text="good \n light")),
        ({"stars": ["5"], "text": [" \r\n "]}, Opinion(stars=5)),
        ({"stars": ["5"], "text": ["a\x00b\x1bc\td"]}, Opinion(stars=5, text="abc\td")),
        ({"stars": ["3"], "text": ["é" * 5000]}, Opinion(stars=3, text="é" * 5000)),
        ({"stars": ["2"], "thumb": ["up"], "tags": ["jazz"], "customer": ["c2"]}, Opinion(stars=2)),
    ],
)
def test_a_review_is_stars_and_perhaps_a_text(form: Form, opinion: Opinion) -> None:
    assert validated(form, REVIEWS) == opinion


@pytest.mark.parametrize(
    ("form", "opinion"),
    [
        ({"thumb": ["up"]}, Opinion(thumb="up")),
        ({"thumb": ["down"], "text": ["夜" * 200]}, Opinion(thumb="down", text="夜" * 200)),
        ({"thumb": ["up"], "tags": ["rock", "jazz", "rock"]}, Opinion(thumb="up", tags=("jazz", "rock"))),
        ({"thumb": ["up"], "tags": list(TAGS)}, Opinion(thumb="up", tags=TAGS)),
    ],
)
def test_feedback_is_a_thumb_and_perhaps_a_comment_and_tags(form: Form, opinion: Opinion) -> None:
    assert validated(form, TRACKS) == opinion


@pytest.mark.parametrize(
    ("program", "form", "field", "reason"),
    [
        (REVIEWS, {}, "stars", "required"),
        (REVIEWS, {"stars": [""]}, "stars", "required"),
        (REVIEWS, {"thumb": ["up"]}, "stars", "required"),
        (REVIEWS, {"stars": ["0"]}, "stars", "unknown"),
        (REVIEWS, {"stars": ["6"]}, "stars", "unknown"),
        (REVIEWS, {"stars": ["٣"]}, "stars", "unknown"),
        (REVIEWS, {"stars": ["5 "]}, "stars", "unknown"),
        (REVIEWS, {"stars": ["4.5"]}, "stars", "unknown"),
        (REVIEWS, {"stars": ["4", "5"]}, "stars", "unknown"),
        (REVIEWS, {"stars": ["4"], "text": ["x" * 5001]}, "text", "too_long"),
        (TRACKS, {"stars": ["4"]}, "thumb", "required"),
        (TRACKS, {"thumb": ["UP"]}, "thumb", "unknown"),
        (TRACKS, {"thumb": ["up"], "text": ["x" * 201]}, "text", "too_long"),
        (TRACKS, {"thumb": ["up"], "tags": ["polka"]}, "tags", "unknown"),
    ],
)
def test_a_fault_is_named_by_its_field(program, form, field, reason) -> None:
    with pytest.raises(Invalid) as fault:
        validated(form, program)
    assert (fault.value.field, fault.value.reason) == (field, reason)


@given(st.dictionaries(st.sampled_from(["stars", "thumb", "text", "tags", "x"]), st.lists(st.text(), max_size=3)))
def test_any_form_is_an_opinion_or_a_fault(form: Form) -> None:
    for program in (REVIEWS, TRACKS):
        try:
            opinion = validated(form, program)
        except Invalid:
            continue
        assert (opinion.thumb is not None) == asks_thumbs(program)
        assert (opinion.stars is None) == asks_thumbs(program)
        assert len(opinion.text or "") <= 5000


WORDS = st.text(min_size=1, max_size=9)
MAYBE = st.none() | WORDS
OPINIONS = st.builds(Opinion, stars=st.integers(1, 5), text=MAYBE) | st.builds(
    Opinion, thumb=st.sampled_from(["up", "down"]), text=MAYBE, tags=st.just(()) | st.just(("jazz", "rock"))
)


@given(
    st.builds(
        Answer,
        program=WORDS,
        customer=WORDS,
        subject=WORDS,
        channel=WORDS,
        submitted_at=st.integers(1_600_000_000, 2_000_000_000).map(lambda epoch: datetime.fromtimestamp(epoch, UTC)),
        opinion=OPINIONS,
        photos=st.just(()) | st.just(("photos/d/1-a",)),
        delivery=MAYBE,
        campaign=MAYBE,
        delivered_at=MAYBE,
        subject_name=MAYBE,
        genre=MAYBE,
        score=st.none() | st.floats(0, 1),
    )
)
def test_an_answer_is_the_same_after_it_was_an_item(answer: Answer) -> None:
    assert Answer.from_item(answer.to_item()) == answer


def test_answers_of_one_question_have_one_key_and_others_have_others() -> None:
    ids = ["a", "b", "a#b", "a%23b", "#", "%"]
    keys = {
        (k["PK"], k["SK"])
        for p in ids
        for c in ids
        for s in ids
        for k in [replace(BARE, program=p, customer=c, subject=s).key]
    }
    assert len(keys) == len(ids) ** 3


def test_what_the_answer_leaves_open_comes_from_the_delivery_then_the_candidate() -> None:
    candidate = {
        "subject": {"type": "product", "name": "Lamp"},
        "attributes": {"genre": "jazz", "artist": "a7"},
        "score": 0.5,
    }
    delivery = {"subjectName": "Desk lamp", "campaign": "k", "score": 0.0, "sentAt": "early", "timeline": {}}
    whole = completed(BARE, candidate, delivery)
    assert (whole.subject_name, whole.subject_type, whole.genre, whole.artist) == ("Desk lamp", "product", "jazz", "a7")
    assert (whole.score, whole.campaign, whole.delivered_at) == (0.0, "k", "early")
    assert completed(BARE, {}, {}) == BARE
    assert completed(replace(BARE, genre="folk"), candidate, delivery).genre == "folk"


def test_a_reported_delivery_is_when_the_mail_was_delivered() -> None:
    delivery = {"sentAt": "early", "timeline": {"delivered": "later"}}
    assert consumption(completed(BARE, {}, delivery)) == {
        "channel": "email",
        "deliveredAt": "later",
        "submittedAt": "2026-11-21T12:00:00Z",
    }


def test_a_candidate_leaves_the_index_of_each_of_its_channels() -> None:
    base = {"PK": "CUSTOMER#c1", "SK": "PROGRAM#p#SUBJECT#s", "channels": ["email", "voice#2"]}
    assert [key["SK"] for key in index_keys(base)] == [
        "PROGRAM#p#SUBJECT#s#CHANNEL#email",
        "PROGRAM#p#SUBJECT#s#CHANNEL#voice%232",
    ]


def test_the_event_is_named_for_what_was_given() -> None:
    assert outbox_item(BARE)["detailType"] == "ReviewSubmitted"
    assert outbox_item(replace(BARE, opinion=Opinion(thumb="down")))["detailType"] == "FeedbackSubmitted"

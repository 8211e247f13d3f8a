"""An answer is stored once with all that follows from it, however many come at a time and whatever crashes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count as count_up

import boto3
import pytest
from answer_world import NOON, REVIEWS, TABLES, TRACKS, answers_of, ask, make_tables
from botocore.exceptions import ClientError
from candidates_table import whole
from moto import mock_aws

from adapters.aws import batch_items
from adapters.aws.quick_bodies import quicken
from adapters.aws.session import QUICK
from domain.errors import Unavailable
from domain.solicitation.answer import Answer, Opinion
from domain.solicitation.keys import customer_key

FIVE = Opinion(stars=5, text="Warm light")
UP = Opinion(thumb="up", tags=("jazz", "rock"))
WORLDS = count_up()


@pytest.fixture
def dynamodb(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = quicken(boto3.client("dynamodb", config=QUICK))
        make_tables(client)
        yield client


@pytest.fixture
def answers(dynamodb):
    return answers_of(dynamodb, TABLES)


@pytest.fixture
def shared(ministack):
    """The tables where many may write at a time: moto in this process bears only one."""
    dynamodb = quicken(ministack.client("dynamodb", config=QUICK))
    names = make_tables(dynamodb, f"answers{next(WORLDS)}-")
    return answers_of(dynamodb, names)


def answer(program, opinion, customer="c1", subject="p1", **more):
    return Answer(program.id, customer, subject, "email", NOON, opinion, **more)


def tables_of(answers):
    return {argument: getattr(answers, argument) for argument in TABLES}


def items(answers, name):
    return whole(answers.dynamodb, getattr(answers, f"{name}_table"))


def aggregate(answers, program, subject="p1"):
    return items(answers, "subjects")[f"PROGRAM#{program.id}#SUBJECT#{subject}", "AGGREGATE"]


def count(answers, program):
    """The campaign's count of answers, over all shards."""
    return sum(
        item.get("answered", 0)
        for (pk, sk), item in items(answers, "deliveries").items()
        if pk == f"CAMPAIGN#{program.id}.2026-11-20.US" and sk.startswith("COUNT#")
    )


def test_an_answer_is_kept_with_what_only_the_delivery_and_the_candidate_know(answers):
    id = ask(answers.dynamodb, TABLES, REVIEWS)
    submitted = answers.submit(answer(REVIEWS, FIVE, delivery=id, photos=(f"photos/{id}/1-a",)), REVIEWS)
    stands = answers.standing("small-reviews", "c1", "p1")
    assert submitted.first
    assert submitted.answer == stands
    assert (stands.opinion, stands.photos, stands.score) == (FIVE, (f"photos/{id}/1-a",), 0.9)
    assert (stands.campaign, stands.marketplace, stands.locale) == ("small-reviews.2026-11-20.US", "US", "en-US")
    assert (stands.subject_name, stands.genre, stands.artist) == ("Paper Lanterns & Co", "jazz", "artist-7")
    assert (stands.delivered_at, stands.submitted_at) == ("2026-11-20T15:00:05Z", NOON)


def test_a_mail_whose_delivery_was_not_reported_counts_from_when_it_was_sent(answers):
    id = ask(answers.dynamodb, TABLES, REVIEWS, timeline={})
    assert answers.submit(answer(REVIEWS, FIVE, delivery=id), REVIEWS).answer.delivered_at == "2026-11-20T15:00:02Z"


def test_an_answer_consumes_the_candidate_on_every_channel(answers):
    id = ask(answers.dynamodb, TABLES, TRACKS)
    answers.submit(answer(TRACKS, UP, delivery=id), TRACKS)
    [base] = items(answers, "candidates").values()  # the voice channel's item has gone too
    assert (base["status"], base["version"]) == ("CONSUMED", 3)
    assert base["consumed"] == {
        "channel": "email",
        "deliveredAt": "2026-11-20T15:00:05Z",
        "submittedAt": "2026-11-21T12:00:00Z",
    }


def test_ratings_add_up_by_subject(answers):
    for customer, stars in (("c1", 5), ("c2", 2)):
        id = ask(answers.dynamodb, TABLES, REVIEWS, customer)
        answers.submit(answer(REVIEWS, Opinion(stars=stars), customer, delivery=id), REVIEWS)
    stands = aggregate(answers, REVIEWS)
    assert (stands["ratingCount"], stands["ratingSum"], stands["name"]) == (2, 7, "Paper Lanterns & Co")


def test_thumbs_and_tags_add_up_by_subject(answers):
    opinions = {"c1": UP, "c2": Opinion(thumb="down"), "c3": Opinion(thumb="up", tags=("folk", "jazz"))}
    for customer, opinion in opinions.items():
        id = ask(answers.dynamodb, TABLES, TRACKS, customer)
        answers.submit(answer(TRACKS, opinion, customer, delivery=id), TRACKS)
    stands = aggregate(answers, TRACKS)
    assert (stands["thumbsUp"], stands["thumbsDown"], stands["artist"]) == (2, 1, "artist-7")
    assert stands["tags"] == {"jazz": 2, "rock": 1, "folk": 1}


def test_the_customer_the_delivery_and_the_campaign_know_of_the_answer(answers):
    for subject in ("p1", "p2"):
        id = ask(answers.dynamodb, TABLES, REVIEWS, subject=subject)
        answers.submit(answer(REVIEWS, FIVE, subject=subject, delivery=id), REVIEWS)
        assert items(answers, "deliveries")[f"DELIVERY#{id}", "DELIVERY"]["timeline"] == {
            "delivered": "2026-11-20T15:00:05Z",
            "answered": "2026-11-21T12:00:00Z",
        }
    assert items(answers, "customers")["CUSTOMER#c1", "PROGRAM#small-reviews"]["answered"] == {"p1", "p2"}
    assert count(answers, REVIEWS) == 2


def test_a_delivery_without_a_timeline_gets_one(answers):
    id = ask(answers.dynamodb, TABLES, REVIEWS, timeline=None)
    answers.submit(answer(REVIEWS, FIVE, delivery=id), REVIEWS)
    assert items(answers, "deliveries")[f"DELIVERY#{id}", "DELIVERY"]["timeline"] == {
        "answered": "2026-11-21T12:00:00Z"
    }


def test_an_event_waits_beside_the_answer_and_holds_no_contact_data(answers):
    id = ask(answers.dynamodb, TABLES, REVIEWS)
    answers.submit(answer(REVIEWS, FIVE, delivery=id), REVIEWS)
    event = items(answers, "responses")["OUTBOX#c1#small-reviews#p1", "EVENT"]
    assert (event["detailType"], event["detail"]["responseId"]) == ("ReviewSubmitted", "c1#small-reviews#p1")
    assert (event["detail"]["stars"], event["detail"]["customer"]) == (5, "c1")
    assert event["expiresAt"] == int((NOON + timedelta(days=7)).timestamp())
    assert "ada@example.com" not in str(items(answers, "responses"))


def test_a_day_and_its_shard_lead_to_the_answer(answers):
    id = ask(answers.dynamodb, TABLES, REVIEWS)
    answers.submit(answer(REVIEWS, FIVE, delivery=id), REVIEWS)
    item = items(answers, "responses")["CUSTOMER#c1", "PROGRAM#small-reviews#SUBJECT#p1"]
    assert item["GSI1PK"] in {f"PROGRAM#small-reviews#DATE#2026-11-21#{shard}" for shard in range(4)}
    assert item["GSI1SK"] == "2026-11-21T12:00:00Z#c1#p1"


def test_a_second_answer_is_shown_the_first_and_changes_nothing(answers):
    id = ask(answers.dynamodb, TABLES, REVIEWS)
    first = answers.submit(answer(REVIEWS, FIVE, delivery=id), REVIEWS)
    before = [items(answers, name.removesuffix("_table")) for name in TABLES]
    later = replace(answer(REVIEWS, Opinion(stars=1), delivery=id), submitted_at=NOON + timedelta(minutes=1))
    second = answers.submit(later, REVIEWS)
    assert (second.first, second.answer) == (False, first.answer)
    assert [items(answers, name.removesuffix("_table")) for name in TABLES] == before


def test_an_answer_by_voice_needs_no_delivery_and_consumes_the_candidate_for_mail_too(answers):
    ask(answers.dynamodb, TABLES, TRACKS)
    said = Answer(TRACKS.id, "c1", "p1", "voice-assistant", NOON, Opinion(thumb="up"))
    submitted = answers.submit(said, TRACKS)
    assert (submitted.answer.subject_name, submitted.answer.marketplace) == ("Paper Lanterns & Co", "US")
    [base] = items(answers, "candidates").values()
    assert base["consumed"] == {
        "channel": "voice-assistant",
        "deliveredAt": None,
        "submittedAt": "2026-11-21T12:00:00Z",
    }
    assert count(answers, TRACKS) == 0  # no mail was answered


def test_an_answer_counts_although_its_candidate_has_expired(answers):
    id = ask(answers.dynamodb, TABLES, REVIEWS)
    keys = [dict(zip(("PK", "SK"), key, strict=True)) for key in items(answers, "candidates")]
    batch_items.delete(answers.dynamodb, "Candidates", keys)
    assert answers.submit(answer(REVIEWS, FIVE, delivery=id), REVIEWS).first
    assert aggregate(answers, REVIEWS)["ratingCount"] == 1
    assert items(answers, "candidates") == {}


def test_an_answer_counts_although_its_delivery_has_expired(answers):
    id = ask(answers.dynamodb, TABLES, REVIEWS)
    batch_items.delete(answers.dynamodb, "Deliveries", [{"PK": f"DELIVERY#{id}", "SK": "DELIVERY"}])
    assert answers.submit(answer(REVIEWS, FIVE, delivery=id), REVIEWS).first
    assert items(answers, "deliveries") == {}


def test_ids_that_hold_our_separator_stay_apart(answers):
    id = ask(answers.dynamodb, TABLES, REVIEWS, "c#1", "p#1")
    answers.submit(answer(REVIEWS, FIVE, "c#1", "p#1", delivery=id), REVIEWS)
    assert answers.standing("small-reviews", "c#1", "p#1").customer == "c#1"
    [candidate] = items(answers, "candidates").values()
    assert (candidate["PK"], candidate["status"]) == (customer_key("c#1"), "CONSUMED")


def test_of_twenty_answers_at_a_time_one_stands_and_counts(shared):
    id = ask(shared.dynamodb, tables_of(shared), REVIEWS)
    said = [answer(REVIEWS, Opinion(stars=1 + number % 5, text=f"{number}"), delivery=id) for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        submitted = list(pool.map(lambda one: shared.submit(one, REVIEWS), said))
    [first] = [each.answer for each in submitted if each.first]
    assert {each.answer for each in submitted} == {first}
    stands = aggregate(shared, REVIEWS)
    assert (stands["ratingCount"], stands["ratingSum"]) == (1, first.opinion.stars)
    assert count(shared, REVIEWS) == 1


def test_of_twenty_people_at_a_time_every_answer_counts(shared):
    ids = {f"c{number}": ask(shared.dynamodb, tables_of(shared), TRACKS, f"c{number}") for number in range(20)}
    said = [answer(TRACKS, UP, customer, delivery=id) for customer, id in ids.items()]
    with ThreadPoolExecutor(20) as pool:
        assert all(each.first for each in pool.map(lambda one: shared.submit(one, TRACKS), said))
    stands = aggregate(shared, TRACKS)
    assert (stands["thumbsUp"], stands["tags"], count(shared, TRACKS)) == (20, {"jazz": 20, "rock": 20}, 20)


class Refusing:
    """A DynamoDB whose first transactions are cancelled for one reason."""

    def __init__(self, dynamodb, times, reason):
        self.dynamodb, self.times, self.reason = dynamodb, times, reason

    def __getattr__(self, name):
        return getattr(self.dynamodb, name)

    def transact_write_items(self, **request):
        if not self.times:
            return self.dynamodb.transact_write_items(**request)
        self.times -= 1
        answer = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": [{"Code": self.reason}]}
        raise ClientError(answer, "TransactWriteItems")


class Overtaken:
    """A DynamoDB in which something else happens right before the first transaction."""

    def __init__(self, dynamodb, meanwhile):
        self.dynamodb, self.meanwhile = dynamodb, meanwhile

    def __getattr__(self, name):
        return getattr(self.dynamodb, name)

    def transact_write_items(self, **request):
        self.meanwhile()
        self.meanwhile = lambda: None
        return self.dynamodb.transact_write_items(**request)


def test_a_candidate_that_moved_meanwhile_is_consumed_as_it_then_stands(answers):
    id = ask(answers.dynamodb, TABLES, REVIEWS)

    def replaced():
        [base] = items(answers, "candidates").values()
        index = {"PK": base["PK"], "SK": f"{base['SK']}#CHANNEL#push"}
        moved = {**base, "version": 7, "channels": ["email", "push"]}
        batch_items.put(answers.dynamodb, "Candidates", [index, moved])

    overtaken = replace(answers, dynamodb=Overtaken(answers.dynamodb, replaced))
    assert overtaken.submit(answer(REVIEWS, FIVE, delivery=id), REVIEWS).first
    [base] = items(answers, "candidates").values()
    assert (base["status"], base["version"]) == ("CONSUMED", 8)


def test_a_candidate_that_appears_meanwhile_is_consumed_too(answers):
    def appeared():
        ask(answers.dynamodb, TABLES, TRACKS)

    overtaken = replace(answers, dynamodb=Overtaken(answers.dynamodb, appeared))
    said = Answer(TRACKS.id, "c1", "p1", "voice-assistant", NOON, Opinion(thumb="up"))
    assert overtaken.submit(said, TRACKS).answer.artist == "artist-7"
    assert [base["status"] for base in items(answers, "candidates").values()] == ["CONSUMED"]


def test_a_delivery_and_tags_that_moved_meanwhile_keep_what_others_wrote(answers):
    id = ask(answers.dynamodb, TABLES, TRACKS, timeline=None)

    def moved():
        key = {"PK": {"S": f"DELIVERY#{id}"}, "SK": {"S": "DELIVERY"}}
        opened = {":timeline": {"M": {"opened": {"S": "2026-11-20T16:00:00Z"}}}}
        answers.dynamodb.update_item(
            TableName="Deliveries",
            Key=key,
            UpdateExpression="SET timeline = :timeline",
            ExpressionAttributeValues=opened,
        )
        other = ask(answers.dynamodb, TABLES, TRACKS, "c2")
        answers.submit(answer(TRACKS, Opinion(thumb="up", tags=("folk",)), "c2", delivery=other), TRACKS)

    overtaken = replace(answers, dynamodb=Overtaken(answers.dynamodb, moved))
    assert overtaken.submit(answer(TRACKS, UP, delivery=id), TRACKS).first
    timeline = items(answers, "deliveries")[f"DELIVERY#{id}", "DELIVERY"]["timeline"]
    assert timeline == {"opened": "2026-11-20T16:00:00Z", "answered": "2026-11-21T12:00:00Z"}
    assert aggregate(answers, TRACKS)["tags"] == {"folk": 1, "jazz": 1, "rock": 1}


def test_a_conflict_is_tried_again(answers):
    id = ask(answers.dynamodb, TABLES, REVIEWS)
    waits = []
    patient = replace(
        answers,
        dynamodb=Refusing(answers.dynamodb, 3, "TransactionConflict"),
        backoff=replace(answers.backoff, sleep=waits.append),
    )
    assert patient.submit(answer(REVIEWS, FIVE, delivery=id), REVIEWS).first
    assert len(waits) == 3
    assert aggregate(answers, REVIEWS)["ratingCount"] == 1


def test_conflicts_without_end_are_unavailable_and_nothing_happened(answers):
    id = ask(answers.dynamodb, TABLES, REVIEWS)
    busy = replace(answers, dynamodb=Refusing(answers.dynamodb, 1000, "TransactionConflict"))
    with pytest.raises(Unavailable, match="in the way 40 times"):
        busy.submit(answer(REVIEWS, FIVE, delivery=id), REVIEWS)
    assert items(answers, "responses") == {}


def test_what_keeps_moving_is_unavailable_and_nothing_happened(answers):
    id = ask(answers.dynamodb, TABLES, REVIEWS)
    moving = replace(answers, dynamodb=Refusing(answers.dynamodb, 1000, "ConditionalCheckFailed"))
    with pytest.raises(Unavailable, match="kept moving, 40 times"):
        moving.submit(answer(REVIEWS, FIVE, delivery=id), REVIEWS)
    assert items(answers, "responses") == {}


def test_a_transaction_that_can_never_hold_is_a_bug(answers):
    wrong = replace(answers, dynamodb=Refusing(answers.dynamodb, 1, "ValidationError"))
    with pytest.raises(ClientError):
        wrong.submit(answer(REVIEWS, FIVE), REVIEWS)

"""One candidate, its items; and what a run does where items stand already."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from programs_in_small import AT, READY, REVIEWS, RUN

from domain.solicitation.program import Channel
from domain.solicitation.run import bucket_of
from domain.solicitation.stored import Choice, decide, orphans, shard_of, storer, succeeding

VOICE = Channel("voice", "voice", {})
SCORE = {"value": 0.734512, "fallback": False, "models": [["m1", "2", 0.7], ["m2", "1", 0.8]], "missing": []}
NEXT_DAY = replace(RUN, id="small-reviews/2026-11-21", date=date(2026, 11, 21), started_at=AT + timedelta(days=1))


def row(customer="c1", subject="p1", **changes):
    return {**READY.to_row(), "customer": customer, "subject": subject, "score": SCORE, **changes}


def stored(program=REVIEWS, run=RUN, **changes):
    return storer(program, run)(row(**changes))


def test_a_base_item_says_all_that_is_known_of_a_candidate():
    base = stored(attributes={"subjectName": "Kettle", "orderValue": 12.5}).base
    assert {name: base[name] for name in base if name not in ("GSI2PK", "contentHash")} == {
        "PK": "CUSTOMER#c1",
        "SK": "PROGRAM#small-reviews#SUBJECT#p1",
        "GSI2SK": "c1#p1",
        "customerId": "c1",
        "programId": "small-reviews",
        "subject": {"type": "product", "id": "p1", "name": "Kettle"},
        "context": [{"type": "marketplace", "id": "US"}, {"type": "program", "id": "small-reviews"}],
        "eventDate": "2026-11-19T00:00:00Z",
        "marketplace": "US",
        "attributes": {"orderValue": 12.5},
        "channels": ["email"],
        "score": 0.734512,
        "scoreFallback": False,
        "scores": {"m1": {"version": "2", "value": 0.7}, "m2": {"version": "1", "value": 0.8}},
        "sourceConnectorId": "athena-deliveries",
        "status": "OPEN",
        "createdAt": "2026-11-20T02:00:00Z",
        "updatedAt": "2026-11-20T02:00:00Z",
        "version": 1,
        "expiresAt": int((AT + timedelta(days=30)).timestamp()),
        "runId": "small-reviews/2026-11-20",
    }
    assert base["GSI2PK"] == f"PROGRAM#small-reviews#DATE#2026-11-20#{shard_of('c1', 4)}"


def test_an_index_item_holds_what_serving_returns_and_no_more():
    [item] = stored(attributes={"subjectName": "Kettle", "genre": "kitchen", "orderValue": 12.5}).index
    assert item.pop("GSI1PK") == f"PROGRAM#small-reviews#CHANNEL#email#{shard_of('c1', 4)}"
    assert item.pop("GSI1SK").startswith("0.734512#")
    assert item == {
        "PK": "CUSTOMER#c1",
        "SK": "PROGRAM#small-reviews#SUBJECT#p1#CHANNEL#email",
        "customerId": "c1",
        "programId": "small-reviews",
        "channel": "email",
        "subjectType": "product",
        "subjectId": "p1",
        "subjectName": "Kettle",
        "marketplace": "US",
        "eventDate": "2026-11-19T00:00:00Z",
        "score": 0.734512,
        "genre": "kitchen",
        "expiresAt": int((AT + timedelta(days=30)).timestamp()),
    }


def test_each_channel_has_its_own_index_item():
    items = stored(replace(REVIEWS, channels=(*REVIEWS.channels, VOICE))).index
    assert [item["channel"] for item in items] == ["email", "voice"]
    assert len({item["SK"] for item in items}) == 2


def test_the_same_row_always_gives_the_same_items():
    assert stored() == stored()
    assert stored(attributes={"a": 1.0, "b": 2.0}) == stored(attributes={"b": 2.0, "a": 1.0})


def test_ids_with_separators_cannot_collide():
    keys = {stored(customer=customer, subject=subject).key for customer, subject in CUNNING}
    tie_breaks = {stored(customer=customer, subject=subject).index[0]["GSI1SK"] for customer, subject in CUNNING}
    assert len(keys) == len(tie_breaks) == len(CUNNING)


CUNNING = [("a#b", "c"), ("a", "b#c"), ("a%23b", "c"), ("a", "b#CHANNEL#email"), ("a", "b"), ("a%b", "c")]


def test_the_date_index_by_subject_names_the_track():
    base = stored(replace(REVIEWS, date_index_by_subject=True), subject="t#1").base
    assert base["GSI2PK"] == f"PROGRAM#small-reviews#SUBJECT#t%231#DATE#2026-11-20#{shard_of('c1', 4)}"


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.000000"), (1.0, "1.000000"), (0.1, "0.100000"), (1e-6, "0.000001")]
)
def test_scores_sort_as_text_as_they_sort_as_numbers(value, text):
    [item] = stored(score={**SCORE, "value": value}).index
    assert item["GSI1SK"].split("#")[0] == text


def test_customers_spread_over_all_shards_within_any_one_bucket():
    of_one_bucket = [str(n) for n in range(2000) if bucket_of(str(n), 8) == "00"]
    shares = [sum(shard_of(customer, 8) == shard for customer in of_one_bucket) for shard in range(8)]
    assert min(shares) > len(of_one_bucket) / 16


@pytest.mark.parametrize(
    ("changes", "choice"),
    [
        (None, Choice("created", "create")),
        ({}, Choice("created")),  # this run's own work, repeated
        ({"version": 2}, Choice("updated")),
        ({"runId": "small-reviews/2026-11-19"}, Choice("unchanged")),
        ({"contentHash": "other"}, Choice("updated", "replace")),
        ({"contentHash": "other", "runId": "small-reviews/2026-11-19"}, Choice("updated", "replace")),
        ({"status": "ASKED"}, Choice("kept")),
        ({"status": "CONSUMED", "contentHash": "other"}, Choice("kept")),
        ({"updatedAt": "2026-11-21T02:00:00Z", "contentHash": "other"}, Choice("kept")),  # a later day's run came first
        ({"expiresAt": int(AT.timestamp())}, Choice("created", "create")),
        ({"expiresAt": int(AT.timestamp()) + 1}, Choice("created")),
        ({"expiresAt": int(AT.timestamp()), "status": "CONSUMED"}, Choice("created", "create")),
    ],
)
def test_what_stands_decides_what_is_done(changes, choice):
    new = stored()
    standing = None if changes is None else {**new.base, **changes}
    assert decide(new, standing, AT) == choice


@pytest.mark.parametrize(
    "change",
    [
        {"eventDate": "2026-11-18T00:00:00Z"},
        {"marketplace": "UK"},
        {"connector": "other"},
        {"context": [["marketplace", "UK"]]},
        {"attributes": {"subjectName": "Teapot"}},
        {"score": {**SCORE, "value": 0.7}},
        {"score": {**SCORE, "fallback": True}},
        {"score": {**SCORE, "models": [["m1", "3", 0.7]]}},
    ],
)
def test_any_change_of_content_is_an_update(change):
    assert decide(stored(**change), stored().base, AT) == Choice("updated", "replace")


def test_another_day_alone_is_no_change():
    assert decide(stored(run=NEXT_DAY), stored().base, NEXT_DAY.started_at) == Choice("unchanged")


def test_a_successor_keeps_when_it_was_created_and_counts_on():
    later = succeeding(stored(run=NEXT_DAY, marketplace="UK"), {**stored().base, "version": 3})
    assert (later.base["createdAt"], later.base["updatedAt"]) == ("2026-11-20T02:00:00Z", "2026-11-21T02:00:00Z")
    assert (later.base["version"], later.base["runId"]) == (4, "small-reviews/2026-11-21")


def test_index_items_of_a_channel_the_program_dropped_are_orphans():
    before = stored(replace(REVIEWS, channels=(*REVIEWS.channels, VOICE)))
    assert orphans(stored(), before.base) == [{"PK": "CUSTOMER#c1", "SK": before.index[1]["SK"]}]
    assert orphans(before, stored().base) == []

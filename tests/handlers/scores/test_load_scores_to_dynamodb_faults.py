"""What goes wrong on the way from the stream into the rows: hostile records, a table or bucket out of reach, a process that dies."""

import base64
import json
from datetime import UTC, datetime
from itertools import count

import pytest
from score_batches import NEW, batch, document, emptied, refuse
from scores_world import TABLE, scores_world

from adapters.aws.parked_records import ParkedRecords
from adapters.aws.score_table import ScoreTable
from domain.scores.marks import read_marks
from handlers.scores import load_scores_to_dynamodb as stage

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def kept():
    with scores_world(stage) as world:
        yield world


@pytest.fixture
def world(kept):
    stage.live.cache_clear()  # tests teach its clients what to refuse
    return emptied(kept)


def parked(world):
    return [json.loads(line) for body in world.objects("errors/").values() for line in body.splitlines()]


HOSTILE = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"\xff\xfe{}",
    b'{"campaignId": "\\ud800"}',
    b"[" * 2000,
    b'{"score": 1e999}',
    *({**document(), name: None} for name in ("campaignId", "globalUserId", "score", "isVerified", "__meta")),
    {**document(), "campaignId": 7},
    {**document(), "globalUserId": ""},
    {**document(), "globalUserId": "x" * 2100},
    {**document(), "campaignId": "x" * 1100},
    {**document(), "score": "0.9"},
    {**document(), "score": True},
    {**document(), "score": 1e200},
    {**document(), "isVerified": "true"},
    {**document(), "__meta": "x"},
    {**document(), "__meta": {"load": "a", "version": "b", "part": "c"}},
    {**document(), "__meta": {"load": "a:b", "version": "b", "part": 1}},
    {**document(), "__meta": {"load": "a", "version": None, "part": 1}},
    {**document(), "__meta": {"load": 7, "version": "b", "part": 1}},
    {**document(), "rank": "first@people.example"},
    {**document(), "rank": 1e308},
    {**document(), "rank": [1]},
    {**document(), "events": [1]},
    {**document(), "origin": "phone"},
    {**document(), "events": {"0": {"score": 1e-200}}},
]


def test_what_cannot_be_taken_is_parked_as_it_came_with_its_reason_and_blocks_nobody(world):
    told = stage.handler(batch(document("before"), *HOSTILE, document("after")), None)
    assert (told["in"], told["created"], told["batchItemFailures"]) == (len(HOSTILE) + 2, 2, [])
    assert told["invalid"] == len(HOSTILE)
    assert {found["globalUserId"] for found in world.items()} == {"before", "after"}
    kept = {line["eventId"]: line for line in parked(world)}
    for number, it in enumerate(HOSTILE, start=490_001):
        line = kept.pop(f"shardId-0:{number}")
        assert base64.b64decode(line["data"]) == (it if isinstance(it, bytes) else json.dumps(it).encode())
        assert line["reason"]
    assert not kept
    assert "people.example" not in "".join(line["reason"] for line in parked(world))


def test_parked_records_lie_under_the_name_of_their_reader_once_however_often_they_come(world):
    for _ in range(3):
        stage.handler(batch(document(), b"{", b"["), None)
    [key] = world.objects()
    assert key.startswith("errors/load_scores_to_dynamodb/shardId-0-490001-")
    assert [line["reason"] for line in parked(world)] == ["not JSON", "not JSON"]


def test_a_parked_record_that_could_be_read_names_its_load(world):
    stage.handler(batch(document(score=1e200), b"{"), None)
    assert [(line["load"], line["reason"]) for line in parked(world)] == [
        ("a" * 12, "no row can be made of it"),
        (None, "not JSON"),
    ]


def test_what_cannot_be_parked_is_delivered_again(world):
    nowhere = {**stage.live(), "parked": ParkedRecords(stage.client("s3"), "no-such-bucket", stage.NAME)}
    told = stage.load_scores_to_dynamodb(batch(document(), b"{", document("g2"))["Records"], NOW, **nowhere)
    assert (told["invalid"], told["failed"], told["created"]) == (0, 1, 2)
    assert told["batchItemFailures"] == [{"itemIdentifier": "490001"}]


def test_kinesis_hears_of_the_first_failed_record_only(world):
    refuse(stage.live()["scores"].dynamodb, "UpdateItem", "ThrottlingException", holding=b"fan:g2")
    told = stage.handler(batch(document("g1"), document("g2"), document("g3"), document("g2", part=1)), None)
    assert (told["created"], told["failed"], told["success"]) == (2, 2, 2)
    assert told["batchItemFailures"] == [{"itemIdentifier": "490001"}]


STANDS = [document("g1", 0.2), document("g2", 0.2)]
BATCH = [
    document("g1", 0.9, NEW),
    document("g3", 0.9, NEW),
    b"{",
    document("g1", 0.9, NEW, part=1, rank="1", events={"1": {"market": "Boston"}}),
    document("g2", 0.2, NEW),
    document("g4", 0.1, NEW),
    document("g4", 0.4, NEW, part=1),
]


def without_time(world):
    return [{name: value for name, value in item.items() if name != "updated"} for item in world.items()]


@pytest.mark.parametrize("side", ["dying_before", "dying_after"])
def test_a_process_that_dies_at_any_call_leaves_what_a_redelivery_completes(world, side):
    """Whether all of it comes again, or halved as Lambda bisects: the rows, their marks and what is parked are as if none had died."""
    stage.handler(batch(*STANDS), None)
    stage.handler(batch(*BATCH), None)
    expected, parked_then = without_time(world), parked(world)
    one = {**stage.live(), "scores": ScoreTable(stage.live()["scores"].dynamodb, TABLE, at_once=1)}
    records = batch(*BATCH)["Records"]
    for call in count(1):
        emptied(world)
        stage.handler(batch(*STANDS), None)
        lived = False
        with getattr(world.calls, side)(call):
            stage.load_scores_to_dynamodb(records, NOW, **one)
            lived = True
        halves = [stage.load_scores_to_dynamodb(half, NOW, **one) for half in (records[:3], records[3:])]
        assert all(half["in"] == half["success"] + half["invalid"] + half["failed"] for half in halves)
        assert without_time(world) == expected
        assert {line["eventId"] for line in parked(world)} == {line["eventId"] for line in parked_then}
        if lived:
            break
    assert call == 7  # one read, four rows, one object: each was died at


def test_every_record_is_marked_once_whoever_died(world):
    for call in (2, 3, 4):
        with world.calls.dying_after(call):
            stage.handler(batch(*BATCH), None)
    stage.handler(batch(*BATCH), None)
    marks = {item["globalUserId"]: read_marks(item["loads"]) for item in world.items()}
    assert {fan: sorted(it.parts) for fan, [it] in marks.items()} == {"g1": [0, 1], "g2": [0], "g3": [0], "g4": [0, 1]}

"""Whoever dies, breaks off or runs out of time: the next delivery goes on, and what is left is what one good call leaves."""

import gzip
import json
import random

import pytest
from botocore.config import Config
from loading_world import KEY, LONG, LoadingWorld, file_of, load_id, loading_world, some_rows
from score_services import ObjectServer, PutRecordsServer, at_random, client

from adapters.aws import score_files
from adapters.aws.batch_items import Backoff
from adapters.aws.score_files import ScoreFiles
from adapters.aws.score_stream import ScoreStream
from domain.scores.arrivals import arrivals
from domain.scores.load import LOADED, LOADING
from handlers.scores import load_scores_to_stream as loader

FILE = file_of(some_rows(18))  # 24 rows: three chunks of 10, each but the last with refused rows


@pytest.fixture(scope="module")
def shared():
    with loading_world(chunk=10) as world:
        yield world


@pytest.fixture
def world(shared):
    return shared.anew()


def finish(world: LoadingWorld, event, **how) -> int:
    """Deliver until it is done: how often. Leases of the dead run out meanwhile."""
    for tries in range(1, 200):
        world.later(minutes=4)
        if not world.deliver(event, **how)["batchItemFailures"]:
            return tries
    raise AssertionError("it has no end")


def test_a_death_before_or_after_any_call_leaves_what_a_life_would_have_left(world: LoadingWorld):
    first, before, events = world.drop(FILE), len(world.scores.calls.made), []
    world.deliver(first)
    calls, whole = len(world.scores.calls.made) - before, world.outcome(first)
    assert (whole["state"], whole["told"], calls) == (LOADED, True, 13)
    for number in range(1, calls + 1):
        for dying in (world.scores.calls.dying_before, world.scores.calls.dying_after):
            events.append(event := world.drop(FILE))
            with dying(number):
                world.deliver(event)
            finish(world, event)
            assert world.outcome(event) == whole, (dying, number)
    told = [it["loadId"] for it in world.verdicts()]
    assert {*told} == {load_id(event) for event in (first, *events)}
    assert len(told) == 1 + len(events) + 2  # twice where one died after the message and before it was noted


def test_a_file_too_large_for_one_call_goes_on_in_the_next_at_once(world: LoadingWorld):
    event, before = world.drop(FILE), len(world.scores.calls.made)
    world.send(event)
    answers = []
    while len(answers) < 9 and (answer := world.poll(remaining=lambda: 59_999)):
        answers.append(answer)
    assert [it["count"]["in"] for it in answers] == [0, 0, 0, 24]
    assert [bool(it["batchItemFailures"]) for it in answers] == [True, True, True, False]
    outcome = world.outcome(event)
    assert (outcome["state"], outcome["told"]) == (LOADED, True)
    assert {len(them) for them in world.records(event).values()} == {1}
    assert world.scores.calls.made[before:].count("kinesis.PutRecords") == 3
    assert [it["count"] for it in world.verdicts()] == [world.load(event).out]


def test_every_way_to_cut_a_file_into_calls_leaves_the_same(world: LoadingWorld):
    first = world.drop(FILE)
    world.deliver(first)
    whole = world.outcome(first)
    chance = random.Random(5)
    for _ in range(6):
        event = world.drop(FILE)
        finish(world, event, remaining=lambda: chance.choice([LONG, 1]))
        assert world.outcome(event) == whole


def test_a_file_keeps_the_age_it_was_first_told_with_whatever_shape_its_event_comes_in_next(world: LoadingWorld):
    event = world.drop(FILE, "scrubbed/registrants.campaign-123.csv")  # as old as its event says
    world.deliver(event, remaining=lambda: 1)
    assert world.deliver(world.notification(event))["count"]["in"] == 24
    parts = {it["__meta"]["part"]: it["__meta"] for [it] in world.records(event).values()}
    assert len(parts) == 3
    assert len({(it["version"], it["date"]) for it in parts.values()}) == 1


def test_who_was_taken_over_while_it_hung_stops_and_nothing_is_counted_twice(world: LoadingWorld):
    event = world.drop(FILE)

    def takeover():
        world.later(minutes=4)
        assert not world.deliver(event)["batchItemFailures"]

    with world.scores.calls.before(5, takeover):  # between a chunk's records and its checkpoint
        answer = world.deliver(event)
    assert answer["batchItemFailures"]
    outcome = world.outcome(event)
    assert (outcome["state"], outcome["told"], outcome["progress"].figures["in"]) == (LOADED, True, 24)
    assert max(len(them) for them in world.records(event).values()) == 2
    assert len(world.verdicts()) == 1
    assert world.deliver(event)["count"]["in"] == 24


def test_a_message_of_a_held_load_comes_again_when_the_lease_is_over(world: LoadingWorld):
    event = world.drop(FILE)
    [drop] = map(loader.of_registrants, arrivals(event))
    loader.live().ledger.begin(drop, "somebody who died", world.now)
    put_off = []
    world.desk["put_off"] = lambda receipt, seconds: put_off.append((receipt, seconds))
    assert world.deliver(event)["batchItemFailures"] == [{"itemIdentifier": "m0"}]
    assert put_off == [("r0", 181.0)]


@pytest.fixture
def bucket(world):
    """S3 over HTTP, in the place of the world's."""
    with ObjectServer() as server:
        once = score_files.CONFIG.merge(Config(retries={"total_max_attempts": 1}))
        world.desk["files"] = ScoreFiles(client("s3", server, config=once))
        yield server


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_body_that_breaks_off_is_read_on_from_the_last_chunk(world: LoadingWorld, bucket, packed):
    """Promise D-7: a truncated object."""
    body = file_of(line.replace("@", f"{'a' * 400}@") for line in some_rows(900))  # twice what is read at once
    bucket.objects[KEY] = gzip.compress(body, 0) if packed else body
    event = world.drop(b"")
    world.desk["chunk_rows"] = 200
    bucket.breaks = [300_000]
    assert world.deliver(event)["batchItemFailures"]
    half = world.load(event).progress
    assert 200 <= half.figures["in"] < 1_200
    assert world.deliver(event)["count"]["in"] == 1_200
    assert bucket.ranges[-1] == ("" if packed else f"bytes={half.place.offset}-")
    assert len(world.records(event)) == world.load(event).out
    assert sum(len(body.splitlines()) for key, body in bucket.objects.items() if key != KEY) == 129
    assert len(world.verdicts()) == 1


def test_a_bucket_out_of_reach_costs_nothing_but_time(world: LoadingWorld, bucket):
    event = world.drop(FILE)
    bucket.objects[KEY] = FILE
    bucket.refusals = [(503, "SlowDown")]
    assert world.deliver(event)["batchItemFailures"]
    assert world.load(event).until is None  # nobody has to wait for the lease
    assert world.deliver(event)["count"]["in"] == 24


@pytest.fixture
def stream(world):
    """Kinesis over HTTP, in the place of the world's."""
    with PutRecordsServer() as server:
        kinesis = client("kinesis", server, config=Config(retries={"total_max_attempts": 1}))
        world.desk["stream"] = ScoreStream(kinesis, "scoresStream", Backoff(tries=2, sleep=lambda seconds: None))
        yield server


@pytest.mark.parametrize("seed", range(3))
def test_under_throttling_all_are_in_and_a_fan_s_records_keep_their_order(world: LoadingWorld, stream, seed):
    """Promise D-5, and patience that ends again and again."""
    stream.refuses = at_random(seed, 0.5)
    event = world.drop(file_of(some_rows(60)))
    calls = finish(world, event)
    assert calls > 1
    load = world.load(event)
    parts: dict[str, list[int]] = {}
    for fan, data in stream.taken:
        parts.setdefault(fan, []).append(json.loads(data)["__meta"]["part"])
    assert sum(len(set(them)) for them in parts.values()) == load.out
    # Only a record that comes again may be older than one before it.
    assert all([*dict.fromkeys(them)] == sorted(set(them)) for them in parts.values())


def test_while_the_stream_takes_nothing_the_load_does_not_end_and_nobody_is_told(world: LoadingWorld, stream):
    stream.refuses = lambda key: key == "g5x"
    event = world.drop(FILE)
    for _ in range(3):
        assert world.deliver(event)["batchItemFailures"]
    assert (world.load(event).state, world.load(event).out, world.verdicts()) == (LOADING, 0, [])
    stream.refuses = lambda key: False
    assert world.deliver(event)["count"]["in"] == 24
    assert len(world.verdicts()) == 1

"""All records come to the stream, those of a key in their order, and only what was refused is offered again (promise D-5)."""

from collections import Counter
from dataclasses import replace

import pytest
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st
from score_services import PutRecordsServer, at_random, client

from adapters.aws.batch_items import Backoff
from adapters.aws.score_stream import CALL_BYTES, CONFIG, ENTRIES, RECORD_BYTES, ScoreStream, batches
from domain.errors import Rejected, Unavailable


@pytest.fixture
def server():
    with PutRecordsServer() as server:
        yield server


@pytest.fixture
def waits():
    return []


@pytest.fixture
def stream(server, waits):
    backoff = Backoff(tries=4, base=1.0, most=3.0, chance=lambda: 0.5, sleep=waits.append)
    config = CONFIG.merge(Config(retries={"total_max_attempts": 2}))
    return ScoreStream(client("kinesis", server, config=config), "scoresStream", backoff)


def entries(number, fans=None):
    return [(f"fan-{n % (fans or number)}", f'{{"n":{n}}}'.encode()) for n in range(number)]


def of_key(taken, key):
    return [data for its, data in taken if its == key]


def test_all_are_put_500_a_call_in_their_order(stream, server, waits):
    assert stream.put(entries(1_100)) == 1_100
    assert server.taken == entries(1_100)
    assert [len(keys) for keys in server.offers] == [500, 500, 100]
    assert not waits


def test_nothing_is_no_call(stream, server):
    assert stream.put([]) == 0
    assert not server.offers


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("share", [0.05, 0.6])
def test_under_throttling_all_are_in_once_and_none_overtakes_one_of_its_key(stream, server, seed, share):
    server.refuses = at_random(seed, share)
    stream = replace(stream, backoff=replace(stream.backoff, tries=20))
    given = entries(1_200, fans=400)
    assert stream.put(given) == 1_200
    assert Counter(server.taken) == Counter(given)
    assert all(of_key(server.taken, key) == of_key(given, key) for key, _ in given)


def test_only_what_was_refused_is_offered_again(stream, server, waits):
    refused = Counter({"fan-1": 1, "fan-3": 2})
    server.refuses = lambda key: bool(refused[key]) and not refused.subtract([key])
    stream.put(entries(5))
    assert server.offers == [["fan-0", "fan-1", "fan-2", "fan-3", "fan-4"], ["fan-1", "fan-3"], ["fan-3"]]
    assert waits == [1.0, 1.0]  # half of 1 s * 2, anew since each call took some


def test_two_records_of_a_key_are_never_on_their_way_together(stream, server):
    refused = Counter({"fan-0": 1})
    server.refuses = lambda key: bool(refused[key]) and not refused.subtract([key])
    stream.put([("fan-0", b"first"), ("fan-1", b""), ("fan-0", b"second")])
    assert server.offers == [["fan-0", "fan-1"], ["fan-0"], ["fan-0"]]
    assert of_key(server.taken, "fan-0") == [b"first", b"second"]


def test_patience_ends_where_nothing_is_taken_any_more(stream, server, waits):
    server.refuses = lambda key: key == "fan-7"
    with pytest.raises(Unavailable, match="scoresStream: 1 of 500 records not taken 4 times"):
        stream.put(entries(600))
    assert len(server.taken) == 499
    assert waits == [1.0, 1.5, 1.5]  # half of 2 s, then of the most there is


def test_an_answer_that_is_lost_puts_the_whole_call_again_and_loses_nothing(stream, server):
    server.answers_lost = 1
    assert stream.put(entries(3)) == 3
    assert server.taken == [*entries(3), *entries(3)]


def test_a_stream_out_of_reach_is_unavailable(stream, server):
    server.answers_lost = 99
    with pytest.raises(Unavailable):
        stream.put(entries(3))


def test_a_call_stays_below_the_bytes_it_may_have(stream, server):
    large = [(f"fan-{n}", bytes(900_000)) for n in range(12)]
    stream.put(large)
    assert [len(keys) for keys in server.offers] == [5, 5, 2]
    assert server.taken == large


def test_a_record_larger_than_a_stream_takes_is_refused_and_those_before_it_are_in(stream, server):
    with pytest.raises(Rejected, match="a record of 1,000,006 bytes"):
        stream.put([("fan-0", b"x"), ("fan-0", b"y"), ("fan-99", bytes(RECORD_BYTES))])
    assert server.taken == [("fan-0", b"x")]


def test_a_key_that_is_too_long_becomes_one_that_is_not_and_stays_apart_from_others(stream, server):
    long = ["é" * 257, "é" * 256 + "f", "é" * 256]
    stream.put([(key, key.encode()) for key in (*long, long[0])])
    keys = [key for key, _ in server.taken]
    assert keys[0] == keys[3] != keys[1]
    assert keys[2] == long[2]
    assert [data.decode() for _, data in server.taken] == [*long, long[0]]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdefg"), st.integers(0, 999_000)), max_size=60), st.data())
def test_batches_are_all_entries_in_order_within_the_limits(sizes, data):
    given = [(key, bytes(size)) for key, size in sizes]
    cut = [*batches(given)]
    assert [entry for batch in cut for entry in batch] == given
    for batch in cut:
        assert 1 <= len(batch) <= ENTRIES
        assert len({key for key, _ in batch}) == len(batch)
        assert sum(len(key) + len(data) for key, data in batch) <= CALL_BYTES

"""Crashes between the function's answer and the checkpoint, restarts, injected disorder: nothing is lost."""

import json
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_rig import Function, InMemory, failing, values

from sandbox.streams import CrashingCheckpoints, Disorder, FileCheckpoints, MemoryCheckpoints
from sandbox.streams.checkpoints import Checkpoint, Crashed, OpenWindow, Stamp


def test_a_batch_whose_checkpoint_was_not_stored_is_delivered_again(cloud):
    arn, function, kept = cloud.stream(), Function(), MemoryCheckpoints()
    cloud.put(arn, *range(6))
    with pytest.raises(Crashed):
        cloud.dispatcher(arn, function, CrashingCheckpoints(kept, survives=1), BatchSize=2).drain()
    assert function.batches == [[0, 1], [2, 3]]
    cloud.dispatcher(arn, function, kept, BatchSize=2).drain()
    assert function.batches == [[0, 1], [2, 3], [2, 3], [4, 5]]


def test_checkpoints_in_a_file_outlive_the_program(cloud, tmp_path):
    arn, function = cloud.stream(), Function()
    cloud.put(arn, 1, 2)
    cloud.dispatcher(arn, function, FileCheckpoints(tmp_path / "checkpoints.json")).drain()
    cloud.put(arn, 3)
    cloud.dispatcher(arn, function, FileCheckpoints(tmp_path / "checkpoints.json")).drain()
    assert function.batches == [[1, 2], [3]]


def test_a_file_keeps_every_part_of_a_checkpoint(tmp_path):
    window = OpenWindow("2026-11-20T12:00:00+00:00", {"sum": 1}, overfull=True)
    checkpoint = Checkpoint("12", True, window, (Stamp("1", "2", "2026-11-20T12:00:00+00:00"),))
    FileCheckpoints(tmp_path / "kept").save("mapping", "shard", checkpoint)
    again = FileCheckpoints(tmp_path / "kept")
    assert again.load("mapping", "shard") == checkpoint
    assert again.load("mapping", "other") is None


def test_retries_start_anew_after_a_restart(cloud):
    arn, function = cloud.stream(), Function(failing(1))
    cloud.put(arn, 1)
    first = cloud.dispatcher(arn, function, MaximumRetryAttempts=1)
    first.drain()
    cloud.dispatcher(arn, function, first.checkpoints, MaximumRetryAttempts=1).drain(ahead=timedelta(minutes=1))
    assert function.batches == [[1], [1], [1]]


def test_disorder_repeats_and_moves_records_under_ascending_numbers(kinesis):
    arn, function = kinesis.kinesis(), Function()
    kinesis.put(arn, *range(40), key="same")
    unruly = Disorder(seed=1, duplicates=0.25, shuffle=5)
    kinesis.dispatcher(arn, function, disorder={arn: unruly}).drain()
    [seen] = function.batches
    assert set(seen) == set(range(40))
    assert 40 < len(seen) < 60
    assert max(Counter(seen).values()) == 2
    assert seen != sorted(seen)
    assert max(abs(place - n) for place, n in enumerate(dict.fromkeys(seen))) <= 10
    numbers = [int(record["kinesis"]["sequenceNumber"]) for record in function.calls[0]["Records"]]
    assert numbers == sorted(set(numbers))


def test_the_same_seed_makes_the_same_disorder(kinesis):
    arn, first, second, other = kinesis.kinesis(), Function(), Function(), Function()
    kinesis.put(arn, *range(40), key="same")
    for function, seed in ((first, 1), (second, 1), (other, 2)):
        unruly = Disorder(seed=seed, duplicates=0.25, shuffle=5)
        kinesis.dispatcher(arn, function, disorder={arn: unruly}).drain()
    assert first.batches == second.batches != other.batches


@pytest.mark.parametrize("survives", range(4))
def test_a_crash_amid_disorder_loses_nothing(kinesis, survives):
    arn, function, kept = kinesis.kinesis(), Function(), MemoryCheckpoints()
    kinesis.put(arn, *range(20), key="same")
    unruly = {arn: Disorder(seed=3, duplicates=0.3, shuffle=8)}
    with pytest.raises(Crashed):
        kinesis.dispatcher(arn, function, CrashingCheckpoints(kept, survives), BatchSize=4, disorder=unruly).drain()
    kinesis.dispatcher(arn, function, kept, BatchSize=4, disorder=unruly).drain()
    assert {n for batch in function.batches for n in batch} == set(range(20))


CALLS = st.lists(st.sampled_from(["ok", "ok", "error", "partial", "nonsense"]), max_size=30)


@settings(max_examples=150, deadline=None)
@given(
    count=st.integers(1, 25),
    calls=CALLS,
    crashes=st.lists(st.integers(0, 4), max_size=3),
    split_after=st.integers(0, 25),
    batch_size=st.integers(1, 6),
    factor=st.integers(1, 3),
    retries=st.integers(-1, 2),
    bisect=st.booleans(),
)
def test_no_record_is_ever_skipped_whatever_fails(
    count, calls, crashes, split_after, batch_size, factor, retries, bisect
):
    """Random failures, crashes and a split: each record is done or discarded, each key first done in order."""
    memory, kept, script = InMemory(), MemoryCheckpoints(), iter(calls)
    done, offered = [], []

    def answer(event):
        batch = values(event)
        offered.extend(batch)
        match next(script, "ok"):
            case "error":
                raise RuntimeError("poison")
            case "nonsense":
                return {"batchItemFailures": [{"itemIdentifier": "?"}]}
            case "partial":
                middle = len(batch) // 2
                done.extend(batch[:middle])
                sequence = event["Records"][middle]["kinesis"]["sequenceNumber"]
                return {"batchItemFailures": [{"itemIdentifier": sequence}]}
        done.extend(batch)
        return None

    for n in range(count):
        if n == split_after:
            memory.stream.split("shardId-000000000000")
        memory.put([n, n % 4], key=f"fan-{n % 4}")
    mapped = {
        "BatchSize": batch_size,
        "ParallelizationFactor": factor,
        "MaximumRetryAttempts": retries,
        "BisectBatchOnFunctionError": bisect,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    discarded = 0
    for survives in [*crashes, None]:
        store = kept if survives is None else CrashingCheckpoints(kept, survives)
        dispatcher = memory.dispatcher(Function(answer), checkpoints=store, **mapped)
        with suppress(Crashed):
            dispatcher.drain(ahead=timedelta(hours=2))
        discarded += dispatcher.counts("reader")["discarded"]
    finished = {n for n, _ in done}
    assert {n for n, _ in offered} == set(range(count))
    assert len(set(range(count)) - finished) <= discarded
    if retries == -1:
        assert finished == set(range(count))
        first_done = defaultdict(list)
        for n, key in done:
            if n not in first_done[key]:
                first_done[key].append(n)
        assert all(numbers == sorted(numbers) for numbers in first_done.values())


def test_counts_add_up(cloud):
    arn, function = cloud.stream(), Function(failing(3))
    cloud.put(arn, *range(6))
    dispatcher = cloud.dispatcher(arn, function, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    dispatcher.drain()
    counts = dispatcher.counts("reader")
    assert (counts["acknowledged"], counts["discarded"]) == (5, 1)
    assert counts["Done"] + counts["Failed"] == len(function.calls)
    assert json.dumps(counts)

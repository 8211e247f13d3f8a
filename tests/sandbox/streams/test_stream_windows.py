"""Tumbling windows: what the function is given, what it must return, and when a window ends."""

from datetime import timedelta

import pytest
from stream_rig import Function, number, values

from sandbox.streams.responses import MAX_STATE_BYTES

MINUTE = timedelta(minutes=1)
WINDOW = {"TumblingWindowInSeconds": 60}


def summing(event):
    """What a counting function returns."""
    return {"state": {"sum": event["state"].get("sum", 0) + sum(values(event))}}


def outline(function):
    return [
        (event["window"]["start"][11:16], batch, event["state"].get("sum"), event["isFinalInvokeForWindow"])
        for event, batch in zip(function.calls, function.batches, strict=True)
    ]


def test_state_travels_through_a_window_and_its_final_call_is_empty(cloud):
    arn, function = cloud.stream(), Function(summing)
    dispatcher = cloud.dispatcher(arn, function, BatchSize=2, **WINDOW)
    cloud.put(arn, 1, 2, 3)
    dispatcher.drain()
    cloud.clock.advance(60)
    dispatcher.drain()
    assert outline(function) == [
        ("12:00", [1, 2], None, False),
        ("12:00", [3], 3, False),
        ("12:00", [], 6, True),
    ]


def test_the_next_window_starts_with_an_empty_state(cloud):
    arn, function = cloud.stream(), Function(summing)
    dispatcher = cloud.dispatcher(arn, function, **WINDOW)
    cloud.put(arn, 1)
    dispatcher.drain()
    cloud.clock.advance(150)
    cloud.put(arn, 5)
    dispatcher.drain(ahead=MINUTE)
    assert outline(function) == [
        ("12:00", [1], None, False),
        ("12:00", [], 1, True),
        ("12:02", [5], None, False),
        ("12:02", [], 5, True),
    ]


def test_a_record_at_the_very_end_of_a_window_belongs_to_the_next(cloud):
    arn, function = cloud.stream(), Function(summing)
    dispatcher = cloud.dispatcher(arn, function, **WINDOW)
    cloud.put(arn, 1)
    dispatcher.drain()
    cloud.clock.advance(60)
    cloud.put(arn, 2)
    dispatcher.drain(ahead=MINUTE)
    assert [(start, batch) for start, batch, _, _ in outline(function)] == [
        ("12:00", [1]),
        ("12:00", []),
        ("12:01", [2]),
        ("12:01", []),
    ]


def test_a_backlog_is_delivered_window_by_window(memory):
    function = Function(summing)
    for n in range(3):
        memory.put(n)
        memory.clock.advance(60)
    memory.dispatcher(function, restamp=False, **WINDOW).drain()
    assert [(start, batch) for start, batch, _, _ in outline(function)] == [
        ("12:00", [0]),
        ("12:00", []),
        ("12:01", [1]),
        ("12:01", []),
        ("12:02", [2]),
        ("12:02", []),
    ]


def test_a_windowed_call_names_its_window_shard_and_stream(cloud):
    arn, function = cloud.stream(), Function(summing)
    dispatcher = cloud.dispatcher(arn, function, **WINDOW)
    cloud.put(arn, 1)
    dispatcher.drain()
    [event] = function.calls
    shard = event["shardId"]
    assert shard.startswith("shardId-")
    assert {name: value for name, value in event.items() if name != "Records"} == {
        "window": {"start": "2026-11-20T12:00:00Z", "end": "2026-11-20T12:01:00Z"},
        "state": {},
        "shardId": shard,
        "eventSourceARN": arn,
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    }


def test_a_call_without_a_window_has_records_and_nothing_else(cloud):
    arn, function = cloud.stream(), Function()
    cloud.put(arn, 1)
    cloud.dispatcher(arn, function).drain()
    assert list(function.calls[0]) == ["Records"]


@pytest.mark.parametrize("response", [None, {}, {"state": None}, {"batchItemFailures": []}])
def test_a_response_without_state_is_a_failure(cloud, response):
    arn, function = cloud.stream(), Function(lambda event: response)
    cloud.put(arn, 1)
    dispatcher = cloud.dispatcher(arn, function, MaximumRetryAttempts=1, **WINDOW)
    dispatcher.drain(ahead=timedelta(seconds=10))
    assert function.batches == [[1], [1]]
    assert dispatcher.counts("reader")["discarded"] == 1


def test_a_partial_response_in_a_window_carries_its_state_on(cloud):
    def answer(event):
        if values(event) == [1, 2, 3]:
            failed = [{"itemIdentifier": number(event, 2)}]
            return {"state": {"sum": 1}, "batchItemFailures": failed}
        return summing(event)

    arn, function = cloud.stream(), Function(answer)
    cloud.put(arn, 1, 2, 3)
    dispatcher = cloud.dispatcher(arn, function, FunctionResponseTypes=["ReportBatchItemFailures"], **WINDOW)
    dispatcher.drain(ahead=MINUTE)
    assert outline(function) == [
        ("12:00", [1, 2, 3], None, False),
        ("12:00", [2, 3], 1, False),
        ("12:00", [], 6, True),
    ]


def test_a_failed_call_leaves_the_state_as_it_was(cloud):
    spent = []

    def answer(event):
        if values(event) == [2] and not spent:
            spent.append(True)
            raise RuntimeError("poison")
        return summing(event)

    arn, function = cloud.stream(), Function(answer)
    cloud.put(arn, 1, 2)
    cloud.dispatcher(arn, function, BatchSize=1, **WINDOW).drain(ahead=MINUTE)
    assert [(batch, state) for _, batch, state, _ in outline(function)] == [([1], None), ([2], 1), ([2], 1), ([], 3)]


def test_too_large_a_state_ends_the_window_early(cloud):
    def answer(event):
        if event["isFinalInvokeForWindow"]:
            return {"state": {}}
        return {"state": {"text": "x" * MAX_STATE_BYTES}} if values(event) == [1] else {"state": {}}

    arn, function = cloud.stream(), Function(answer)
    cloud.put(arn, 1, 2)
    cloud.dispatcher(arn, function, BatchSize=1, **WINDOW).drain(ahead=MINUTE)
    assert [
        (batch, len(str(event["state"])) > 20, event["isFinalInvokeForWindow"], event["isWindowTerminatedEarly"])
        for event, batch in zip(function.calls, function.batches, strict=True)
    ] == [
        ([1], False, False, False),
        ([], True, True, True),
        ([2], False, False, False),  # the same window again, with an empty state
        ([], False, True, False),
    ]


def test_a_state_just_small_enough_goes_on(memory):
    small = {"text": "x" * (MAX_STATE_BYTES - len('{"text":""}'))}
    function = Function(lambda event: {"state": small})
    memory.put(1)
    memory.dispatcher(function, **WINDOW).drain()
    assert [event["isWindowTerminatedEarly"] for event in function.calls] == [False]


def test_a_window_outlives_its_dispatcher(cloud):
    arn, function = cloud.stream(), Function(summing)
    first = cloud.dispatcher(arn, function, **WINDOW)
    cloud.put(arn, 1)
    first.drain()
    second = cloud.dispatcher(arn, function, first.checkpoints, **WINDOW)
    cloud.put(arn, 2)
    second.drain(ahead=MINUTE)
    assert [state for _, _, state, _ in outline(function)] == [None, 1, 3]


def test_a_batching_window_ends_with_the_tumbling_one(cloud):
    arn, function = cloud.stream(), Function(summing)
    cloud.clock.advance(50)
    dispatcher = cloud.dispatcher(arn, function, MaximumBatchingWindowInSeconds=300, **WINDOW)
    cloud.put(arn, 1)
    dispatcher.drain()
    assert function.calls == []
    dispatcher.drain(ahead=timedelta(seconds=10))
    assert outline(function) == [("12:00", [1], None, False), ("12:00", [], 1, True)]


def test_each_shard_has_a_window_of_its_own(kinesis):
    arn, function = kinesis.kinesis(shards=2), Function(summing)
    kinesis.put(arn, *range(10))
    kinesis.dispatcher(arn, function, **WINDOW).drain(ahead=MINUTE)
    finals = {event["shardId"]: event["state"]["sum"] for event in function.calls if event["isFinalInvokeForWindow"]}
    assert len(finals) == 2
    assert sum(finals.values()) == 45


def test_a_final_call_that_keeps_failing_is_given_up_with_its_state(cloud):
    def answer(event):
        return None if event["isFinalInvokeForWindow"] else summing(event)

    arn, function, bucket = cloud.stream(), Function(answer), cloud.bucket()
    failed = {"DestinationConfig": {"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}}}
    dispatcher = cloud.dispatcher(arn, function, MaximumRetryAttempts=1, **WINDOW, **failed)
    cloud.put(arn, 4)
    dispatcher.drain(ahead=2 * MINUTE)
    assert outline(function)[1:] == [("12:00", [], 4, True)] * 2
    [(_, record)] = cloud.failures(bucket)
    assert '"state":{"sum":4}' in record["payload"]
    cloud.put(arn, 5)
    dispatcher.drain()
    assert function.batches[-1] == [5]


def test_a_window_with_parallel_batches_is_refused(cloud):
    with pytest.raises(ValueError, match="ParallelizationFactor of 1"):
        cloud.dispatcher(cloud.stream(), Function(), ParallelizationFactor=2, **WINDOW)

"""Order, batches and batching windows, on both emulators and both kinds of stream."""

from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, Lock
from time import sleep

import pytest
from stream_rig import Function, failing, values

from domain.errors import Unavailable
from sandbox.streams import Dispatcher, Invocation


def test_a_shard_is_delivered_in_order_in_batches_of_the_batch_size(cloud):
    arn, function = cloud.stream(), Function()
    cloud.put(arn, *range(7))
    cloud.dispatcher(arn, function, BatchSize=3).drain()
    assert function.batches == [[0, 1, 2], [3, 4, 5], [6]]


def test_records_put_while_running_are_delivered_next(cloud):
    arn, function = cloud.stream(), Function()
    dispatcher = cloud.dispatcher(arn, function)
    for wave in ([0, 1], [2], [3, 4]):
        cloud.put(arn, *wave)
        dispatcher.drain()
    assert function.batches == [[0, 1], [2], [3, 4]]


def test_a_failing_batch_holds_up_its_shard_and_no_other(kinesis):
    arn, function = kinesis.kinesis(shards=4), Function(failing(0))
    kinesis.put(arn, *range(12))
    dispatcher = kinesis.dispatcher(arn, function, BatchSize=1)
    dispatcher.drain()
    shards = {value: call["Records"][0]["eventID"].split(":")[0] for call in function.calls for value in values(call)}
    assert set(range(12)) - set(shards) == _behind_zero(kinesis, arn)
    assert len(set(shards.values())) > 1
    dispatcher.drain(ahead=timedelta(seconds=3))
    assert [0] in function.batches[len(shards) :]


def _behind_zero(kinesis, arn):
    """The values in the shard of 0."""
    everything = Function()
    kinesis.dispatcher(arn, everything, BatchSize=100).drain()
    return next(set(batch) for batch in everything.batches if 0 in batch) - {0}


def test_a_disabled_mapping_delivers_nothing(cloud):
    arn, function = cloud.stream(), Function()
    cloud.put(arn, 1)
    cloud.dispatcher(arn, function, Enabled=False).drain()
    assert function.calls == []


@pytest.mark.parametrize("factor", [1, 3])
def test_a_shard_has_as_many_batches_in_flight_as_its_parallelization_factor_and_no_more(cloud, factor):
    arn, lock, meeting = cloud.stream(), Lock(), Barrier(factor)
    in_flight, most = 0, 0

    def answer(event):
        nonlocal in_flight, most
        with lock:
            in_flight += 1
            most = max(most, in_flight)
        with suppress(BrokenBarrierError):  # which the last, smaller round gets
            meeting.wait(timeout=1)  # all that may run at once do meet here
        with lock:
            in_flight -= 1

    cloud.put(arn, *range(30))
    cloud.dispatcher(arn, Function(answer), BatchSize=20, ParallelizationFactor=factor, workers=8).drain()
    assert most == factor


def test_records_of_one_key_stay_in_order_in_parallel_lanes(cloud):
    arn, function = cloud.stream(), Function()
    for value in range(20):
        cloud.put(arn, value, key=f"fan-{value % 4}")
    cloud.dispatcher(arn, function, BatchSize=2, ParallelizationFactor=4, workers=4).drain()
    seen = [value for batch in function.batches for value in batch]
    assert sorted(seen) == list(range(20))
    for key in range(4):
        assert [value for value in seen if value % 4 == key] == list(range(key, 20, 4))


def test_the_checkpoint_of_parallel_lanes_stays_behind_the_slowest(cloud):
    arn, function = cloud.stream(), Function(failing(0))
    cloud.put(arn, *range(8))
    dispatcher = cloud.dispatcher(arn, function, BatchSize=1, ParallelizationFactor=8)
    dispatcher.drain()
    again = Function()
    cloud.dispatcher(arn, again, dispatcher.checkpoints, ParallelizationFactor=8).drain()
    assert sorted(value for batch in again.batches for value in batch) == list(range(8))


def test_a_batching_window_waits_for_a_full_batch_or_its_end(cloud):
    arn, function = cloud.stream(), Function()
    dispatcher = cloud.dispatcher(arn, function, BatchSize=3, MaximumBatchingWindowInSeconds=60)
    cloud.put(arn, 0)
    dispatcher.drain()
    cloud.clock.advance(59)
    cloud.put(arn, 1)
    dispatcher.drain()
    assert function.batches == []
    cloud.clock.advance(1)  # sixty seconds after the first record was gathered
    dispatcher.drain()
    assert function.batches == [[0, 1]]
    cloud.put(arn, 2, 3, 4)
    dispatcher.drain()  # full at once
    assert function.batches == [[0, 1], [2, 3, 4]]


def test_draining_ahead_plays_a_batching_window_out(cloud):
    arn, function = cloud.stream(), Function()
    dispatcher = cloud.dispatcher(arn, function, MaximumBatchingWindowInSeconds=60)
    cloud.put(arn, 0)
    start = cloud.clock.now()
    dispatcher.drain(ahead=timedelta(minutes=2))
    assert function.batches == [[0]]
    assert cloud.clock.now() - start == timedelta(seconds=60)


def test_a_payload_never_passes_six_megabytes_of_base64(kinesis):
    arn, function = kinesis.kinesis(), Function()
    big = "x" * 900_000  # 1.2 million bytes in base64, so five fit
    for value in range(7):
        kinesis.put(arn, [value, big], key="same")
    kinesis.dispatcher(arn, function, MaximumBatchingWindowInSeconds=300).drain(ahead=timedelta(minutes=10))
    assert [[value for value, _ in batch] for batch in function.batches] == [[0, 1, 2, 3, 4], [5, 6]]


def test_a_throttled_call_uses_up_no_retry(cloud):
    arn, refused, called = cloud.stream(), [], []

    def invoke(name, event):
        if len(refused) < 5:
            refused.append(name)
            raise Unavailable("throttled")
        called.append(values(event))
        return Invocation()

    cloud.put(arn, 1)
    cloud.dispatcher(arn, None, invoke=invoke, MaximumRetryAttempts=0).drain(ahead=timedelta(minutes=1))
    assert (len(refused), called) == (5, [[1]])


def test_starting_at_trim_horizon_reads_what_was_there(cloud):
    arn, function = cloud.stream(), Function()
    cloud.put(arn, 1)
    cloud.dispatcher(arn, function, StartingPosition="TRIM_HORIZON").drain()
    assert function.batches == [[1]]


def test_starting_at_latest_reads_only_what_comes_after_attaching(cloud):
    arn, function = cloud.stream(), Function()
    cloud.put(arn, 1)
    dispatcher = cloud.dispatcher(arn, function, StartingPosition="LATEST")
    dispatcher.attach()
    cloud.put(arn, 2)
    dispatcher.drain()
    assert function.batches == [[2]]


def test_a_restarted_reader_of_the_latest_loses_nothing_that_came_meanwhile(cloud):
    arn, function = cloud.stream(), Function()
    first = cloud.dispatcher(arn, function, StartingPosition="LATEST")
    first.attach()
    cloud.put(arn, 1)
    cloud.dispatcher(arn, function, first.checkpoints, StartingPosition="LATEST").drain()
    assert function.batches == [[1]]


def test_starting_at_a_timestamp_skips_what_is_older(kinesis):
    arn, function = kinesis.kinesis(), Function()
    kinesis.put(arn, 1)
    sleep(0.005)  # arrival times are in milliseconds
    kinesis.put(arn, 2)
    raw = kinesis.client("kinesis")
    shard = raw.list_shards(StreamARN=arn)["Shards"][0]["ShardId"]
    iterator = raw.get_shard_iterator(StreamARN=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    older, newer = raw.get_records(StreamARN=arn, ShardIterator=iterator)["Records"]
    assert older["ApproximateArrivalTimestamp"] < newer["ApproximateArrivalTimestamp"]
    at = newer["ApproximateArrivalTimestamp"].timestamp()
    kinesis.dispatcher(arn, function, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=at - 0.0005).drain()
    assert function.batches == [[2]]


def test_a_third_reader_of_a_table_stream_is_an_error(tables):
    arn, other = tables.table(), tables.table()
    tables.dispatcher([arn, arn, other], Function())
    with pytest.raises(ValueError, match=r"3 mappings read .* takes 2 readers"):
        tables.dispatcher([arn, arn, arn], Function())


def test_a_third_reader_of_a_table_stream_can_be_a_warning(tables):
    arn = tables.table()
    with pytest.warns(UserWarning, match="takes 2 readers"):
        tables.dispatcher([arn, arn, arn], Function(), third_reader="warn")


def test_one_function_cannot_read_one_stream_twice(kinesis):
    mapping = kinesis.dispatcher(kinesis.kinesis(), Function()).mappings[0]
    with pytest.raises(ValueError, match="mapped to reader twice"):
        Dispatcher([mapping, mapping], lambda name, event: Invocation(), kinesis.client, kinesis.clock)

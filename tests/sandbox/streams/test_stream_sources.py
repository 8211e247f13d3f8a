"""Reading on where an iterator, a record or a shard is gone."""

import pytest
from stream_rig import Function

from sandbox.streams.checkpoints import Checkpoint
from sandbox.streams.sources import Cursor, KinesisSource, ShardGone, TableSource

FIRST = "shardId-000000000000"


def test_an_expired_iterator_is_replaced_behind_the_last_record(kinesis):
    """Only ministack tells an iterator it does not know, by the same error as an expired one; moto's never expire."""
    if kinesis.name == "moto":
        pytest.skip("moto's iterators never expire")
    arn = kinesis.kinesis()
    kinesis.put(arn, 1, 2)
    source = KinesisSource(kinesis.client("kinesis"), arn)
    first = source.read(FIRST, Cursor(), 1)
    expired = Cursor(first.cursor.after, iterator="expired")
    assert [record["Data"] for record in source.read(FIRST, expired, 10).records] == [b"2"]


def test_a_checkpoint_that_was_trimmed_goes_on_with_the_oldest_record_kept(tables):
    """Only ministack refuses a number that is not on the stream, as AWS does."""
    if tables.name == "moto":
        pytest.skip("moto takes any number")
    arn, function = tables.table(), Function()
    tables.put(arn, 1)
    dispatcher = tables.dispatcher(arn, function)
    shard = TableSource(tables.client("dynamodbstreams"), arn).shards()[0].id
    dispatcher.checkpoints.save(dispatcher.mappings[0].uuid, shard, Checkpoint(after="000000000000000000000000000017"))
    dispatcher.drain()
    assert function.batches == [[1]]


def test_a_shard_that_is_gone_says_so(kinesis):
    if kinesis.name == "moto":
        pytest.skip("moto keeps every shard")
    arn = kinesis.kinesis()
    kinesis.client("kinesis").split_shard(StreamARN=arn, ShardToSplit=FIRST, NewStartingHashKey=str(2**127))
    with pytest.raises(ShardGone):
        KinesisSource(kinesis.client("kinesis"), arn).read(FIRST, Cursor(), 1)


def test_a_stream_that_does_not_exist_is_an_error_and_not_a_finished_shard(cloud):
    arn = cloud.stream()
    missing = arn.replace("stream-", "no-stream-").replace("table-", "no-table-")
    with pytest.raises(cloud.client("kinesis").exceptions.ClientError):
        cloud.dispatcher(missing, Function()).drain()


def test_the_pages_of_a_listing_are_followed(kinesis):
    arn = kinesis.kinesis(shards=130)
    assert len(KinesisSource(kinesis.client("kinesis"), arn).shards()) == 130

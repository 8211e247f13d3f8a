"""The embedded AWS carries a table's changes through Kinesis as AWS does."""

import json
from collections import defaultdict

from tests.keyed_tables import make_table

TABLE, STREAM, ITEMS = "Changing", "changes-of-it", 12


def test_all_changes_of_an_item_lie_in_one_shard_in_their_order(ministack):
    dynamodb, kinesis = ministack.client("dynamodb"), ministack.client("kinesis")
    kinesis.create_stream(StreamName=STREAM, ShardCount=3)
    arn = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["StreamARN"]
    make_table(dynamodb, TABLE)
    dynamodb.enable_kinesis_streaming_destination(TableName=TABLE, StreamArn=arn)
    for state in ("new", "changed", "changed again"):
        for number in range(ITEMS):
            item = {"PK": {"S": f"fan:{number}"}, "SK": {"S": "demand#e-s"}, "state": {"S": state}}
            dynamodb.put_item(TableName=TABLE, Item=item)
    places, states = defaultdict(set), defaultdict(list)
    for shard in kinesis.list_shards(StreamName=STREAM)["Shards"]:
        for change in changes(kinesis, shard["ShardId"]):
            item = change["Keys"]["PK"]["S"]
            places[item].add(shard["ShardId"])
            states[item].append(change["NewImage"]["state"]["S"])
    assert {len(shards) for shards in places.values()} == {1}
    assert len(set.union(*places.values())) > 1
    assert list(states.values()) == [["new", "changed", "changed again"]] * ITEMS


def changes(kinesis, shard):
    at = kinesis.get_shard_iterator(StreamName=STREAM, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    found = kinesis.get_records(ShardIterator=at["ShardIterator"])["Records"]
    return [json.loads(record["Data"])["dynamodb"] for record in found]

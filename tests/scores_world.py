"""The resources of scores on moto, in one process: table, streams, bucket, queues, secret, and the settings of every function."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any
from unittest.mock import patch

import boto3
from crashes import Calls, counted_calls
from keyed_tables import make_table
from moto import mock_aws

from adapters.aws import session
from adapters.aws.attribute_values import decode_item, encode_item
from domain.scores.keys import Key

REGION, BUCKET, TABLE = "eu-west-1", "scoring", "Scores"
STREAMS = ("scoresStream", "campaignDataStream")
QUEUES = ("scoreFiles", "fanlistFiles", "verdictReporterQueue", "entryRetryQueue")
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/123456789012/"
TOKENS = {"slackToken": "xoxb-test", "campaignToken": "campaign-test", "entryToken": "entry-test"}
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "SCORES_TABLE": TABLE,
    "SCORES_STREAM": STREAMS[0],
    "CAMPAIGN_DATA_STREAM": STREAMS[1],
    "SCORING_BUCKET": BUCKET,
    "FILES_QUEUE_URL": QUEUE_URL + QUEUES[0],
    "VERDICT_QUEUE_URL": QUEUE_URL + QUEUES[2],
    "ENTRY_RETRY_QUEUE_URL": QUEUE_URL + QUEUES[3],
    "SERVICES_SECRET": "services",
    "CAMPAIGN_SERVICE_URL": "http://127.0.0.1:9/not-served",
    "ENTRY_SERVICE_URL": "http://127.0.0.1:9/not-served",
    "SLACK_URL": "http://127.0.0.1:9/not-served/",
    "SLACK_CHANNEL": "scrubbed",
    "ENVIRONMENT": "dev",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_METRICS_DISABLED": "true",
}


@dataclass
class ScoresWorld:
    """What a test looks at; what it asks of AWS itself is not among the `calls`."""

    calls: Calls

    def item(self, key: Key) -> dict[str, Any] | None:
        """Plain, or None where there is none."""
        with self.calls.own():
            found = own("dynamodb").get_item(TableName=TABLE, Key=encode_item(key.attributes()), ConsistentRead=True)
        return decode_item(found["Item"]) if "Item" in found else None

    def put(self, key: Key, **attributes: Any) -> None:
        """An item as others have written it."""
        with self.calls.own():
            own("dynamodb").put_item(TableName=TABLE, Item=encode_item({**key.attributes(), **attributes}))

    def items(self) -> list[dict[str, Any]]:
        """All of the table, plain, ordered by key."""
        with self.calls.own():
            pages = own("dynamodb").get_paginator("scan").paginate(TableName=TABLE)
            found = [decode_item(item) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda it: (it["PK"], it["SK"]))

    def streamed(self, stream: str = STREAMS[0]) -> list[tuple[str, dict[str, Any]]]:
        """What was put on a stream: partition key and document, shard by shard in order."""
        found = []
        with self.calls.own():
            kinesis = own("kinesis")
            for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
                place = {"ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
                at = kinesis.get_shard_iterator(StreamName=stream, **place)["ShardIterator"]
                while True:
                    page = kinesis.get_records(ShardIterator=at, Limit=10_000)
                    found += [(it["PartitionKey"], json.loads(it["Data"])) for it in page["Records"]]
                    if not page["Records"]:
                        break
                    at = page["NextShardIterator"]
        return found

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """Take what waits in a queue: the bodies, as JSON."""
        with self.calls.own():
            sqs, found = own("sqs"), []
            while got := sqs.receive_message(QueueUrl=QUEUE_URL + queue, MaxNumberOfMessages=10).get("Messages"):
                for it in got:
                    found.append(json.loads(it["Body"]))
                    sqs.delete_message(QueueUrl=QUEUE_URL + queue, ReceiptHandle=it["ReceiptHandle"])
        return found

    def drop(self, key: str, body: bytes) -> dict[str, Any]:
        """Put a file into the bucket; S3's answer, its VersionId among it."""
        with self.calls.own():
            answer: dict[str, Any] = own("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
        return answer

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        with self.calls.own():
            s3 = own("s3")
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
            keys = [it["Key"] for page in pages for it in page.get("Contents", ())]
            return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


@cache
def own(service: str) -> Any:
    """The world's own way to AWS."""
    return boto3.Session(region_name=REGION).client(service)


@contextmanager
def scores_world(*handlers: ModuleType, shards: int = 2, **settings: str) -> Iterator[ScoresWorld]:
    """Everything fresh. `handlers` are the modules in use, whose `live` is forgotten; `settings` by name as in ENVIRONMENT."""
    with ExitStack() as open_things:
        open_things.enter_context(mock_aws())
        open_things.enter_context(patch.dict(os.environ, {**ENVIRONMENT, **settings}))
        for forget in (session.session.cache_clear, *(handler.live.cache_clear for handler in handlers)):
            forget()
            open_things.callback(forget)
        _make(shards)
        yield ScoresWorld(open_things.enter_context(counted_calls()))


def _make(shards: int) -> None:
    make_table(own("dynamodb"), TABLE)
    for stream in STREAMS:
        own("kinesis").create_stream(StreamName=stream, ShardCount=shards)
    own("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    own("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for queue in QUEUES:
        own("sqs").create_queue(QueueName=queue)
    own("secretsmanager").create_secret(Name="services", SecretString=json.dumps(TOKENS))

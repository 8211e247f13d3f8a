"""The resources of reminders on moto, in one process: tables, queues, stream, secrets, and the settings of every function."""

import json
import os
from collections.abc import Iterator, Mapping
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
from domain.notifications.keys import SALE_DEMAND_SHARD, SALE_DEMANDS, SALES, UNSETTLED, Key

REGION, BUCKET = "eu-west-1", "notifications"
DEMAND, STATE, CONTROLS = "Demand", "NotificationState", "Controls"
STATUS_STREAM = "smsStatusStream"
GENERATION, SHORT_URLS, OUTBOX = "generationQueue", "shortUrlQueue", "notificationOutbox"
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/123456789012/"
INDEXES = {
    SALES: ("saleStartDate", "saleStartDateTime"),
    SALE_DEMANDS: (SALE_DEMAND_SHARD, "fanId"),
    UNSETTLED: ("unsettledShard", "unsettledSince"),
}
TOKENS = {"discoveryKey": "discovery-test", "bitlyToken": "bitly-test", "smsToken": "sms-test"}
NOT_SERVED = "http://127.0.0.1:9/not-served"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "DEMAND_TABLE": DEMAND,
    "STATE_TABLE": STATE,
    "CONTROLS_TABLE": CONTROLS,
    "GENERATOR_QUEUE_URL": QUEUE_URL + GENERATION,
    "SHORT_URL_QUEUE_URL": QUEUE_URL + SHORT_URLS,
    "OUTBOX_URL": QUEUE_URL + OUTBOX,
    "NOTIFICATIONS_BUCKET": BUCKET,
    "SERVICES_SECRET": "services",
    "LINKS_SECRET": "links",
    "LINKS_URL": "https://go.example.com",
    "DISCOVERY_URL": NOT_SERVED,
    "BITLY_URL": NOT_SERVED,
    "SMS_SERVICE_URL": NOT_SERVED,
    "MAIL_SENDER": "Ovation <reminders@example.com>",
    "CONFIGURATION_SET": "ovation-reminders",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_METRICS_DISABLED": "true",
}


@dataclass
class NotificationsWorld:
    """What a test looks at; what it asks of AWS itself is not among the `calls`."""

    calls: Calls

    def row(self, key: Key, table: str = DEMAND) -> dict[str, Any] | None:
        """Plain, or None where there is none."""
        with self.calls.own():
            found = own("dynamodb").get_item(TableName=table, Key=encode_item(key.attributes()), ConsistentRead=True)
        return decode_item(found["Item"]) if "Item" in found else None

    def put(self, *rows: Mapping[str, Any], table: str = DEMAND) -> None:
        """Items as others have written them, keys included."""
        with self.calls.own():
            for row in rows:
                own("dynamodb").put_item(TableName=table, Item=encode_item(row))

    def forget(self, key: Key, table: str = DEMAND) -> None:
        with self.calls.own():
            own("dynamodb").delete_item(TableName=table, Key=encode_item(key.attributes()))

    def rows(self, type: str | None = None, table: str = DEMAND) -> list[dict[str, Any]]:
        """All of a table, or those of one type; plain, ordered by key."""
        with self.calls.own():
            pages = own("dynamodb").get_paginator("scan").paginate(TableName=table)
            found = [decode_item(item) for page in pages for item in page["Items"]]
        return sorted((it for it in found if type in (None, it.get("type"))), key=lambda it: (it["PK"], it["SK"]))

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """Take what waits in a queue: each as Lambda would be handed it, the body still a text. A delay is not waited for here."""
        with self.calls.own():
            sqs, found = own("sqs"), []
            asked = {"AttributeNames": ["All"], "MessageAttributeNames": ["All"], "MaxNumberOfMessages": 10}
            while got := sqs.receive_message(QueueUrl=QUEUE_URL + queue, **asked).get("Messages"):
                for it in got:
                    found.append(handed(it))
                    sqs.delete_message(QueueUrl=QUEUE_URL + queue, ReceiptHandle=it["ReceiptHandle"])
        return found

    def bodies(self, queue: str) -> list[dict[str, Any]]:
        """Take what waits in a queue: the bodies alone."""
        return [json.loads(it["body"]) for it in self.messages(queue)]

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        with self.calls.own():
            s3 = own("s3")
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
            keys = [it["Key"] for page in pages for it in page.get("Contents", ())]
            return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def handed(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as Lambda gets it."""
    attributes = {
        name: {"dataType": it["DataType"], "stringValue": it["StringValue"]}
        for name, it in message.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": attributes,
        "eventSource": "aws:sqs",
    }


@cache
def own(service: str) -> Any:
    """The world's own way to AWS."""
    return boto3.Session(region_name=REGION).client(service)


@contextmanager
def notifications_world(*handlers: ModuleType, **settings: str) -> Iterator[NotificationsWorld]:
    """Everything fresh. `handlers` are the modules in use, whose `live` is forgotten; `settings` by name as in ENVIRONMENT."""
    with ExitStack() as open_things:
        open_things.enter_context(mock_aws())
        open_things.enter_context(patch.dict(os.environ, {**ENVIRONMENT, **settings}))
        for forget in (session.session.cache_clear, *(handler.live.cache_clear for handler in handlers)):
            forget()
            open_things.callback(forget)
        _make()
        yield NotificationsWorld(open_things.enter_context(counted_calls()))


def make_demand_table(dynamodb: Any, name: str = DEMAND) -> None:
    """As the stack makes it, streams aside."""
    keys = ["PK", "SK", *(key for pair in INDEXES.values() for key in pair)]
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=_schema("PK", "SK"),
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        GlobalSecondaryIndexes=[
            {"IndexName": index, "KeySchema": _schema(*pair), "Projection": {"ProjectionType": "ALL"}}
            for index, pair in INDEXES.items()
        ],
    )


def _schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


def _make() -> None:
    make_demand_table(own("dynamodb"))
    for table in (STATE, CONTROLS):
        make_table(own("dynamodb"), table)
    own("kinesis").create_stream(StreamName=STATUS_STREAM, ShardCount=2)
    own("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for queue in (GENERATION, SHORT_URLS, OUTBOX):
        own("sqs").create_queue(QueueName=queue)
    own("secretsmanager").create_secret(Name="services", SecretString=json.dumps(TOKENS))
    own("secretsmanager").create_secret(Name="links", SecretString=json.dumps({"keys": "a-key-of-tests"}))

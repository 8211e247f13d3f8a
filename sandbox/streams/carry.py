"""A table's stream -> the same changes on a Kinesis stream, for an emulator without DynamoDB's Kinesis destination."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.streams.change_shape import carried_change, key_digest, table_of
from sandbox.streams.invoking import Handler


def carry_changes(kinesis: Any, stream_arn: str, precision: str = "MILLISECOND") -> Handler:
    """A handler for a table's stream (with NEW_AND_OLD_IMAGES) that puts each change on `stream_arn` as DynamoDB would.

    Map it like any function. moto cannot enable a Kinesis destination; ministack can and needs none of this.
    """

    def handler(event: Mapping[str, Any], context: Any) -> None:
        for record in event["Records"]:
            data = carried_change(
                record,
                table=table_of(record["eventSourceARN"]),
                region=record["awsRegion"],
                created=datetime.fromtimestamp(record["dynamodb"]["ApproximateCreationDateTime"], UTC),
                precision=precision,
                expired=lambda table, keys, old_image: False,  # the record says so itself
            )
            kinesis.put_record(StreamARN=stream_arn, PartitionKey=key_digest(record), Data=data)

    return handler

"""A Kinesis record as any emulator gives it -> the record Lambda hands to a function."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any


def kinesis_event(
    *, arn: str, shard_id: str, number: str, partition_key: str, data: bytes, arrived: datetime
) -> Mapping[str, Any]:
    """One element of `Records` of a Kinesis event; the arrival time is in seconds with milliseconds, as a float."""
    region, account = arn.split(":")[3:5]
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": partition_key,
            "sequenceNumber": number,
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": round(arrived.timestamp(), 3),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": f"arn:aws:iam::{account}:role/stream-dispatcher",
        "awsRegion": region,
        "eventSourceARN": arn,
    }

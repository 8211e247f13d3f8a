"""A DynamoDB change as any emulator gives it -> as Lambda gives it, from the table's stream or through Kinesis."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any

from sandbox.streams.images import Image, change_size, plain_image

TTL_IDENTITY = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNITS = {"MILLISECOND": timedelta(milliseconds=1), "MICROSECOND": timedelta(microseconds=1)}
NAMED_PRECISION = {"MILLISECOND": {}, "MICROSECOND": {"ApproximateCreationDateTimePrecision": "MICROSECOND"}}
# table, keys and old image of a deleted item -> whether it expired (rather than being deleted by someone)
Expired = Callable[[str, Image, Image | None], bool]
Raw = Mapping[str, Any]


def table_change(raw: Raw, *, arn: str, arrived: datetime, expired: Expired) -> Mapping[str, Any] | None:
    """One element of `Records` of a DynamoDB stream event, or None for a put that changed nothing.

    AWS writes no record for such a put, moto does. The creation time is in whole seconds, as DynamoDB rounds it.
    """
    change = _images(raw["dynamodb"])
    if _changed_nothing(raw, change):
        return None
    event = {
        "eventID": raw["eventID"].replace("-", ""),
        "eventName": raw["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": arn.split(":")[3],
        "dynamodb": {
            "ApproximateCreationDateTime": int(arrived.timestamp()),
            **change,
            "SequenceNumber": raw["dynamodb"]["SequenceNumber"],
            "SizeBytes": change_size(change.values()),
            "StreamViewType": raw["dynamodb"]["StreamViewType"],
        },
        "eventSourceARN": arn,
    }
    identity = _identity(raw, table_of(arn), change, expired)
    return {**event, "userIdentity": identity} if identity else event


def carried_change(
    raw: Raw, *, table: str, region: str, created: datetime, precision: str, expired: Expired
) -> bytes | None:
    """The data of a Kinesis record that carries a change, or None for a put that changed nothing.

    Differs from a stream's own: no sequence number and no view type, both images always, a finer creation time.
    """
    change = _images(raw["dynamodb"])
    if _changed_nothing(raw, change):
        return None
    record = {
        "awsRegion": region,
        "eventID": raw["eventID"],
        "eventName": raw["eventName"],
        "userIdentity": _identity(raw, table, change, expired),
        "recordFormat": "application/json",
        "tableName": table,
        "dynamodb": {
            "ApproximateCreationDateTime": (created - EPOCH) // UNITS[precision],
            **change,
            "SizeBytes": change_size(change.values()),
            **NAMED_PRECISION[precision],
        },
        "eventSource": "aws:dynamodb",
    }
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()


def change_in(data: bytes) -> Raw | None:
    """The change a Kinesis record's data carries, if it carries one."""
    if not data.startswith(b"{") or b"aws:dynamodb" not in data:
        return None
    try:
        content = json.loads(data)
    except ValueError:
        return None
    carries = content.get("eventSource") == "aws:dynamodb" and isinstance(content.get("dynamodb"), dict)
    return content if carries else None


def table_of(arn: str) -> str:
    """The table named in the ARN of a table or of its stream."""
    return arn.split("/")[1]


def key_digest(raw: Raw) -> str:
    """One text per item: changes of one item have one partition key, so that they stay together."""
    keys = json.dumps(plain_image(raw["dynamodb"]["Keys"]), sort_keys=True)
    return md5(keys.encode(), usedforsecurity=False).hexdigest().upper()


def _images(dynamodb: Raw) -> dict[str, Image]:
    return {part: plain_image(dynamodb[part]) for part in ("Keys", "NewImage", "OldImage") if part in dynamodb}


def _changed_nothing(raw: Raw, change: Mapping[str, Image]) -> bool:
    return raw["eventName"] == "MODIFY" and "NewImage" in change and change.get("OldImage") == change["NewImage"]


def _identity(raw: Raw, table: str, change: Mapping[str, Image], expired: Expired) -> dict[str, str] | None:
    given = raw.get("userIdentity")
    if given:
        return {name[0].lower() + name[1:]: value for name, value in given.items()}
    removed = raw["eventName"] == "REMOVE"
    return TTL_IDENTITY if removed and expired(table, change["Keys"], change.get("OldImage")) else None

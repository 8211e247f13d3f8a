"""Where the emulator answers otherwise than AWS, and tests cannot mend it from outside: its handlers in, corrected ones out."""

import json
import threading
import time
from collections.abc import Callable
from hashlib import md5
from typing import Any

from ministack.services import dynamodb, eventbridge, glue, kinesis

MANY = "100000"


def at_their_own_time(put: Callable[..., Any]) -> Callable[..., Any]:
    """Events keep the time their sender gave them, as on AWS, and our stand-ins may speak for AWS's services.

    The emulator stamps them with the machine's time.
    """
    told = threading.local()
    machine = eventbridge._now_ts
    eventbridge._now_ts = lambda: getattr(told, "time", None) or machine()

    def put_events(data: dict[str, Any], allow_aws_source: bool = True) -> Any:
        entries = data.get("Entries", [])
        if len(entries) > 10 or not any(entry.get("Time") for entry in entries):
            return put(data, allow_aws_source=True)
        failed, results = 0, []
        for entry in entries:
            told.time = entry.get("Time")
            try:
                status, headers, body = put({"Entries": [entry]}, allow_aws_source=True)
            finally:
                told.time = None
            answer = json.loads(body)
            failed += answer["FailedEntryCount"]
            results += answer["Entries"]
        return status, headers, json.dumps({"FailedEntryCount": failed, "Entries": results}).encode()

    return put_events


def all_of_them(listing: Callable[..., Any]) -> Callable[..., Any]:
    """All schedules in one page: the emulator forgets those beyond the hundredth."""
    return lambda query: listing({**query, "MaxResults": MANY})


def updating_partitions(handle: Callable[..., Any]) -> Callable[..., Any]:
    """Glue's UpdatePartition, which the emulator does not know: the old one goes and the new one comes, within one call."""

    def answer(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Any:
        if not headers.get("x-amz-target", "").endswith(".UpdatePartition"):
            return handle(method, path, headers, body, query)
        told = json.loads(body)
        named = {name: told.get(name) for name in ("DatabaseName", "TableName")}
        values = {"PartitionValues": told["PartitionValueList"]}
        status, *rest = glue._get_partition({**named, **values})
        if status != 200:
            return status, *rest
        glue._delete_partition({**named, **values})
        return glue._create_partition({**named, "PartitionInput": told["PartitionInput"]})

    return answer


def expire_from_the_front(stream: dict[str, Any]) -> None:
    """Drop a Kinesis stream's records that are past its retention; they lie in the order of their arrival.

    The emulator looks at every record of every shard at each put, so that the 50,000th of a burst waits for 50,000 looks.
    """
    cutoff = time.time() - stream["RetentionPeriodHours"] * 3600
    for shard in stream["shards"].values():
        records = shard["records"]
        kept = next((i for i, it in enumerate(records) if it["ApproximateArrivalTimestamp"] >= cutoff), len(records))
        if kept:
            shard["records"] = records[kept:]


def in_their_items_shard(table: str, change: dict[str, Any]) -> None:
    """A table's change goes to the shard that its item's key names, as on AWS, so that an item's changes keep their order.

    The emulator deals them out by random.
    """
    keys = json.dumps(change["dynamodb"]["Keys"], sort_keys=True).encode()
    item = md5(keys, usedforsecurity=False).hexdigest().upper()
    for destination in dynamodb._kinesis_destinations.get(table, ()):
        if destination.get("DestinationStatus") == "ACTIVE":
            kinesis.put_record_internal(destination["StreamArn"], item, json.dumps(change, default=str).encode())


def telling_versions(fire: Callable[..., Any]) -> Callable[..., Any]:
    """S3 tells EventBridge which version of an object has come, as on AWS: who reads it later must not read another.

    The emulator tells notifications alone.
    """
    told, dispatch = threading.local(), eventbridge._dispatch_event

    def dispatching(event: dict[str, Any], *more: Any, **further: Any) -> Any:
        version = getattr(told, "version", None)
        if version and event["Source"] == "aws.s3":
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version
            event = {**event, "Detail": json.dumps(detail)}
        return dispatch(event, *more, **further)

    def firing(*about: Any, version_id: str | None = None, **more: Any) -> None:
        told.version = version_id
        try:
            fire(*about, version_id=version_id, **more)
        finally:
            told.version = None

    eventbridge._dispatch_event = dispatching
    return firing

"""Kinesis -> archive bucket: every change of the Demand table as a row of its kind and date, or as an error object."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.archive_bucket import ONE_TRY, ArchiveBucket
from adapters.aws.archive_delivery import Delivered, deliver
from adapters.aws.session import client
from adapters.files.kind_writers import kind_writers
from domain.archive.batch import Batch, KindWriter, sort_out
from domain.archive.kinesis import Record, arrived, source_of
from handlers.archive.settings import NAMESPACE, StreamArchiverSettings

logger = Logger(service="stream_archiver")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return stream_archiver(event["Records"], **live())


@cache
def live() -> dict[str, Any]:
    env = StreamArchiverSettings.from_env()
    return {"bucket": ArchiveBucket(client("s3", ONE_TRY), env.archive_bucket), "writers": kind_writers()}


def stream_archiver(
    records: Sequence[Record], *, bucket: ArchiveBucket, writers: Mapping[str, KindWriter]
) -> dict[str, Any]:
    """Archive the batch, or park what cannot be. Kinesis delivers again all from the first record on that is in neither."""
    batch = sort_out(arrived(records), source=source_of(records), parse=orjson.loads, writers=writers)
    delivered = deliver(batch, bucket)
    tell(batch, delivered, bucket.bucket)
    failed = set(delivered.failed)
    first = next((number for record in records if (number := record["kinesis"]["sequenceNumber"]) in failed), None)
    return {"batchItemFailures": [{"itemIdentifier": first}] if first else []}


def tell(batch: Batch, delivered: Delivered, bucket: str) -> None:
    """Names and ids, never values: a line a file, a removal, an error; and the batch's counts as metrics."""
    for file in delivered.files:
        about = {"kind": file.kind, "date": file.day, "records": len(file.numbers)}
        logger.info("archived", extra={**about, "s3_location": f"s3://{bucket}/{file.key}"})
    for removal in batch.removals:
        fields = {"event_id": removal.event_id, "redacted": removal.fields, "expired": removal.expired}
        logger.info("redacted", extra=fields)
    for error in delivered.errors:
        named = {"event_id": error.event_id, "sequence_number": error.numbers[0], "records": len(error.numbers)}
        logger.error("parked", extra={**named, "code": error.code, "reason": error.message})
    if delivered.failed:
        logger.error("not delivered", extra={"shard": batch.source, "sequence_numbers": delivered.failed})
    counts = {
        "ArchivedRecords": sum(len(file.numbers) for file in delivered.files),
        "ArchiveFiles": len(delivered.files),
        "ArchiveErrors": sum(len(error.numbers) for error in delivered.errors),
        "SkippedRows": batch.skipped,
    }
    for name, count in counts.items():
        with single_metric(name, MetricUnit.Count, count, namespace=NAMESPACE):
            pass

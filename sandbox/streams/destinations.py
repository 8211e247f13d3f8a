"""A discarded batch -> the record of it that Lambda leaves at the on-failure destination."""

import json
from collections.abc import Callable
from collections.abc import Mapping as Document
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.streams.mapping import Mapping
from sandbox.streams.record import Record
from sandbox.streams.rules import Discard


@dataclass(slots=True)
class Destinations:
    """Delivers to S3 (with the event itself), SQS and SNS (without it). Errors of the services are raised."""

    aws: Callable[[str], Any]
    _queues: dict[str, str] = field(default_factory=dict)

    def deliver(self, discard: Discard, event: Document[str, Any], mapping: Mapping, shard: str, now: datetime) -> None:
        """Leave the record at the mapping's destination; without one the records are lost, as on AWS."""
        if not mapping.on_failure:
            return
        record = failure_record(discard, mapping, shard, now)
        match mapping.on_failure.split(":", 5):
            case [_, _, "s3", _, _, bucket]:
                whole = {**record, "payload": json.dumps(event, separators=(",", ":"))}
                key = failure_key(mapping, shard, now, record["requestContext"]["requestId"])
                self.aws("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(whole).encode())
            case [_, _, "sqs", _, _, queue]:
                self.aws("sqs").send_message(QueueUrl=self._queue_url(queue), MessageBody=json.dumps(record))
            case [_, _, "sns", _, _, _]:
                self.aws("sns").publish(TopicArn=mapping.on_failure, Message=json.dumps(record))
            case _:
                raise ValueError(f"{mapping.on_failure} is no bucket, queue or topic")

    def _queue_url(self, name: str) -> str:
        if name not in self._queues:
            self._queues[name] = self.aws("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        return self._queues[name]


def failure_record(discard: Discard, mapping: Mapping, shard: str, now: datetime) -> dict[str, Any]:
    """The invocation record, as in "Retain discarded batch records" of the Lambda Developer Guide.

    There is no `responseContext` where the function was never called, and no `functionError` where it answered.
    """
    batch = discard.batch
    answered = {"statusCode": 200, "executedVersion": "$LATEST"}
    if discard.error is not None:
        answered["functionError"] = "Unhandled"
    return {
        "requestContext": {
            "requestId": _request_id(batch.records, mapping, shard, now),
            "functionArn": _function_arn(mapping),
            "condition": discard.condition,
            "approximateInvokeCount": batch.invocations,
        },
        **({"responseContext": answered} if batch.invocations else {}),
        "version": "1.0",
        "timestamp": _instant(now),
        "DDBStreamBatchInfo" if mapping.of_table else "KinesisBatchInfo": _batch_info(batch.records, mapping, shard),
    }


def failure_key(mapping: Mapping, shard: str, now: datetime, name: str) -> str:
    """Where in a bucket the record goes."""
    return f"aws/lambda/{mapping.uuid}/{shard}/{now:%Y/%m/%d}/{now:%Y-%m-%dT%H.%M.%S}-{name}"


def _batch_info(records: tuple[Record, ...], mapping: Mapping, shard: str) -> dict[str, Any]:
    instant = _second if mapping.of_table else _instant  # DynamoDB knows whole seconds only
    return {
        "shardId": shard,
        "startSequenceNumber": records[0].number if records else None,
        "endSequenceNumber": records[-1].number if records else None,
        "approximateArrivalOfFirstRecord": instant(records[0].arrived) if records else None,
        "approximateArrivalOfLastRecord": instant(records[-1].arrived) if records else None,
        "batchSize": len(records),
        "streamArn": mapping.stream_arn,
    }


def _request_id(records: tuple[Record, ...], mapping: Mapping, shard: str, now: datetime) -> str:
    """Random on AWS; derived here, so that a run can be repeated."""
    return str(uuid5(NAMESPACE_URL, "/".join([mapping.uuid, shard, now.isoformat(), *(r.number for r in records)])))


def _function_arn(mapping: Mapping) -> str:
    if mapping.function.startswith("arn:"):
        return mapping.function
    region, account = mapping.stream_arn.split(":")[3:5]
    return f"arn:aws:lambda:{region}:{account}:function:{mapping.function}"


def _second(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"

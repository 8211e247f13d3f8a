"""Offers that the Entry Service did not take yet: an object each, and then a message that points to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from adapters.aws.faults import aws_calls
from adapters.aws.message_delays import put_off
from domain.scores.places import waiting_entries

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

MOST_DELAY = 900  # seconds, of a new message (SQS)


@dataclass(frozen=True)
class WaitingEntries:
    """All methods raise Unavailable for what passes; each may be repeated."""

    s3: "S3Client"
    bucket: str
    sqs: "SQSClient"
    url: str

    def keep(self, campaign: str, name: str, document: Mapping[str, Any], delay: float) -> str:
        """The object first, then its message, to be looked at after so many seconds; the object's key."""
        key = waiting_entries(campaign, name)
        self._put(key, orjson.dumps(document))
        body = json.dumps({"campaignId": campaign, "key": key})
        with aws_calls("queueing an offer of entries"):
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body, DelaySeconds=min(MOST_DELAY, int(delay)))
        return key

    def read(self, key: str) -> dict[str, Any]:
        """Unavailable: it is not there (yet)."""
        with aws_calls(f"get s3://{self.bucket}/{key}"):
            found: dict[str, Any] = orjson.loads(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())
        return found

    def delete(self, key: str) -> None:
        """One that is not there does no harm."""
        with aws_calls(f"delete s3://{self.bucket}/{key}"):
            self.s3.delete_object(Bucket=self.bucket, Key=key)

    def put_off(self, receipt: str, seconds: float) -> None:
        """The message is not seen for so long; one that is in nobody's hands any more comes as the queue decides."""
        put_off(self.sqs, self.url, receipt, seconds)

    def _put(self, key: str, body: bytes) -> None:
        with aws_calls(f"put s3://{self.bucket}/{key}"):
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json")

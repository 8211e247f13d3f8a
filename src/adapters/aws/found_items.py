"""All items of a table as they stand, typed as DynamoDB has them: by a scan, or out of an export on S3."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import orjson
from botocore.exceptions import ClientError

from adapters.aws.faults import aws_calls
from domain.archive.change import Image
from domain.archive.fan import KEY
from domain.errors import Rejected, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

SUMMARY, FILES = "manifest-summary.json", "manifest-files.json"


def scanned(dynamodb: "DynamoDBClient", table: str) -> Iterator[Image]:
    """Read consistently, a page of at most 1 MB a call; binary values are bytes. It costs read capacity for the whole table."""
    with aws_calls(f"scan {table}"):
        pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        for page in pages:
            yield from page["Items"]


def clock_of(dynamodb: "DynamoDBClient", table: str) -> datetime:
    """What time it is where the table is, which is what its changes are dated by; cut to the second, so never too late."""
    with aws_calls(f"describe {table}"):
        told = dynamodb.describe_table(TableName=table)["ResponseMetadata"]["HTTPHeaders"]
    return parsedate_to_datetime(told["date"])


def of_fan(dynamodb: "DynamoDBClient", table: str, fan: str) -> int:
    """How many items stand under a fan's partition key."""
    with aws_calls(f"query {table}"):
        pages = dynamodb.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression="PK = :fan",
            ExpressionAttributeValues={":fan": {"S": f"{KEY}{fan}"}},
            Select="COUNT",
            ConsistentRead=True,
        )
        return sum(page["Count"] for page in pages)


@dataclass(frozen=True)
class Export:
    """One full export to S3 in DynamoDB JSON; `prefix` is its folder, `…/AWSDynamoDB/<id>/`. Binary values are base64 texts."""

    s3: "S3Client"
    bucket: str
    prefix: str

    def taken(self) -> datetime:
        """The instant the items are of. Rejected: there is no export, or not a full one in DynamoDB JSON."""
        summary = orjson.loads(self._read(SUMMARY))
        kind, shape = summary.get("exportType", "FULL_EXPORT"), summary.get("outputFormat")
        if kind != "FULL_EXPORT" or shape != "DYNAMODB_JSON":
            raise Rejected(
                f"s3://{self.bucket}/{self.prefix} is a {kind} as {shape}: a FULL_EXPORT as DYNAMODB_JSON is wanted"
            )
        return datetime.fromisoformat(summary["exportTime"])

    def items(self) -> Iterator[Image]:
        """Rejected: a file that the manifest names is missing or no export's."""
        for line in self._read(FILES).splitlines():
            key = orjson.loads(line)["dataFileS3Key"]
            for row in gzip.decompress(self._get(key)).splitlines():
                yield orjson.loads(row)["Item"]

    def _read(self, name: str) -> bytes:
        return self._get(f"{self.prefix.rstrip('/')}/{name}")

    def _get(self, key: str) -> bytes:
        place = f"s3://{self.bucket}/{key}"
        try:
            with aws_calls(f"get {place}"):
                return bytes(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())
        except (
            Unavailable,
            ClientError,
        ) as reason:  # of a missing key too: what an export names is there from its start
            raise Rejected(f"{place} cannot be read: {reason}") from reason


def export_at(s3: Any, place: str) -> Export:
    """`place` is s3://bucket/…/AWSDynamoDB/<id>/. Rejected: it is no S3 address."""
    bucket, slash, prefix = place.removeprefix("s3://").partition("/")
    if not place.startswith("s3://") or not slash:
        raise Rejected(f"{place} is no place on S3: give s3://bucket/…/AWSDynamoDB/<id>/")
    return Export(s3, bucket, prefix)

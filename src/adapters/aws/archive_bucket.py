"""The archive bucket: files of rows, error objects, plans and receipts by their keys."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson
from botocore.config import Config
from botocore.exceptions import ClientError

from adapters.aws.batch_items import Backoff
from adapters.aws.faults import aws_calls, code
from domain.archive.batch import File
from domain.archive.parked import Parked, document, key_of
from domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AVRO, JSON = "avro/binary", "application/json"
DELETED_AT_ONCE = 1_000  # keys of one DeleteObjects call, S3's limit
AT_ONCE = 16  # puts on their way at a time

# For what puts alone: how often and how patiently to try again is then this module's business. Three tries for a file and
# three for the error object it becomes end within a minute, even if S3 does not answer at all; the archiver has two.
ONE_TRY = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=2,
    read_timeout=5,
    max_pool_connections=AT_ONCE,
)
A_FEW_TRIES = Backoff(tries=3, base=0.1, most=1.0)


@dataclass(frozen=True, slots=True)
class ArchiveBucket:
    """Objects of the archive. Every method raises Unavailable for what may succeed later; a put may be repeated."""

    s3: "S3Client"
    bucket: str
    backoff: Backoff = field(default=A_FEW_TRIES)

    def put(self, key: str, body: bytes, *, kind: str = JSON) -> None:
        """`kind` is the media type. Unavailable: not even after a few tries, whatever S3's reason; nobody may rely on it."""
        for tried in range(self.backoff.tries):
            try:
                self._put(key, body, kind)
                return
            except Unavailable:
                if tried == self.backoff.tries - 1:
                    raise
                self.backoff.wait(tried)

    def put_file(self, file: File) -> None:
        self.put(file.key, file.body, kind=AVRO)

    def park(self, parked: Parked) -> None:
        self.put(key_of(parked), orjson.dumps(document(parked)), kind=JSON)

    def read(self, key: str) -> bytes:
        """Unavailable: it is not there (yet)."""
        with aws_calls(f"get s3://{self.bucket}/{key}"):
            return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def keys(self, prefix: str) -> Iterator[str]:
        """All below a prefix, in order, page by page."""
        pages = iter(self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix))
        while True:
            with aws_calls(f"list s3://{self.bucket}/{prefix}"):
                page = next(pages, None)
            if page is None:
                return
            yield from (item["Key"] for item in page.get("Contents", ()))

    def delete(self, keys: Iterable[str]) -> None:
        """Hide them behind a delete marker each; what is not there is none the worse. Unavailable: some were left."""
        left = iter(keys)
        while page := list(islice(left, DELETED_AT_ONCE)):
            with aws_calls(f"delete of s3://{self.bucket}"):
                named: Any = {"Objects": [{"Key": key} for key in page], "Quiet": True}
                answer = self.s3.delete_objects(Bucket=self.bucket, Delete=named)
            if errors := answer.get("Errors"):
                raise Unavailable(f"{len(errors)} of {len(page)} objects could not be deleted: {errors[0].get('Code')}")

    def _put(self, key: str, body: bytes, kind: str) -> None:
        doing = f"put s3://{self.bucket}/{key}"
        try:
            with aws_calls(doing):
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=kind)
        except ClientError as error:  # denied, no such key to encrypt with: the put may succeed once that is put right
            raise Unavailable(f"{doing}: {code(error)}") from error

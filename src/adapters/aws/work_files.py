"""The work bucket: what one stage leaves for the next, as gzip JSON lines under deterministic keys."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from adapters.aws.faults import aws_calls
from adapters.files import jsonl

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class WorkFiles:
    """Objects of the work bucket. Writing a key twice with the same rows leaves the same bytes."""

    s3: "S3Client"
    bucket: str

    def write(self, key: str, rows: Iterable[jsonl.Row]) -> None:
        with aws_calls(f"put s3://{self.bucket}/{key}"):
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=jsonl.encode(rows))

    def read(self, key: str, instead: jsonl.Instead | None = None) -> Iterator[dict[str, Any]]:
        """The rows of one file, streamed; `instead` and Rejected as in `jsonl.decode`. Unavailable: it is not there (yet)."""
        with aws_calls(f"get s3://{self.bucket}/{key}"):
            body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"]
        yield from jsonl.decode(body, key, instead)  # type: ignore[arg-type]

    def copy(self, key: str, to: str) -> None:
        """Copy an object within the bucket, without reading it. Unavailable: it is not there (yet)."""
        with aws_calls(f"copy s3://{self.bucket}/{key}"):
            self.s3.copy_object(Bucket=self.bucket, Key=to, CopySource={"Bucket": self.bucket, "Key": key})

    def keys(self, prefix: str) -> list[str]:
        with aws_calls(f"list s3://{self.bucket}/{prefix}"):
            pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            return sorted(item["Key"] for page in pages for item in page.get("Contents", ()))

    def write_json(self, key: str, document: Any) -> None:
        with aws_calls(f"put s3://{self.bucket}/{key}"):
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=orjson.dumps(document, option=orjson.OPT_SORT_KEYS))

    def write_text(self, key: str, text: str, kind: str) -> None:
        """`kind` is the object's media type, so that a browser shows it."""
        with aws_calls(f"put s3://{self.bucket}/{key}"):
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode(), ContentType=kind)

    def read_json(self, key: str) -> Any:
        with aws_calls(f"get s3://{self.bucket}/{key}"):
            return orjson.loads(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

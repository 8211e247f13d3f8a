"""A folder or a bucket in, the archive's files of one kind out, by name and version."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import ClientError

from adapters.aws.faults import aws_calls
from domain.archive.kinds import KINDS
from domain.archive.places import DATA, partition_at
from domain.errors import Rejected


class Vanished(Exception):
    """A file was listed and is no more: a compaction has replaced it, most likely."""


@dataclass(frozen=True, slots=True)
class Found:
    """One file; `version` is another whenever its content is."""

    key: str
    kind: str
    day: str
    version: str


class Place(Protocol):
    """Where an archive lies. `name` tells it from all others."""

    @property
    def name(self) -> str: ...

    def files(self, kind: str) -> Iterator[Found]: ...

    def read(self, key: str) -> bytes:
        """Vanished: it is no more."""
        ...


@dataclass(frozen=True, slots=True)
class Folder:
    """Laid out like the bucket: `path` holds `data/`, or is it."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.resolve())

    @property
    def data(self) -> Path:
        return self.path / DATA if (self.path / DATA).is_dir() else self.path

    def files(self, kind: str) -> Iterator[Found]:
        """Rejected: nothing here looks like an archive."""
        if self.data == self.path and not any((self.path / known).is_dir() for known in KINDS):
            raise Rejected(f"{self.path} holds neither {DATA} nor a folder of {', '.join(KINDS)}")
        for path in sorted((self.data / kind).glob("*/*.avro")):
            try:
                told = path.stat()
            except FileNotFoundError:
                continue
            key = DATA + path.relative_to(self.data).as_posix()
            yield from _found(key, f"{told.st_size}-{told.st_mtime_ns}")

    def read(self, key: str) -> bytes:
        try:
            return (self.data / key.removeprefix(DATA)).read_bytes()
        except FileNotFoundError as error:
            raise Vanished(key) from error


@dataclass(frozen=True, slots=True)
class Bucket:
    s3: Any
    bucket: str

    @property
    def name(self) -> str:
        return f"{self.s3.meta.endpoint_url}/{self.bucket}"

    def files(self, kind: str) -> Iterator[Found]:
        """Rejected: there is no such bucket, or it may not be read. Unavailable."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{DATA}{kind}/")
        try:
            with aws_calls(f"list {self.bucket}"):
                for page in pages:
                    for item in page.get("Contents", ()):
                        yield from _found(item["Key"], item["ETag"])
        except ClientError as error:
            raise Rejected(f"bucket {self.bucket} cannot be read: {error}") from error

    def read(self, key: str) -> bytes:
        """Also Rejected: it may not be read; Unavailable."""
        try:
            with aws_calls(f"read {key}"):
                return self._body(key)
        except ClientError as error:
            raise Rejected(f"s3://{self.bucket}/{key} cannot be read: {error}") from error

    def _body(self, key: str) -> bytes:
        try:
            body: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey as error:
            raise Vanished(key) from error
        return body


def _found(key: str, version: str) -> Iterator[Found]:
    """Nothing for what is no data file, or hidden as Hive has it."""
    if not key.rpartition("/")[2].startswith(("_", ".")):
        try:
            yield Found(key, *partition_at(key), version)
        except ValueError:
            return

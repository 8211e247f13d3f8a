"""The archive bucket as it is stored: its objects with their sizes and all their versions, to be replaced or deleted for good."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws.faults import aws_calls, code
from domain.archive.compaction import Stored
from domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AT_ONCE = 1000  # AWS: as many objects go in one DeleteObjects
GONE = frozenset({"NoSuchKey", "NoSuchVersion"})
WHOLE = "null"  # AWS: the id of the only version of what was written while the bucket kept none


@dataclass(frozen=True, slots=True)
class Version:
    """`latest`: what a reader of the key gets. Delete markers are no versions: there is nothing in them."""

    key: str
    id: str
    size: int
    latest: bool


@dataclass(frozen=True)
class ArchiveVersions:
    """All methods may be repeated. Unavailable: throttled or out of reach beyond patience; what was asked may be half done."""

    s3: "S3Client"
    bucket: str

    def files(self, prefix: str) -> Iterator[Stored]:
        """What a lister sees below the prefix, by key."""
        with aws_calls(f"list s3://{self.bucket}/{prefix}"):
            for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
                yield from (Stored(item["Key"], item["Size"], item["ETag"]) for item in page.get("Contents", ()))

    def versions(self, prefix: str) -> Iterator[tuple[Version, ...]]:
        """All versions below the prefix, key by key, each key's newest first."""
        for _, found in groupby(self._versions(prefix), key=lambda version: version.key):
            yield tuple(found)

    def read(self, key: str) -> bytes:
        """Unavailable: there is no such object (any more)."""
        with aws_calls(f"get s3://{self.bucket}/{key}"):
            return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def content(self, version: Version) -> bytes | None:
        """None: it is there no more."""
        try:
            with aws_calls(f"get s3://{self.bucket}/{version.key}"):
                return self.s3.get_object(Bucket=self.bucket, Key=version.key, VersionId=version.id)["Body"].read()
        except (ClientError, Unavailable) as error:
            cause = error if isinstance(error, ClientError) else error.__cause__
            if isinstance(cause, ClientError) and code(cause) in GONE:
                return None
            raise

    def put(self, key: str, body: bytes | bytearray, kind: str) -> str:
        """Write a new version; its id. `kind` is the media type."""
        with aws_calls(f"put s3://{self.bucket}/{key}"):
            content: Any = body  # botocore takes a bytearray as well, whatever its types say
            made = self.s3.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=kind)
        return made.get("VersionId", WHOLE)

    def hide(self, key: str) -> None:
        """A reader finds the key no more; its versions stay."""
        with aws_calls(f"delete s3://{self.bucket}/{key}"):
            self.s3.delete_object(Bucket=self.bucket, Key=key)

    def delete(self, files: Sequence[Stored]) -> None:
        """As `hide`, of many at once, each only as it was listed. Unavailable: one was written anew since; the others are gone."""
        self._delete({"Key": file.key, "ETag": file.tag} for file in files)

    def purge(self, key: str, ids: Iterable[str]) -> None:
        """Delete versions for good. Where the newest one goes, a reader gets the one before it."""
        self._delete({"Key": key, "VersionId": id} for id in ids)

    def _versions(self, prefix: str) -> Iterator[Version]:
        with aws_calls(f"list the versions of s3://{self.bucket}/{prefix}"):
            for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=prefix):
                for it in page.get("Versions", ()):
                    yield Version(it["Key"], it["VersionId"], it["Size"], it["IsLatest"])

    def _delete(self, objects: Iterable[dict[str, str]]) -> None:
        wanted: list[Any] = list(objects)
        for first in range(0, len(wanted), AT_ONCE):
            batch: Any = {"Objects": wanted[first : first + AT_ONCE], "Quiet": True}
            with aws_calls(f"delete objects of s3://{self.bucket}"):
                said = self.s3.delete_objects(Bucket=self.bucket, Delete=batch)
            if failed := [it for it in said.get("Errors", ()) if it.get("Code") not in GONE]:
                raise Unavailable(f"delete {failed[0].get('Key')}: {failed[0].get('Code')}, and {len(failed) - 1} more")

"""The scoring bucket: one version of a file opened at a byte, and the rows of it that were refused kept."""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import orjson
from botocore.config import Config
from botocore.exceptions import ClientError, FlexibleChecksumError, IncompleteReadError

from adapters.aws.faults import OUT_OF_REACH, aws_calls, code
from domain.errors import Rejected, Unavailable
from domain.scores.drop import Arrival

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=3, read_timeout=20)
BUFFER = 256 * 1024
GZIP = b"\x1f\x8b"
BROKEN = (*OUT_OF_REACH, IncompleteReadError, FlexibleChecksumError)
PAST_THE_END = "InvalidRange"
GONE = {
    "NoSuchKey": "is not there any more",
    "NoSuchVersion": "is not there any more in this version",
    "NoSuchBucket": "is in no bucket of ours",
    "MethodNotAllowed": "was deleted",
    "PreconditionFailed": "was written anew since; its newer version has an event of its own",
    "InvalidObjectState": "is archived where it cannot be read",
}


@dataclass(frozen=True)
class ScoreFiles:
    """Files as they were when S3 told of them, whatever has come under their keys since."""

    s3: "S3Client"

    @contextmanager
    def open(self, arrival: Arrival, offset: int = 0) -> Iterator[BinaryIO]:
        """The bytes from `offset` on, none where that is the end. Rejected: there is no such version (any more).

        Unavailable, also while it is read: S3 is out of reach, or the connection broke before the end.
        """
        body = self._body(arrival, offset)
        raw = io.BufferedReader(_Raw(body, arrival.key), BUFFER)
        try:
            yield cast(BinaryIO, raw)
        finally:
            raw.detach()
            body.close()

    def keep(self, bucket: str, key: str, documents: Iterable[Any]) -> None:
        """Write documents as JSON lines, over what stood under the key before."""
        body = b"".join(orjson.dumps(it, option=orjson.OPT_APPEND_NEWLINE) for it in documents)
        with aws_calls(f"put s3://{bucket}/{key}"):
            self.s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/x-ndjson")

    def _body(self, arrival: Arrival, offset: int) -> Any:
        which: dict[str, Any] = {"Bucket": arrival.bucket, "Key": arrival.key, **_version(arrival.version_id)}
        if offset:
            which["Range"] = f"bytes={offset}-"
        try:
            with aws_calls(f"get s3://{arrival.bucket}/{arrival.key}"):
                return self.s3.get_object(**which)["Body"]
        except ClientError as error:
            if code(error) == PAST_THE_END:
                return io.BytesIO()
            raise _refusal(arrival, error) from error
        except Unavailable as error:
            if isinstance(cause := error.__cause__, ClientError) and code(cause) in GONE:
                raise _refusal(arrival, cause) from error
            raise


def is_gzip(raw: BinaryIO) -> bool:
    """Whether what was opened at its start is packed, however it is called."""
    return cast(io.BufferedReader, raw).peek(2)[:2] == GZIP


class _Raw(io.RawIOBase):
    """A body of S3 as a file; what breaks while it is read is Unavailable."""

    def __init__(self, body: Any, key: str) -> None:
        super().__init__()
        self._body, self._key = body, key

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._body.read(len(buffer))
        except BROKEN as error:
            raise Unavailable(f"{self._key}: broke off while it was read ({type(error).__name__})") from error
        buffer[: len(data)] = data
        return len(data)


def _version(version_id: str) -> dict[str, str]:
    return {"IfMatch": version_id} if version_id.startswith('"') else {"VersionId": version_id}


def _refusal(arrival: Arrival, error: ClientError) -> Exception:
    why = GONE.get(code(error))
    return Rejected(f"{arrival.key} {why}") if why else error

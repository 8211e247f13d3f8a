"""Records that a reader of a stream cannot take in, one object of JSON lines under a name made of them out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from adapters.aws.archive_bucket import ArchiveBucket
from domain.scores.places import parked_records

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KIND = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class ParkedRecords:
    """What one reader has put aside. The same records are written again under the same key. `place`: of the reader's name and theirs."""

    s3: "S3Client"
    bucket: str
    reader: str
    place: Callable[[str, str], str] = parked_records

    def park(self, since: str, lines: Sequence[Mapping[str, Any]]) -> str:
        """The key. `since` begins its name: the place of the first of them. Unavailable: not even after a few tries."""
        body = b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)
        key = self.place(self.reader, f"{since}-{sha256(body).hexdigest()[:12]}")
        ArchiveBucket(self.s3, self.bucket).put(key, body, kind=KIND)
        return key

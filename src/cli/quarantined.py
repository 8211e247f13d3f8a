"""The archive bucket in, what lies in errors/ and among Lambda's given-up batches out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from botocore.exceptions import ClientError

from adapters.aws.archive_bucket import ArchiveBucket
from adapters.aws.faults import code
from cli.deployment import Deployment
from domain.archive.clusters import caused_by
from domain.archive.places import ERRORS, LOST
from domain.archive.quarantine import Quarantined, opened, unreadable
from domain.errors import Rejected, Unavailable

AT_ONCE = 10  # as many connections as a client of boto3 keeps


def bucket_of(deployment: Deployment) -> ArchiveBucket:
    return ArchiveBucket(deployment.client("s3"), deployment.names["archive_bucket"])


def quarantined(bucket: ArchiveBucket, cause: str | None = None) -> Iterator[Quarantined]:
    """All objects in the order of their keys, or those of one cause. What nobody can make out is among them, without records.

    Rejected: the bucket may not be read. Unavailable: not now.
    """
    with ThreadPoolExecutor(AT_ONCE) as workers:
        with allowed(bucket.bucket):
            keys = [key for prefix in (ERRORS, LOST) for key in bucket.keys(prefix)]
        for found in workers.map(lambda key: opened_at(bucket, key), keys):
            if found and caused_by(found, cause):
                yield found


def opened_at(bucket: ArchiveBucket, key: str) -> Quarantined | None:
    """None: it is not there, or no more: somebody replays. Rejected: it may not be read."""
    try:
        with allowed(f"{bucket.bucket}/{key}"):
            body = bucket.read(key)
    except Unavailable as reason:
        if isinstance(reason.__cause__, ClientError) and code(reason.__cause__) == "NoSuchKey":
            return None
        raise
    try:
        return opened(key, body)
    except Rejected:
        return unreadable(key)


@contextmanager
def allowed(place: str) -> Iterator[None]:
    """Rejected: the place on S3 may not be read, or is none."""
    try:
        yield
    except ClientError as error:
        raise Rejected(f"s3://{place} cannot be read: {error}") from error

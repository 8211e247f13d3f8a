"""Records of statuses that lead nowhere in, kept aside in the reminders' bucket with why out."""

from typing import TYPE_CHECKING

from adapters.aws.parked_records import ParkedRecords
from domain.notifications.places import parked_records

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def stray_statuses(s3: "S3Client", bucket: str, reader: str) -> ParkedRecords:
    """Those of one reader, below `parked/`."""
    return ParkedRecords(s3, bucket, reader, parked_records)

"""A stage in, the archive's bucket and its ledger out."""

from aws_cdk import aws_s3 as s3
from constructs import Construct

from domain.archive.places import DATA, ERRORS, LOST, REPLAYS, RESULTS
from infra.bucket import PrivateBucket
from infra.nag import acknowledge
from infra.stages import Stage
from infra.stores import EXPIRES, RESULTS_DAYS
from infra.table import KeyedTable

VERSION_DAYS = 7  # to have back what a compaction has replaced; an erasure leaves no version


class ArchiveStores:
    """As constructs of `scope` itself. Receipts of erasures stay for good."""

    def __init__(self, scope: Construct, *, stage: Stage) -> None:
        self.bucket: s3.Bucket = PrivateBucket(
            scope, "Archive", stage=stage, keep_days=_days(stage), version_days=VERSION_DAYS
        )
        reason = "Only our own functions and the analysts' queries reach it; CloudTrail data events say more."
        acknowledge(self.bucket, {"AwsSolutions-S1": reason})
        self.ledger = KeyedTable(scope, "ArchiveLedger", stage=stage, expires=EXPIRES)


def _days(stage: Stage) -> dict[str, int]:
    """By prefix; what can still be replayed, and how it is going to be, lives equally long."""
    errors, data = stage.archiving.error_days, stage.archiving.data_days
    days = {ERRORS: errors, LOST: errors, REPLAYS: errors, RESULTS: RESULTS_DAYS}
    return days if data is None else {DATA: data, **days}

"""The archive's stores in, its four functions out, each with the rights to what it uses."""

from collections.abc import Mapping

from aws_cdk import Duration
from constructs import Construct

from domain.archive.places import DATA, ERRORS, LOST, RECEIPTS, REPLAYS, RESULTS
from handlers.archive.settings import CompactSettings, EraseSettings, ReplaySettings, StreamArchiverSettings
from handlers.settings import Settings
from infra.archive_stores import ArchiveStores
from infra.function import Fleet, PythonFunction
from infra.naming import pascal

TIMEOUTS: Mapping[str, Duration] = {
    "stream_archiver": Duration.minutes(2),  # three tries of a file, and three of the error it becomes
    **dict.fromkeys(("replay", "compact", "erase"), Duration.minutes(15)),
}
ALONE = (
    "replay",
    "compact",
    "erase",
)  # they rewrite objects: one call of each at a time, and the lease keeps them apart

# (function, prefix, verbs of S3 on the objects below it)
FILES = (
    ("stream_archiver", DATA, "PutObject"),
    ("stream_archiver", ERRORS, "PutObject"),
    ("replay", ERRORS, "GetObject", "PutObject", "DeleteObject"),
    ("replay", LOST, "GetObject", "PutObject", "DeleteObject"),
    ("replay", REPLAYS, "GetObject", "DeleteObject"),
    ("replay", DATA, "PutObject"),
    ("compact", DATA, "GetObject", "PutObject", "DeleteObject"),
    *(
        ("erase", prefix, "GetObjectVersion", "PutObject", "DeleteObject", "DeleteObjectVersion")
        for prefix in (DATA, ERRORS, LOST, REPLAYS)
    ),
    (
        "erase",
        RESULTS,
        "GetObjectVersion",
        "DeleteObject",
        "DeleteObjectVersion",
    ),  # one that holds a fan goes as a whole
    ("erase", RECEIPTS, "GetObject", "PutObject"),
)
# (function, verbs of S3 on the bucket itself)
LISTED = (
    ("replay", "ListBucket"),
    ("compact", "ListBucket"),
    ("erase", "ListBucket", "ListBucketVersions"),
)
# (function, verbs of DynamoDB on the ledger)
LEDGER = (
    ("replay", "BatchGetItem", "BatchWriteItem", "PutItem", "DeleteItem"),
    ("compact", "PutItem", "DeleteItem"),
    ("erase", "PutItem", "DeleteItem", "Query"),
)
NAMED = "The files below {} are named by what they hold."


class ArchiveFunctions:
    """`by_stage` names them as their handlers are."""

    def __init__(self, scope: Construct, *, stores: ArchiveStores, fleet: Fleet) -> None:
        self._scope, self._fleet = scope, fleet
        bucket, ledger = stores.bucket.bucket_name, stores.ledger.table_name
        both = {"archive_bucket": bucket, "archive_ledger_table": ledger}
        self.by_stage: Mapping[str, PythonFunction] = {
            "stream_archiver": self._made("stream_archiver", StreamArchiverSettings(archive_bucket=bucket)),
            "replay": self._made("replay", ReplaySettings(**both)),
            "compact": self._made("compact", CompactSettings(**both)),
            "erase": self._made("erase", EraseSettings(**both)),
        }
        self._grant(stores)

    def _made(self, name: str, settings: Settings) -> PythonFunction:
        return PythonFunction(
            self._scope,
            pascal(name),
            handler=f"handlers.archive.{name}.handler",
            settings=settings,
            timeout=TIMEOUTS[name],
            fleet=self._fleet,
            at_once=1 if name in ALONE else None,
        )

    def _grant(self, stores: ArchiveStores) -> None:
        for name, prefix, *verbs in FILES:
            places = [stores.bucket.arn_for_objects(f"{prefix}*")]
            self.by_stage[name].allow([f"s3:{verb}" for verb in verbs], places, NAMED.format(prefix))
        for name, *verbs in LISTED:
            self.by_stage[name].allow([f"s3:{verb}" for verb in verbs], [stores.bucket.bucket_arn])
        for name, *verbs in LEDGER:
            self.by_stage[name].uses(stores.ledger, *verbs)

"""A stage in, what scores are kept and carried in out: bucket, table, streams, queues, and the services' tokens."""

from collections.abc import Mapping
from datetime import timedelta

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from domain.scores.places import ERRORS, FANLIST, LOST, RETRIES, SCRUBBED
from infra.alarms import Alarms
from infra.bucket import PrivateBucket
from infra.kept_stream import KeptStream
from infra.nag import acknowledge
from infra.queue import Outbox, watched_queue
from infra.stages import Stage
from infra.stores import EXPIRES
from infra.table import KeyedTable
from infra.tokens import Tokens

VERSION_DAYS = 14  # a load reads the version that its event named, whatever was put over it meanwhile
FILES_HIDDEN = timedelta(minutes=16)  # a function's longest call, and a little
FILES_ATTEMPTS = (
    200  # a service that is down is asked twice a minute; a file that one call does not finish goes on in the next
)
ENTRIES_HIDDEN = timedelta(minutes=6)
ENTRIES_ATTEMPTS = 200  # most of a day
VERDICTS_HIDDEN = timedelta(minutes=2)


class ScoresStores:
    """As constructs of `scope` itself; what the mission names has its name."""

    def __init__(self, scope: Construct, *, stage: Stage, alarms: Alarms) -> None:
        self._scope, self._stage, self._alarms = scope, stage, alarms
        self.bucket: s3.Bucket = PrivateBucket(
            scope, "Scoring", stage=stage, keep_days=_days(stage), version_days=VERSION_DAYS
        )
        acknowledge(self.bucket, {"AwsSolutions-S1": "CloudTrail data events say more of who drops and reads files."})
        _tell_event_bridge(self.bucket)
        self.table = KeyedTable(
            scope, "Scores", stage=stage, expires=EXPIRES, stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES
        )
        shards = stage.scoring.shards
        self.scores_stream = KeptStream(scope, "scoresStream", shards=shards, stage=stage)
        self.campaign_data_stream = KeptStream(scope, "campaignDataStream", shards=shards, stage=stage)
        self.files = self._queue("scoreFiles", FILES_HIDDEN, FILES_ATTEMPTS)
        self.fanlists = self._queue("fanlistFiles", FILES_HIDDEN, FILES_ATTEMPTS)
        self.verdicts = self._queue("verdictReporterQueue", VERDICTS_HIDDEN, looks(stage))
        self.entry_retries = self._queue("entryRetryQueue", ENTRIES_HIDDEN, ENTRIES_ATTEMPTS)
        says = "Tokens of Slack, Campaign Service and Entry Service"  # slackToken, campaignToken, entryToken
        self.tokens = Tokens(scope, "Services", says=says, stage=stage)

    def queues(self) -> Mapping[str, Outbox]:
        """By what waits in them."""
        return {
            "files": self.files,
            "fanlists": self.fanlists,
            "verdicts": self.verdicts,
            "entries": self.entry_retries,
        }

    def _queue(self, id: str, hidden: timedelta, attempts: int) -> Outbox:
        return watched_queue(self._scope, id, hidden=hidden, attempts=attempts, stage=self._stage, alarms=self._alarms)


def looks(stage: Stage) -> int:
    """How often a verdict may be looked at: twice as often as it takes to the deadline (design, section 7)."""
    return 2 * stage.scoring.deadline_seconds // stage.scoring.retry_seconds


def _days(stage: Stage) -> dict[str, int]:
    files, errors = stage.scoring.file_days, stage.scoring.error_days
    return {SCRUBBED: files, FANLIST: files, ERRORS: errors, LOST: errors, RETRIES: errors}


def _tell_event_bridge(bucket: s3.Bucket) -> None:
    """CloudFormation's own property; CDK's would bring a function of its own."""
    raw = bucket.node.default_child
    assert isinstance(raw, s3.CfnBucket)
    raw.add_property_override("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True)

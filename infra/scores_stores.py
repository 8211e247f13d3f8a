"""A stage in, what scores are kept and carried in out: bucket, table, streams, queues, and the services' tokens."""

from collections.abc import Mapping
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from domain.scores.places import ERRORS, FANLIST, LOST, RETRIES, SCRUBBED
from infra.alarms import Alarms
from infra.bucket import PrivateBucket
from infra.nag import acknowledge
from infra.queue import DeadLetters, Outbox
from infra.stages import Stage
from infra.stores import EXPIRES
from infra.table import KeyedTable

KEPT = Duration.days(7)  # how long a record waits for readers that stand still
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
        self.scores_stream = self._stream("scoresStream")
        self.campaign_data_stream = self._stream("campaignDataStream")
        self.files = self._queue("scoreFiles", FILES_HIDDEN, FILES_ATTEMPTS)
        self.fanlists = self._queue("fanlistFiles", FILES_HIDDEN, FILES_ATTEMPTS)
        self.verdicts = self._queue("verdictReporterQueue", VERDICTS_HIDDEN, looks(stage))
        self.entry_retries = self._queue("entryRetryQueue", ENTRIES_HIDDEN, ENTRIES_ATTEMPTS)
        self.tokens = self._secret()

    def queues(self) -> Mapping[str, Outbox]:
        """By what waits in them."""
        return {
            "files": self.files,
            "fanlists": self.fanlists,
            "verdicts": self.verdicts,
            "entries": self.entry_retries,
        }

    def _stream(self, id: str) -> kinesis.Stream:
        shards = self._stage.scoring.shards
        return kinesis.Stream(
            self._scope,
            id,
            stream_mode=kinesis.StreamMode.PROVISIONED if shards else kinesis.StreamMode.ON_DEMAND,
            shard_count=shards,
            encryption=kinesis.StreamEncryption.MANAGED,
            retention_period=KEPT,
            removal_policy=self._stage.removal_policy,
        )

    def _queue(self, id: str, hidden: timedelta, attempts: int) -> Outbox:
        lost = DeadLetters(self._scope, f"{id}Lost", stage=self._stage, alarms=self._alarms)
        return Outbox(self._scope, id, hidden=hidden, attempts=attempts, unsent=lost, stage=self._stage)

    def _secret(self) -> secretsmanager.Secret:
        """Its owner puts the tokens in: {"slackToken", "campaignToken", "entryToken"}; until then nothing is told to anybody."""
        secret = secretsmanager.Secret(
            self._scope,
            "Services",
            description="Tokens of Slack, Campaign Service and Entry Service",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template="{}",  # noqa: S106 - an object without any token
                generate_string_key="unused",
            ),
            removal_policy=self._stage.removal_policy,
        )
        acknowledge(secret, {"AwsSolutions-SMG4": "The tokens are the services'; whoever renews them puts them here."})
        return secret


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

"""A stage in, what reminders are kept and carried in out: state, queues, the stream of statuses, what is put aside, and secrets."""

from collections.abc import Mapping
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from domain.notifications.places import PARKED
from infra.alarms import Alarms
from infra.bucket import PrivateBucket
from infra.mail import Mail
from infra.nag import acknowledge
from infra.queue import DeadLetters, Outbox
from infra.reading import LOST
from infra.stages import Stage
from infra.stores import EXPIRES
from infra.table import KeyedTable
from infra.web_api import WebApi

KEPT = Duration.days(7)  # how long a status waits for a reader that stands still
# Each longer than its function runs. Sooner than AWS's six times: a reminder that comes back after its sale began is none.
GENERATING = timedelta(seconds=330)
SENDING = timedelta(seconds=150)
SHORTENING = timedelta(seconds=90)
# A sale's messages are put off while its short link is missing, and all of them while sending is stopped.
ATTEMPTS = 200
SHORTENINGS = 5  # two more tries, and room for a crash


class NotificationsStores:
    """As constructs of `scope` itself; what the mission names has its name."""

    def __init__(self, scope: Construct, *, stage: Stage, alarms: Alarms) -> None:
        self._scope, self._stage, self._alarms = scope, stage, alarms
        self.state = KeyedTable(scope, "NotificationState", stage=stage, expires=EXPIRES)
        days = {PARKED: stage.reminding.kept_days, LOST: stage.reminding.kept_days}
        self.bucket: s3.Bucket = PrivateBucket(scope, "Notifications", stage=stage, keep_days=days)
        acknowledge(
            self.bucket, {"AwsSolutions-S1": "Only our own functions reach it; CloudTrail data events say more."}
        )
        self.statuses = self._stream("smsStatusStream")
        self.generation = self._queue("generationQueue", GENERATING, ATTEMPTS)
        self.outbox = self._queue("notificationOutbox", SENDING, ATTEMPTS)
        self.short_urls = self._queue("shortUrlQueue", SHORTENING, SHORTENINGS)
        self.tokens = self._secret()
        self.mail = Mail(scope, "Mail", stage=stage, kind="reminders")
        self.links = WebApi(scope, "Links", description="Where reminders lead to", rate=1000, burst=2000, stage=stage)

    def queues(self) -> Mapping[str, Outbox]:
        """By what waits in them."""
        return {"sales": self.generation, "reminders": self.outbox, "links": self.short_urls}

    def _stream(self, id: str) -> kinesis.Stream:
        shards = self._stage.reminding.shards
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
        """Its owner puts them in: {"discoveryKey", "bitlyToken", "smsToken"}."""
        secret = secretsmanager.Secret(
            self._scope,
            "Services",
            description="Keys and tokens of the Discovery API, Bitly and the SMS service",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template="{}",  # noqa: S106 - an object without any token
                generate_string_key="unused",
            ),
            removal_policy=self._stage.removal_policy,
        )
        acknowledge(secret, {"AwsSolutions-SMG4": "The tokens are the services'; whoever renews them puts them here."})
        return secret

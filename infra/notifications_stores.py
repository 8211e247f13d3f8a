"""A stage in, what reminders are kept and carried in out: state, queues, the stream of statuses, what is put aside, and secrets."""

from collections.abc import Mapping
from datetime import timedelta

from aws_cdk import aws_s3 as s3
from constructs import Construct

from domain.notifications.places import PARKED
from infra.alarms import Alarms
from infra.bucket import PrivateBucket
from infra.kept_stream import KeptStream
from infra.mail import Mail
from infra.nag import acknowledge
from infra.queue import Outbox, watched_queue
from infra.reading import LOST
from infra.stages import Stage
from infra.stores import EXPIRES
from infra.table import KeyedTable
from infra.tokens import Tokens
from infra.web_api import WebApi

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
        self.statuses = KeptStream(scope, "smsStatusStream", shards=stage.reminding.shards, stage=stage)
        self.generation = self._queue("generationQueue", GENERATING, ATTEMPTS)
        self.outbox = self._queue("notificationOutbox", SENDING, ATTEMPTS)
        self.short_urls = self._queue("shortUrlQueue", SHORTENING, SHORTENINGS)
        says = "Keys and tokens of the Discovery API, Bitly and the SMS service"  # discoveryKey, bitlyToken, smsToken
        self.tokens = Tokens(scope, "Services", says=says, stage=stage)
        self.mail = Mail(scope, "Mail", stage=stage, kind="reminders")
        self.links = WebApi(scope, "Links", description="Where reminders lead to", rate=1000, burst=2000, stage=stage)

    def queues(self) -> Mapping[str, Outbox]:
        """By what waits in them."""
        return {"sales": self.generation, "reminders": self.outbox, "links": self.short_urls}

    def _queue(self, id: str, hidden: timedelta, attempts: int) -> Outbox:
        return watched_queue(self._scope, id, hidden=hidden, attempts=attempts, stage=self._stage, alarms=self._alarms)

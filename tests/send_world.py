"""Sending in one process: its handler on moto, SES as a stand-in over HTTP, a clock of its own, and a crash at any AWS call."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import orjson
from keyed_tables import make_table
from moto import mock_aws
from programs_in_small import READY, REVIEWS, RUN

from adapters.aws import session
from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.batch_items import Backoff
from adapters.aws.candidates import CandidateTable
from adapters.aws.deliveries import Deliveries
from adapters.aws.link_keys import LinkKeys
from adapters.aws.opt_outs import OptOuts
from adapters.aws.run_programs import keep_program, load_program
from adapters.aws.telemetry import Telemetry
from adapters.aws.work_files import WorkFiles
from adapters.files.mail_templates import MailTemplates
from domain.solicitation.delivery import Recipient, delivery_id
from domain.solicitation.keys import customer_key
from domain.solicitation.program import Program
from domain.solicitation.sending import VISIBILITY
from domain.solicitation.stored import storer
from domain.solicitation.telemetry import Seen
from handlers.solicitation import send
from handlers.solicitation.chunks.work import Desk
from sandbox.ses import Account, SesServer

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)  # 10:00 in New York
TABLES = {"Candidates": ("GSI1", "GSI2"), "Customers": (), "Deliveries": ("GSI1", "GSI2"), "Controls": ()}
CAMPAIGN = "small-reviews.2026-11-20.US"
CHUNK = f"campaigns/small-reviews/2026-11-20/{CAMPAIGN}/20261120T150000Z/chunk-0000.jsonl.gz"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_METRICS_DISABLED": "true",
    "CANDIDATES_TABLE": "Candidates",
    "CUSTOMERS_TABLE": "Customers",
    "DELIVERIES_TABLE": "Deliveries",
    "CONTROLS_TABLE": "Controls",
    "WORK_BUCKET": "work",
    "CONFIGURATION_SET": "ovation",
    "ENGAGE_URL": "https://pages.example.com",
    "SCHEDULE_GROUP": "default",
    "SCHEDULE_ROLE": "arn:aws:iam::123456789012:role/schedules",
    "RELEASE_FUNCTION": "arn:aws:lambda:eu-west-1:123456789012:function:release",
    "LOST_SCHEDULES_QUEUE": "arn:aws:sqs:eu-west-1:123456789012:lost",
}
ROOT = Path(__file__).parents[1]
ACCESS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-west-1"}


@cache
def own(service: str) -> Any:
    """The world's own way to AWS, whose calls are not counted."""
    return boto3.Session().client(service)


class Crash(BaseException):
    """The process dies: no handler may catch it."""


@dataclass
class SendWorld:
    """`passed` seconds have gone by since AT; waiting for the rate moves them on, and so may a test."""

    ses: SesServer
    program: Program
    passed: float = 0.0
    calls: int = 0
    meanwhile: tuple[int, Callable[[], None]] | None = None
    outbox: list[tuple[dict[str, Any], int]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def now(self) -> datetime:
        return AT + timedelta(seconds=self.passed)

    def sleep(self, seconds: float) -> None:
        self.passed += seconds

    def desk(self) -> Desk:
        """The handler's own desk as after a cold start, but for the clocks."""
        desk = send.live()
        quick = Backoff(sleep=self.sleep)
        load_program.cache_clear()
        return replace(
            desk,
            mailer=replace(desk.mailer, _account=None),
            link_keys=LinkKeys(desk.link_keys.secrets, desk.link_keys.arn),
            templates=MailTemplates(ROOT / "templates"),
            window=replace(desk.window, clock=lambda: self.now.timestamp(), sleep=self.sleep),
            backoff=quick,
            reservations=replace(desk.reservations, backoff=quick),
            outcomes=replace(desk.outcomes, backoff=quick),
        )

    # What there is before a chunk is sent

    def settle(self) -> None:
        """SES's events of all accepted mails arrive."""
        telemetry = Telemetry(own("dynamodb"), "Deliveries")
        for mail in self.ses.mails():
            telemetry.note(mail.tags["delivery"], Seen("sent", mail.accepted_at, False, None, mail.id))

    def campaign(self, recipients: Sequence[Recipient], chunk: str = CHUNK, **changes: Any) -> dict[str, Any]:
        """Keep the campaign and its chunk; the message that points to it."""
        record = {
            "id": CAMPAIGN,
            "program": self.program.id,
            "programHash": "0" * 16,
            "date": "2026-11-20",
            "marketplace": "US",
            "channel": "email",
            "templateId": "review-request-v3",
            "locale": "en-US",
            "sender": "Ünser Reviews <reviews@example.com>",
            "sendTime": "10:00",
            "state": "SENDING",
            "shadow": False,
            "slots": [{"at": "2026-11-20T15:00:00Z", "recipients": len(recipients), "chunks": 1}],
            **changes,
        }
        keep_program(self.files, "0" * 16, self.program.to_json())
        self.deliveries.put_campaign(record)
        self.files.write(chunk, (one.to_row() for one in recipients))
        return {"campaign": record["id"], "chunk": chunk, "scheduledTime": "2026-11-20T15:00:00Z"}

    def recipient(self, customer: str, subject: str = "p1", *, email: str | None = "", **store: Any) -> Recipient:
        """A stored candidate with contact data, and the recipient it became."""
        scored = {"value": 0.9, "fallback": False, "models": [["m", "1", 0.9]], "missing": []}
        row = {**READY.to_row(), "customer": customer, "subject": subject, "score": scored}
        stored = storer(self.program, RUN)(row)
        stored.base.update(store)
        CandidateTable(own("dynamodb"), "Candidates").create([stored])
        if email is not None:
            contact = {"email": email or address(customer), "name": f"Name of {customer}"}
            self.put("Customers", PK=customer_key(customer), SK=f"CONTACT#{self.program.id}", **contact)
        return Recipient(
            delivery=delivery_id(self.program.id, customer, subject),
            customer=customer,
            subject=subject,
            subject_name="Kettle",
            subject_type="product",
            marketplace="US",
            score=0.9,
            zone="America/New_York",
            send_at=AT,
            expires_at=stored.base["expiresAt"],
        )

    def recipients(self, number: int) -> list[Recipient]:
        return [self.recipient(f"c{n}") for n in range(number)]

    def put(self, table: str, **item: Any) -> None:
        own("dynamodb").put_item(TableName=table, Item=encode_item(item))

    def opt_out(self, customer: str, program: str | None = None) -> None:
        OptOuts(own("dynamodb"), "Customers", "Candidates").opt_out(customer, program, self.now)

    def stop(self, stopped: bool = True) -> None:
        self.put("Controls", PK="SENDING", SK="KILL_SWITCH", stopped=stopped)

    # What sending does

    def deliver(self, message: Mapping[str, Any], *, desk: Desk | None = None, redriven: bool = False) -> bool:
        """Give the handler one message that was queued when it says; whether it was dealt with.

        `redriven`: it comes from the dead letters, so that SQS says that it was sent just now.
        """
        queued = datetime.fromisoformat(message["scheduledTime"])
        record: dict[str, Any] = {
            "messageId": f"m{next(self._numbers)}",
            "body": self.json(message),
            "attributes": {"SentTimestamp": str(round(queued.timestamp() * 1000))},
        }
        received = self.now.timestamp()
        if redriven:
            queued_at = {"stringValue": record["attributes"]["SentTimestamp"], "dataType": "Number"}
            record["messageAttributes"] = {"queuedAt": queued_at}
            record["attributes"] = {"SentTimestamp": str(round(received * 1000))}
        answer = send.send([record], received=received, desk=desk or self.desk(), seconds=lambda: self.passed)
        return not answer["batchItemFailures"]

    def json(self, message: Mapping[str, Any]) -> str:
        return orjson.dumps(message).decode()

    def queued(self) -> list[tuple[dict[str, Any], int]]:
        """What the sender put into its own queue since the last look: messages, and by how many seconds they are delayed."""
        found, self.outbox = self.outbox, []
        return found

    def drain(self, *, rounds: int = 20) -> None:
        """Let time pass and deliver what is queued, until nothing is."""
        for _ in range(rounds):
            if not (queued := self.queued()):
                return
            for message, delay in queued:
                self.passed += delay
                self.redeliver(message)
        raise AssertionError("there is no end to it")

    def redeliver(self, message: Mapping[str, Any]) -> None:
        """Deliver a message until it is dealt with, as SQS does."""
        while not self.deliver(message):
            self.passed += VISIBILITY.total_seconds()

    def notice(self, params: Mapping[str, Any], **_: Any) -> None:
        """moto keeps delayed messages from sight, so that what is queued is seen on its way."""
        for entry in params["Entries"]:
            self.outbox.append((orjson.loads(entry["MessageBody"]), entry["DelaySeconds"]))

    # What came of it

    @property
    def files(self) -> WorkFiles:
        return WorkFiles(own("s3"), "work")

    @property
    def deliveries(self) -> Deliveries:
        return Deliveries(own("dynamodb"), "Deliveries")

    def items(self, table: str) -> dict[tuple[str, str], dict[str, Any]]:
        pages = own("dynamodb").get_paginator("scan").paginate(TableName=table)
        found = (decode_item(item) for page in pages for item in page["Items"])
        return {(item["PK"], item["SK"]): item for item in found}

    def rows(self) -> dict[str, dict[str, Any]]:
        """The deliveries by customer and subject."""
        found = self.items("Deliveries").values()
        return {f"{row['customer']} {row['subject']}": row for row in found if row["SK"] == "DELIVERY"}

    def ends(self) -> dict[str, str]:
        """Each delivery's status, with its reason behind it where it has one."""
        return {name: " ".join(filter(None, (row["status"], row.get("reason")))) for name, row in self.rows().items()}

    def counts(self, campaign: str = CAMPAIGN) -> dict[str, int]:
        return {name: number for name, number in self.deliveries.counts(campaign).items() if number}

    def accepted(self) -> list[str]:
        """Whom SES accepted a mail for, once a mail."""
        return sorted(mail.to[0].partition("@")[0] for mail in self.ses.mails())

    def asks(self, customer: str) -> list[str]:
        """The deliveries under a customer's cap."""
        item = self.items("Customers").get((customer_key(customer), f"CAP#{self.program.cap_group}"), {})
        return [ask.partition("#")[2] for ask in item.get("asks", [])]

    def candidate(self, customer: str, subject: str = "p1") -> dict[str, Any] | None:
        return self.items("Candidates").get((customer_key(customer), f"PROGRAM#{self.program.id}#SUBJECT#{subject}"))

    def indexed(self, customer: str, subject: str = "p1") -> bool:
        sk = f"PROGRAM#{self.program.id}#SUBJECT#{subject}#CHANNEL#email"
        return (customer_key(customer), sk) in self.items("Candidates")

    def schedules(self) -> list[dict[str, Any]]:
        """One-time schedules: when, and what they will say."""
        scheduler = own("scheduler")
        found = [scheduler.get_schedule(Name=one["Name"]) for one in scheduler.list_schedules()["Schedules"]]
        return [{"at": one["ScheduleExpression"], **orjson.loads(one["Target"]["Input"])} for one in found]

    # What happens between its calls

    @contextmanager
    def at_call(self, call: int, happens: Callable[[], None]) -> Iterator[None]:
        """Something else happens right before the n-th AWS call from now on: which is right after the one before it."""
        self.calls, self.meanwhile = 0, (call, happens)
        try:
            yield
        finally:
            self.meanwhile = None

    @contextmanager
    def crashing_at(self, call: int) -> Iterator[None]:
        """The process dies right before the n-th AWS call from now on."""
        with self.at_call(call, die), suppress(Crash):
            yield

    def before_call(self, **_: Any) -> None:
        self.calls += 1
        if self.meanwhile and self.calls == self.meanwhile[0]:
            happens, self.meanwhile = self.meanwhile[1], None
            happens()


def die() -> None:
    raise Crash


def address(customer: str) -> str:
    return f"{customer}@example.org"


@contextmanager
def send_world(
    program: Program = REVIEWS, ses: type[SesServer] = SesServer, dynamodb: str | None = None
) -> Iterator[SendWorld]:
    """Everything fresh, and nobody to send to yet. The account may send 1,000 mails a second.

    `dynamodb` is the address of one that takes many calls at once, as moto does not.
    """
    with ExitStack() as open_things:
        open_things.enter_context(mock_aws())
        account = Account(rate=1000.0, clock=lambda: world.now.timestamp())
        world = SendWorld(ses(lambda: world.now, account=account), program)
        open_things.enter_context(world.ses)
        addresses = {"AWS_ENDPOINT_URL_SESV2": world.ses.endpoint}
        if dynamodb:
            addresses["AWS_ENDPOINT_URL_DYNAMODB"] = dynamodb
            own.cache_clear()
            open_things.callback(own.cache_clear)
            open_things.callback(_clear_out)
        open_things.enter_context(patch.dict(os.environ, ENVIRONMENT | addresses))
        send.live.cache_clear()
        open_things.callback(send.live.cache_clear)
        _furnish()
        open_things.enter_context(_watched(world))
        yield world


def _furnish() -> None:
    dynamodb = own("dynamodb")
    for table, indexes in TABLES.items():
        make_table(dynamodb, table, dict.fromkeys(indexes, "ALL"))
    own("s3").create_bucket(Bucket="work", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    os.environ["OUTBOX_URL"] = own("sqs").create_queue(QueueName="outbox")["QueueUrl"]
    secret = own("secretsmanager").create_secret(Name="links", SecretString='{"keys": ["secret"]}')
    os.environ["LINKS_SECRET"] = secret["ARN"]


def _clear_out() -> None:
    for table in TABLES:
        own("dynamodb").delete_table(TableName=table)


@contextmanager
def _watched(world: SendWorld) -> Iterator[None]:
    """Count the calls that the handler makes, let things happen between them, and see what it queues."""
    watchers = {
        "before-call": world.before_call,
        "before-parameter-build.sqs.SendMessageBatch": world.notice,
    }
    for name, watcher in watchers.items():
        session.session().events.register(name, watcher)
    try:
        yield
    finally:
        for name, watcher in watchers.items():
            session.session().events.unregister(name, watcher)

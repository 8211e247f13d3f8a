"""Campaigns in one process: candidates stored on moto, `campaign` and `release` called as AWS calls them, a crash at any AWS call."""

import gzip
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from unittest.mock import patch

import boto3
import orjson
from candidates_table import make_candidates_table, whole
from moto import mock_aws
from programs_in_small import READY, REVIEWS, RUN

from adapters.aws import session
from adapters.aws.attribute_values import encode_item
from adapters.aws.candidates import CandidateTable
from adapters.aws.deliveries import Deliveries
from adapters.aws.run_programs import keep_program, load_program
from adapters.aws.runs import RunLedger
from adapters.aws.work_files import WorkFiles
from domain.solicitation.compiled import program_hash
from domain.solicitation.program import Program
from domain.solicitation.run import Run
from domain.solicitation.stored import storer
from handlers.solicitation import campaign, release

REGION, ACCOUNT = "eu-west-1", "123456789012"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "RUNS_TABLE": "Runs",
    "CANDIDATES_TABLE": "Candidates",
    "CUSTOMERS_TABLE": "Customers",
    "DELIVERIES_TABLE": "Deliveries",
    "WORK_BUCKET": "work",
    "SCHEDULE_GROUP": "campaigns",
    "SCHEDULE_ROLE": f"arn:aws:iam::{ACCOUNT}:role/schedules",
    "RELEASE_FUNCTION": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:Release",
    "LOST_SCHEDULES_QUEUE": f"arn:aws:sqs:{REGION}:{ACCOUNT}:lost",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}
HALF_PAST_THREE = "2026-11-20T03:30:00Z"


class Crash(BaseException):
    """The process dies: no handler may catch it."""


@dataclass
class CampaignWorld:
    program: Program
    run: Run
    calls: int = 0
    crash_at: int | None = None
    crash_before: bool = True
    crash_on: str | None = None

    def store(self, *candidates: tuple[Any, ...]) -> None:
        """Candidates `(customer, subject, score, marketplace, genre)`, as the batch leaves them; the last two may be left out."""
        store = storer(self.program, self.run)
        rows = []
        for customer, subject, score, *more in candidates:
            place, genre = [*more, *("US", None)[len(more) :]]
            attributes = {"subjectName": f"The {subject}", **({"genre": genre} if genre else {})}
            scored = {"value": score, "fallback": False, "models": [["m", "1", score]], "missing": []}
            changed = replace(READY, customer=customer, subject=subject, marketplace=place, attributes=attributes)
            rows.append(store({**changed.to_row(), "score": scored}))
        CandidateTable(self.dynamodb, "Candidates").create(rows)

    def live_in(self, zone: str, *customers: str) -> None:
        """Contact data as the batch keeps it, time zone among it."""
        for customer in customers:
            contact = {"email": f"{customer}@example.com", "name": customer, "timeZone": zone}
            key = {"PK": f"CUSTOMER#{customer}", "SK": f"CONTACT#{self.program.id}"}
            self.dynamodb.put_item(TableName="Customers", Item=encode_item({**key, **contact}))

    def plan_campaigns(self, at: str = HALF_PAST_THREE) -> Any:
        return campaign.handler({"run": self.run.to_json(), "scheduledTime": at}, None)

    def release(self, event: dict[str, str]) -> Any:
        return release.handler(event, None)

    def fire(self) -> None:
        """EventBridge Scheduler's part: each schedule calls `release` with its input, and is gone."""
        for event, schedule in zip(self.events(), self.schedules(), strict=True):
            self.release(event)
            own("scheduler").delete_schedule(Name=schedule["Name"], GroupName="campaigns")

    def unschedule(self, campaign: str) -> None:
        """Take a campaign's schedules away, as if they had never been made."""
        for event, schedule in zip(self.events(), self.schedules(), strict=True):
            if event["campaign"] == campaign:
                own("scheduler").delete_schedule(Name=schedule["Name"], GroupName="campaigns")

    def on(self, day: date) -> "CampaignWorld":
        """The same world with the program's run of another date, claimed."""
        return replace(self, run=_claimed(self.program, day))

    @property
    def dynamodb(self) -> Any:
        return own("dynamodb")

    @property
    def deliveries(self) -> Deliveries:
        return Deliveries(self.dynamodb, "Deliveries")

    def campaigns(self) -> dict[str, dict[str, Any]]:
        return {record["id"]: record for record in self.deliveries.campaigns(self.program.id, self.run.date)}

    def schedules(self) -> list[dict[str, Any]]:
        """Every schedule in full, by when it fires."""
        scheduler = own("scheduler")
        names = [listed["Name"] for listed in scheduler.list_schedules(GroupName="campaigns")["Schedules"]]
        found = [scheduler.get_schedule(Name=name, GroupName="campaigns") for name in names]
        kept = ("Name", "ScheduleExpression", "ScheduleExpressionTimezone", "Target", "ActionAfterCompletion")
        some = [{name: one.get(name) for name in (*kept, "FlexibleTimeWindow")} for one in found]
        return sorted(some, key=lambda one: (one["ScheduleExpression"], one["Name"]))

    def events(self) -> list[dict[str, Any]]:
        """What the schedules will call `release` with, in order of time."""
        return [json.loads(one["Target"]["Input"]) for one in self.schedules()]

    def queued(self) -> list[str]:
        """The bodies in the outbox, all of them, taken out."""
        url, bodies = os.environ["OUTBOX_URL"], []
        while messages := own("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            bodies += [message["Body"] for message in messages]
            for message in messages:
                own("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return sorted(bodies)

    def objects(self) -> dict[str, bytes]:
        """Everything under `campaigns/` in the work bucket."""
        listed = own("s3").list_objects_v2(Bucket="work", Prefix="campaigns/").get("Contents", ())
        return {one["Key"]: own("s3").get_object(Bucket="work", Key=one["Key"])["Body"].read() for one in listed}

    def rows(self, key: str) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in gzip.decompress(self.objects()[key]).splitlines()]

    def chunks(self, id: str) -> dict[str, list[dict[str, Any]]]:
        """A campaign's lists, by `slot/chunk`."""
        prefix = f"{self.campaigns()[id]['lists']}/"
        return {key.removeprefix(prefix): self.rows(key) for key in self.objects() if key.startswith(prefix)}

    def left_out(self) -> dict[tuple[str, str], str]:
        rows = self.rows(f"campaigns/{self.program.id}/{self.run.date}/left-out.jsonl.gz")
        return {(row["customer"], row["subject"]): row["reason"] for row in rows}

    def state(self) -> dict[str, Any]:
        """All that `campaign` leaves behind, to compare."""
        return {
            "objects": self.objects(),
            "deliveries": whole(self.dynamodb, "Deliveries"),
            "schedules": self.schedules(),
        }

    def undo(self) -> None:
        """Take away all that `campaign` and `release` left behind."""
        load_program.cache_clear()
        for pk, sk in whole(self.dynamodb, "Deliveries"):
            self.dynamodb.delete_item(TableName="Deliveries", Key=encode_item({"PK": pk, "SK": sk}))
        for key in self.objects():
            own("s3").delete_object(Bucket="work", Key=key)
        for schedule in own("scheduler").list_schedules(GroupName="campaigns")["Schedules"]:
            own("scheduler").delete_schedule(Name=schedule["Name"], GroupName="campaigns")
        self.queued()

    @contextmanager
    def crashing_at(self, call: int, *, before: bool) -> Iterator[None]:
        """Die right before or right after the n-th AWS call from now on."""
        self.calls, self.crash_at, self.crash_before = 0, call, before
        try:
            yield
        except Crash:
            load_program.cache_clear()
        finally:
            self.crash_at = None

    @contextmanager
    def crashing_before(self, operation: str) -> Iterator[None]:
        """Die right before the first call of this AWS operation."""
        self.crash_on = operation
        try:
            yield
        except Crash:
            load_program.cache_clear()
        finally:
            self.crash_on = None

    def before_call(self, model: Any, **_: Any) -> None:
        self.calls += 1
        if model.name == self.crash_on or (self.crash_before and self.calls == self.crash_at):
            raise Crash

    def after_call(self, **_: Any) -> None:
        if not self.crash_before and self.calls == self.crash_at:
            raise Crash


@contextmanager
def campaign_world(program: Program = REVIEWS) -> Iterator[CampaignWorld]:
    """Everything fresh: empty tables, no schedules, and the program's run of 20 November 2026 claimed."""
    with ExitStack() as open_things:
        open_things.enter_context(mock_aws())
        open_things.enter_context(patch.dict(os.environ, ENVIRONMENT))
        os.environ["OUTBOX_URL"] = own("sqs").create_queue(QueueName="outbox")["QueueUrl"]
        forget()
        open_things.callback(forget)
        for table in ("Candidates", "Deliveries", "Customers", "Runs"):
            make_candidates_table(own("dynamodb"), table)
        own("s3").create_bucket(Bucket="work", CreateBucketConfiguration={"LocationConstraint": REGION})
        own("scheduler").create_schedule_group(Name="campaigns")
        world = CampaignWorld(program, _claimed(program))
        watchers = {"before-call": world.before_call, "after-call": world.after_call}
        for name, watcher in watchers.items():
            session.session().events.register(name, watcher)
            open_things.callback(session.session().events.unregister, name, watcher)
        yield world


def _claimed(program: Program, day: date = RUN.date) -> Run:
    hash = program_hash(program)
    run = replace(RUN, id=f"{program.id}/{day}", date=day, program=program.id, program_hash=hash)
    keep_program(WorkFiles(own("s3"), "work"), hash, program.to_json())
    ledger = RunLedger(own("dynamodb"), "Runs")
    return ledger.claim(run, False, lambda holder: True, datetime(2026, 11, 20, 2, tzinfo=UTC).timestamp()).run


@cache
def own(service: str) -> Any:
    """The world's own client of a service, whose calls are not counted."""
    return boto3.client(service, region_name=REGION)


def forget() -> None:
    """Drop what a process keeps between calls, as a cold start does."""
    load_program.cache_clear()
    for module in (campaign, release):
        module.live.cache_clear()

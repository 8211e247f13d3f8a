"""The batch in one process: its handlers on moto, the model and feature store stand-ins over HTTP, and a way to crash at any AWS call."""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import orjson
import pyarrow as pa
from moto import mock_aws
from programs_in_small import REVIEWS

from adapters.aws import session
from adapters.aws.run_programs import load_program
from adapters.aws.work_files import WorkFiles
from domain.solicitation.extraction import first_try, queries_of
from domain.solicitation.program import Program
from domain.solicitation.run import Run, bucket_of
from handlers.solicitation import claim, complete, contacts, etl, filter, gate, score, store
from sandbox.feature_store import FeatureGroup, FeatureStoreServer
from sandbox.model import LogisticModel
from sandbox.sagemaker import SageMakerServer

TABLES = ("Runs", "Candidates", "Customers", "ScoreCache", "Controls")
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "RUNS_TABLE": "Runs",
    "CANDIDATES_TABLE": "Candidates",
    "CUSTOMERS_TABLE": "Customers",
    "SCORE_CACHE_TABLE": "ScoreCache",
    "CONTROLS_TABLE": "Controls",
    "WORK_BUCKET": "work",
    "EVENT_BUS": "default",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}
BUCKET_STAGES = (etl, filter, score, store, contacts)
WireRows = list[dict[str, Any]]


@cache
def own() -> boto3.Session:
    """The world's own way to AWS, whose calls are not counted."""
    return boto3.Session()


class Crash(BaseException):
    """The process dies: no handler may catch it."""


@dataclass
class BatchWorld:
    """`rows` is what the warehouse unloads; `programs` the folder the functions were deployed with."""

    programs: Path
    program: Program
    model: SageMakerServer
    features: FeatureStoreServer
    machine: str
    execution: str = ""
    calls: int = 0
    crash_at: int | None = None
    crash_before: bool = True

    def start(self, *, at: datetime = datetime(2026, 11, 20, 2, tzinfo=UTC), **more: Any) -> Any:
        """Claim a run as the machine does, in an execution of its own."""
        self.execution = own().client("stepfunctions").start_execution(stateMachineArn=self.machine)["executionArn"]
        event = {"program": self.program.id, "scheduledTime": at.isoformat(), "execution": self.execution, **more}
        return claim.claim(event, now=at.timestamp(), **{**claim.live(), "programs": self.programs})

    def stop(self) -> None:
        """The last execution ends, as one does that failed or was stopped."""
        own().client("stepfunctions").stop_execution(executionArn=self.execution)

    def run(self, rows: WireRows, people: WireRows = (), **start: Any) -> Any:
        """All stages in the machine's order; the run's result, or what claim answered when there was nothing to do."""
        claimed = self.start(**start)
        if claimed["outcome"] != "claimed":
            return claimed
        run = Run.from_json(claimed["run"])
        self.unload(run, rows, people)
        for bucket in claimed["buckets"]:
            etl.handler({"run": claimed["run"], "bucket": bucket}, None)
        gate.handler({"run": claimed["run"]}, None)
        for bucket in claimed["buckets"]:
            for stage in (filter, score, store, *((contacts,) if claimed["contacts"] else ())):
                stage.handler({"run": claimed["run"], "bucket": bucket}, None)
        return complete.handler({"run": claimed["run"]}, None)

    def unload(self, run: Run, rows: WireRows, people: WireRows = ()) -> None:
        """What the extract stage leaves: rows in their buckets' folders, and the ledger told how many there are."""
        extracts, program = etl.live()["extracts"], load_program(self.files, run.program_hash)
        known = extracts.read(run)
        for query in queries_of(program, run):
            if query.name in known:
                continue
            written = people if query.name == "contacts" else rows
            extract = first_try(run, query.name, run.started_at)
            folders = defaultdict(list)
            for row in written:
                folders[extract.folder(bucket_of(row.get("customer"), program.buckets))].append(row)
            for folder, some in folders.items():
                self.files.write(f"{folder}0.gz", some)
            extracts.keep(run, replace(extract, status="DONE", rows=len(written), files=len(folders)), None)

    @property
    def files(self) -> WorkFiles:
        return WorkFiles(session.client("s3"), "work")

    def items(self, table: str) -> bytes:
        """All items of a table, sorted, as bytes to compare."""
        pages = own().client("dynamodb").get_paginator("scan").paginate(TableName=table)
        return b"\n".join(
            sorted(orjson.dumps(item, option=orjson.OPT_SORT_KEYS) for page in pages for item in page["Items"])
        )

    def table(self, name: str) -> Any:
        return own().resource("dynamodb").Table(name)

    def put(self, table: str, **item: Any) -> None:
        self.table(table).put_item(Item=item)

    def events(self) -> list[dict[str, Any]]:
        """What has been told on the event bus since the last look."""
        queue = own().resource("sqs").get_queue_by_name(QueueName="told")
        return [orjson.loads(message.body) for message in queue.receive_messages(MaxNumberOfMessages=10)]

    @contextmanager
    def crashing_at(self, call: int, *, before: bool) -> Iterator[None]:
        """Die right before or right after the n-th AWS call from now on."""
        self.calls, self.crash_at, self.crash_before = 0, call, before
        try:
            yield
        except Crash:
            forget()
            self.stop()
        finally:
            self.crash_at = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Count the calls that the handlers make, and crash where told to."""
        watchers = {"before-call": self.before_call, "after-call": self.after_call}
        for name, watcher in watchers.items():
            session.session().events.register(name, watcher)
        try:
            yield
        finally:
            for name, watcher in watchers.items():
                session.session().events.unregister(name, watcher)

    def before_call(self, **_: Any) -> None:
        self.calls += 1
        if self.crash_before and self.calls == self.crash_at:
            raise Crash

    def after_call(self, **_: Any) -> None:
        if not self.crash_before and self.calls == self.crash_at:
            raise Crash


@contextmanager
def batch_world(folder: Path, program: Program = REVIEWS) -> Iterator[BatchWorld]:
    """Everything fresh; the model says 0.9 / 0.5 / 0.1 for an engagement_score of 0.9 / 0.5 / 0.1 at any price."""
    with ExitStack() as open_things:
        open_things.enter_context(mock_aws())
        model, features = open_things.enter_context(SageMakerServer()), open_things.enter_context(FeatureStoreServer())
        addresses = {
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": model.endpoint,
            "AWS_ENDPOINT_URL_SAGEMAKER_FEATURESTORE_RUNTIME": features.endpoint,
        }
        open_things.enter_context(patch.dict(os.environ, ENVIRONMENT | addresses))
        forget()
        open_things.callback(forget)
        _create_tables()
        model.deploy("review-propensity-v2", LogisticModel(-2.2, {"engagement_score": 4.4, "price": 0.0}, {}))
        features.groups |= {"review-customers": _group("engagement_score"), "review-products": _group("price")}
        (folder / f"{program.id}.json").write_bytes(orjson.dumps(program.to_json()))
        world = BatchWorld(folder, program, model, features, _create_machine())
        open_things.enter_context(world.watched())
        yield world


def _group(feature: str) -> FeatureGroup:
    ids = [f"{letter}{number}" for letter in "cp" for number in range(40)]
    values = [(number % 10) / 10 for number in range(len(ids))]
    return FeatureGroup(pa.table({"record_id": ids, feature: values}), {id: row for row, id in enumerate(ids)})


def forget() -> None:
    """Drop what a process keeps between calls, as a cold start does."""
    load_program.cache_clear()
    for module in (claim, gate, complete, *BUCKET_STAGES):
        module.live.cache_clear()


def _create_tables() -> None:
    dynamodb = own().client("dynamodb")
    for table in TABLES:
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
        )
    _listen()
    own().client("s3").create_bucket(Bucket="work", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


def _listen() -> None:
    """Put what is told on the event bus into the queue `told`."""
    queue = own().resource("sqs").create_queue(QueueName="told")
    events = own().client("events")
    events.put_rule(Name="told", EventPattern='{"source": [{"prefix": "ovation."}]}')
    events.put_targets(Rule="told", Targets=[{"Id": "told", "Arn": queue.attributes["QueueArn"]}])


def _create_machine() -> str:
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    role = "arn:aws:iam::123456789012:role/batch"
    machine = (
        own()
        .client("stepfunctions")
        .create_state_machine(name="batch", definition=orjson.dumps(definition).decode(), roleArn=role)
    )
    return machine["stateMachineArn"]

"""Replays in one process: the archiver and the replay function on moto, the command over them, and a death at any AWS call."""

import base64
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
from botocore.exceptions import EndpointConnectionError
from keyed_tables import make_table
from moto import mock_aws

from adapters.aws import session
from adapters.aws.replay_ledger import ReplayLedger
from adapters.files import avro_files
from cli.deployment import Deployment
from cli.quarantined import bucket_of, quarantined
from cli.replays import Replayed, replayed
from domain.archive.kinds import KINDS
from domain.archive.places import DATA, ERRORS, LOST, REPLAYS
from domain.archive.quarantine import Quarantined
from domain.archive.verification import latest
from domain.errors import OvationError
from handlers.archive import replay, stream_archiver

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "ARCHIVE_BUCKET": "archive",
    "ARCHIVE_LEDGER_TABLE": "Ledger",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_METRICS_DISABLED": "true",
}
SHARD = "shardId-000000000000"
START = 1_763_640_000_000_000  # 2025-11-20T12:00:00Z in microseconds
Change = dict[str, Any]


class Death(BaseException):
    """The process dies: nobody may catch it."""


@cache
def own(service: str) -> Any:
    """The world's own way to AWS, whose calls are not counted."""
    return boto3.Session().client(service)


def demand(fan: str = "f1", sale: str | None = "s1", **more: Any) -> dict[str, Any]:
    """A demand item in typed JSON; without a sale it is none that can be archived. `more` is typed, too."""
    image = {
        "PK": {"S": f"fan:{fan}"},
        "SK": {"S": f"demand:e1:{sale}"},
        "type": {"S": "demand"},
        "fanId": {"S": fan},
        "eventId": {"S": "e1"},
        "saleId": {"S": sale},
        "requestedDateTime": {"S": "2025-11-20T12:00:00Z"},
        "email": {"S": f"{fan}@example.org"},
        "date": {"M": {"requested": {"S": "2025-11-20T12:00:00.000Z"}}},
        **more,
    }
    return image if sale else {name: value for name, value in image.items() if name != "saleId"}


def change(image: Mapping[str, Any], at: int = 0, name: str = "INSERT", id: str | None = None) -> Change:
    """A change record; `at` is in seconds since START."""
    side = "OldImage" if name == "REMOVE" else "NewImage"
    key = image.get("fanId", {"S": "?"})["S"]
    return {
        "awsRegion": "eu-west-1",
        "eventID": id or f"{key}-{name}-{at}",
        "eventName": name,
        "tableName": "Demand",
        "dynamodb": {"ApproximateCreationDateTime": START + at * 1_000_000, "Keys": {}, side: dict(image)},
        "eventSource": "aws:dynamodb",
    }


class Lambda:
    """Calls the replay function as the service does; what it raises is told in the answer."""

    def __init__(self, world: "ReplayWorld") -> None:
        self.world = world

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        try:
            answer = replay.handler(json.loads(Payload), Context(self.world))
        except OvationError as error:
            told = {"errorMessage": str(error), "errorType": type(error).__name__}
            return {"Payload": io.BytesIO(json.dumps(told).encode()), "FunctionError": "Unhandled"}
        self.world.answers.append(answer)
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


@dataclass(frozen=True)
class Context:
    world: "ReplayWorld"
    aws_request_id: str = "1"

    def get_remaining_time_in_millis(self) -> int:
        return next(self.world.remaining)


@dataclass
class ReplayWorld:
    calls: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    remaining: Iterator[int] = field(default_factory=lambda: iter(lambda: 900_000, 0))
    answers: list[Any] = field(default_factory=list)
    meanwhile: tuple[int, Callable[[], None]] | None = None
    die_at: int | None = None
    refused: Callable[[str], bool] | None = None  # which S3 keys cannot be put

    @property
    def deployment(self) -> Deployment:
        def client(service: str) -> Any:
            return Lambda(self) if service == "lambda" else own(service)

        names = {"archive_bucket": "archive", "archive_ledger_table": "Ledger"}
        return Deployment(client, names, {"replay": "replay"})

    # What comes to the archive

    def kinesis(self, *changes: Change | str) -> list[dict[str, Any]]:
        """A text is the data as it comes."""
        return [self._record(one) for one in changes]

    def arrive(self, *changes: Change | str) -> dict[str, Any]:
        """The archiver is given a batch."""
        return self.archiver(self.kinesis(*changes))

    def archiver(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        return stream_archiver.handler({"Records": records}, None)

    def give_up(self, *changes: Change | str) -> None:
        """Lambda leaves a batch at the on-failure destination."""
        self.give_up_records(self.kinesis(*changes))

    def give_up_records(self, records: list[dict[str, Any]]) -> None:
        document = {
            "requestContext": {"requestId": "r", "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 3},
            "version": "1.0",
            "timestamp": "2025-11-20T13:00:00.000Z",
            "KinesisBatchInfo": {"shardId": SHARD, "batchSize": len(records)},
            "payload": json.dumps({"Records": records}),
        }
        key = f"{LOST}mapping/{SHARD}/2025/11/20/2025-11-20T13.00.00-{records[0]['kinesis']['sequenceNumber']}"
        own("s3").put_object(Bucket="archive", Key=key, Body=json.dumps(document).encode())

    def _record(self, one: Change | str) -> dict[str, Any]:
        number = f"{next(self.numbers):020}"
        data = one if isinstance(one, str) else base64.b64encode(json.dumps(one).encode()).decode()
        return {
            "kinesis": {"sequenceNumber": number, "data": data, "approximateArrivalTimestamp": START / 1e6 + 1},
            "eventID": f"{SHARD}:{number}",
        }

    # What came of it

    def keys(self, prefix: str = "") -> list[str]:
        pages = own("s3").get_paginator("list_objects_v2").paginate(Bucket="archive", Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", ())]

    def body(self, key: str) -> bytes:
        return own("s3").get_object(Bucket="archive", Key=key)["Body"].read()

    def objects(self) -> dict[str, bytes]:
        """All of the bucket, but for the plans."""
        return {key: self.body(key) for key in self.keys() if not key.startswith(REPLAYS)}

    def replay(self, *assignments: str, cause: str | None = None, patch: Path | None = None) -> dict[str, int]:
        """`ovation errors replay --apply`: how many records met which outcome."""
        done = replayed(self.deployment, cause, patch, list(assignments), True).done
        assert done is not None
        return done

    def plan(self, *assignments: str, cause: str | None = None, patch: Path | None = None) -> Replayed:
        """`ovation errors replay --plan`."""
        return replayed(self.deployment, cause, patch, list(assignments), False)

    def quarantined(self, cause: str | None = None) -> list[Quarantined]:
        return list(quarantined(bucket_of(self.deployment), cause))

    def waiting(self) -> list[str]:
        """Keys of what could not be archived."""
        return [*self.keys(ERRORS), *self.keys(LOST)]

    def rows(self, kind: str = "demand") -> list[dict[str, Any]]:
        """As they lie there, duplicates and all."""
        return [row for key in self.keys(f"{DATA}{kind}/") for row in avro_files.read(self.body(key), kind)]

    def archived(self) -> list[str]:
        """Ids of the changes that have a row, each as often as it has."""
        return sorted(row["change"]["eventId"] for kind in KINDS for row in self.rows(kind))

    def current(self) -> dict[str, dict[str, Any]]:
        """Demand rows as `demand_current` has them, by fan."""
        return {key[2]: dict(row) for key, row in latest("demand", self.rows()).items()}

    def replays(self) -> ReplayLedger:
        return ReplayLedger(own("dynamodb"), "Ledger")

    def ledger(self) -> dict[str, dict[str, Any]]:
        """What was replayed, by event id."""
        pages = own("dynamodb").get_paginator("scan").paginate(TableName="Ledger")
        found = [item for page in pages for item in page["Items"]]
        return {it["PK"]["S"].removeprefix("REPLAY#"): it for it in found if it["PK"]["S"].startswith("REPLAY#")}

    # What happens between the function's calls

    @contextmanager
    def dying_at(self, call: int) -> Iterator[None]:
        """The function's process dies right before its n-th AWS call from now on, and that is: right after the one before it."""
        self.calls, self.die_at = 0, call
        try:
            with suppress(Death):
                yield
        finally:
            self.die_at = None
            replay.live.cache_clear()

    @contextmanager
    def at_call(self, call: int, happens: Callable[[], None]) -> Iterator[None]:
        """Something else happens right before the n-th AWS call of a function from now on."""
        self.calls, self.meanwhile = 0, (call, happens)
        try:
            yield
        finally:
            self.meanwhile = None

    def before_call(self, model: Any, params: Mapping[str, Any], **_: Any) -> None:
        self.calls += 1
        if self.refused and model.name == "PutObject" and self.refused(params["url_path"].removeprefix("/")):
            raise EndpointConnectionError(endpoint_url=params["url_path"])
        if self.meanwhile and self.calls == self.meanwhile[0]:
            happens, self.meanwhile = self.meanwhile[1], None
            happens()
        if self.die_at and self.calls >= self.die_at:
            raise Death


@contextmanager
def replay_world() -> Iterator[ReplayWorld]:
    """Everything fresh: a bucket that keeps versions, a ledger, and nothing archived."""
    with ExitStack() as open_things:
        open_things.enter_context(mock_aws())
        open_things.enter_context(patch.dict(os.environ, ENVIRONMENT))
        for forget in (replay.live.cache_clear, stream_archiver.live.cache_clear):
            forget()
            open_things.callback(forget)
        make_table(own("dynamodb"), "Ledger")
        own("s3").create_bucket(Bucket="archive", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        own("s3").put_bucket_versioning(Bucket="archive", VersioningConfiguration={"Status": "Enabled"})
        world = ReplayWorld()
        events = session.session().events
        events.register("before-call", world.before_call)
        open_things.callback(events.unregister, "before-call", world.before_call)
        yield world

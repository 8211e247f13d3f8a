"""The archiver in one process: change records of known items, a stream and its dispatcher, S3 on moto, and a fault at any of its calls."""

import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from io import StringIO
from threading import Lock
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import boto3
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError
from moto import mock_aws
from moto.s3.models import s3_backends

from adapters.aws.batch_items import Backoff
from adapters.files.avro_files import read
from domain.archive.places import partition_at
from handlers.archive import stream_archiver
from sandbox.streams import Disorder, Dispatcher, Invocation, MemoryCheckpoints, MemoryStream, invoke_handlers
from sandbox.streams import Mapping as StreamMapping
from sandbox.timeline import VirtualClock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOON_MICROS = round(NOON.timestamp() * 1_000_000)
BUCKET, ARN = "archive", "arn:aws:kinesis:eu-west-1:123456789012:stream/changes"
REQUESTED = "2026-11-20T10:00:00Z"
TTL = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "ARCHIVE_BUCKET": BUCKET,
}
Image = dict[str, Any]
Change = dict[str, Any]


# Items and their changes, as Lambda gives them


def text(value: str) -> dict[str, str]:
    return {"S": value}


def texts(**values: str) -> dict[str, Any]:
    return {"M": {name: text(value) for name, value in values.items()}}


def demand(fan: str, *, sale: str = "s1", requested: str = REQUESTED, **attributes: Any) -> Image:
    return {
        "PK": text(f"fan:{fan}"),
        "SK": text(f"demand#e1-{sale}"),
        "type": text("demand"),
        "fanId": text(fan),
        "eventId": text("e1"),
        "saleId": text(sale),
        "phoneNumber": text(f"+1202555{fan}"),
        "email": text(f"{fan}@people.example"),
        "contactMethod": text("sms,email"),
        "date": texts(requested=requested),
        "systemUserId": text("archtics-70.12345"),
        **attributes,
    }


def notification(fan: str, *, method: str = "sms", created: str = REQUESTED, **attributes: Any) -> Image:
    return {
        "PK": text(f"fan:{fan}"),
        "SK": text(f"notification#e1-s1#{method}"),
        "type": text("notification"),
        "fanId": text(fan),
        "eventId": text("e1"),
        "saleId": text("s1"),
        "contactMethod": text(method),
        "messageBody": text(f"Dear {fan}, it is nearly time"),
        "phoneNumber": text(f"+1202555{fan}"),
        "status": texts(id="RETRY", date=created),
        "date": texts(created=created),
        "sendAttempts": {"N": "1"},
        **attributes,
    }


def event(id: str, **attributes: Any) -> Image:
    return {"PK": text(f"event:{id}"), "SK": text(f"event#{id}"), "type": text("event"), "id": text(id), **attributes}


def sale(id: str, *, start: str = "2026-12-01T10:00:00Z", **attributes: Any) -> Image:
    return {
        "PK": text("event:e1"),
        "SK": text(f"sale#{id}"),
        "type": text("sale"),
        "id": text(id),
        "eventId": text("e1"),
        "saleStartDateTime": text(start),
        **attributes,
    }


def change(
    id: str, image: Image | None, *, name: str = "INSERT", old: Image | None = None, at: Any = NOON_MICROS, **more: Any
) -> Change:
    """A change record named `id`; of a REMOVE, `image` is what was removed."""
    if name == "REMOVE":
        image, old = None, image
    known = image or old or {}
    images = {"NewImage": image, "OldImage": old}
    return {
        "awsRegion": "eu-west-1",
        "eventID": id,
        "eventName": name,
        "userIdentity": None,
        "recordFormat": "application/json",
        "tableName": "ovation-dev-demand",
        "dynamodb": {
            "ApproximateCreationDateTime": at,
            "Keys": {key: known[key] for key in ("PK", "SK") if key in known},
            **{side: it for side, it in images.items() if it is not None},
            "SizeBytes": 100,
            "ApproximateCreationDateTimePrecision": "MICROSECOND",
        },
        "eventSource": "aws:dynamodb",
        **more,
    }


# S3 that fails


class Crash(BaseException):
    """The process dies: no handler may catch it."""


Error = Callable[[str], BaseException]


def out_of_reach(key: str) -> BaseException:
    return EndpointConnectionError(endpoint_url=key)


def no_answer(key: str) -> BaseException:
    return ConnectionClosedError(endpoint_url=key)


def refused(code: str, status: int) -> Error:
    answer: Any = {"Error": {"Code": code, "Message": "told so"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return lambda key: ClientError(answer, "PutObject")


internal, slow_down = refused("InternalError", 500), refused("SlowDown", 503)
denied = refused("AccessDenied", 403)


@dataclass
class Fault:
    """Puts below `prefix` fail: `written` ones only lose their answer. `times` is how often."""

    prefix: str
    error: Error
    written: bool = False
    times: float = float("inf")

    def strikes(self, key: str, written: bool) -> bool:
        if written != self.written or not key.startswith(self.prefix) or self.times <= 0:
            return False
        self.times -= 1
        return True


@dataclass
class ArchiveWorld:
    """`faults` are S3's; `crash` is the call that the process dies at (`written`: right after it)."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOON))
    stream: MemoryStream = field(init=False)
    checkpoints: MemoryCheckpoints = field(default_factory=MemoryCheckpoints)
    faults: list[Fault] = field(default_factory=list)
    crash: tuple[int, bool] | None = None
    dead: bool = False
    waited: list[float] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)  # of all puts that were tried
    answers: list[Any] = field(default_factory=list)
    printed: StringIO = field(default_factory=StringIO)
    logged: StringIO = field(default_factory=StringIO)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.stream = MemoryStream(self.clock.now)

    # What comes

    def put(self, *changes: Change | bytes) -> list[str]:
        """Their sequence numbers. A change is carried as DynamoDB does, bytes as they are."""
        return [self.stream.put(str(it)[:50], carried(it)) for it in changes]

    # What the archiver does

    def dispatcher(self, disorder: Disorder | None = None, **properties: Any) -> Dispatcher:
        settings = {
            "EventSourceArn": ARN,
            "FunctionName": "stream_archiver",
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": 1000,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            **properties,
        }
        return Dispatcher(
            [StreamMapping.from_template(settings)],
            self._invoke,
            own,
            self.clock,
            self.checkpoints,
            sources={ARN: self.stream},
            disorder={ARN: disorder or Disorder()},
        )

    def archive(self, disorder: Disorder | None = None, **properties: Any) -> Counter[str]:
        """Deliver what is in the stream until nothing is left, or what is left has been refused for minutes."""
        dispatcher = self.dispatcher(disorder, **properties)
        dispatcher.drain(ahead=timedelta(minutes=5))
        return dispatcher.counts("stream_archiver")

    def call(self, records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The handler on a batch, right away."""
        live = stream_archiver.live()
        quick = replace(live["bucket"], backoff=Backoff(tries=3, sleep=self.waited.append))
        with redirect_stdout(self.printed):
            return stream_archiver.stream_archiver(records, **{**live, "bucket": quick})

    def batch(self, *changes: Change | bytes) -> list[dict[str, Any]]:
        """The records that one call would be given."""
        self.put(*changes)
        caught: list[dict[str, Any]] = []
        dispatcher = self.dispatcher()
        dispatcher.invoke = lambda function, event: Invocation(response=caught.extend(event["Records"]))
        dispatcher.drain()
        return caught

    def _invoke(self, function: str, event: dict[str, Any]) -> Invocation:
        handlers = {function: lambda event, context: self.call(event["Records"])}
        try:
            answer = invoke_handlers(handlers)(function, event)
        except Crash:
            self.dead, self.crash = False, None
            answer = Invocation(error="killed")
        self.answers.append(answer)
        return answer

    # What came of it

    def objects(self) -> dict[str, bytes]:
        """Out of moto's own memory: a call of S3's for each would take most of the tests' time."""
        return {key: held.value for key, held in sorted(_held().items())}

    def files(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of each data file."""
        found = {key: body for key, body in self.objects().items() if key.startswith("data/")}
        return {key: list(read(body, partition_at(key)[0])) for key, body in found.items()}

    def rows(self, kind: str | None = None) -> list[dict[str, Any]]:
        return [row for key, rows in self.files().items() for row in rows if kind in (None, partition_at(key)[0])]

    def errors(self) -> list[dict[str, Any]]:
        return [json.loads(body) for key, body in self.objects().items() if key.startswith("errors/")]

    def archived(self) -> Counter[str]:
        """How many rows each change record has."""
        return Counter(row["change"]["eventId"] for row in self.rows())

    def parked(self) -> Counter[str]:
        """How often each change record stands in errors/, of those that say their id."""
        return Counter(id for error in self.errors() for it in error["events"] if (id := _id_in(it)) is not None)

    def everything(self) -> bytes:
        """All bytes of the bucket, the inflated rows too, and all that was logged and printed."""
        rows = json.dumps(self.rows(), ensure_ascii=False, default=repr).encode()
        bodies = [key.encode() + body for key, body in self.objects().items()]
        return b"\n".join([*bodies, rows, self.logged.getvalue().encode(), self.printed.getvalue().encode()])

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.logged.getvalue().splitlines()]

    def metrics(self) -> Counter[str]:
        """Sums by name."""
        sums: Counter[str] = Counter()
        for line in map(json.loads, self.printed.getvalue().splitlines()):
            for directive in line.get("_aws", {}).get("CloudWatchMetrics", ()):
                assert (directive["Namespace"], directive["Dimensions"]) == ("Ovation/Archive", [[]])
                sums.update({it["Name"]: round(sum(line[it["Name"]])) for it in directive["Metrics"]})
        return sums

    def renew(self) -> None:
        """An empty stream, an empty bucket and an empty log, and nothing fails: quicker than a new world."""
        self.stream, self.checkpoints = MemoryStream(self.clock.now), MemoryCheckpoints()
        _held().clear()
        for kept in (self.faults, self.keys, self.waited, self.answers):
            kept.clear()
        self.logged.truncate(self.logged.seek(0))
        self.printed.truncate(self.printed.seek(0))

    # What happens at its calls

    def before_call(self, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["archive_key"] = key = unquote(params["url_path"]).lstrip("/").removeprefix(f"{BUCKET}/")
        with self._lock:
            self.keys.append(key)
            context["archive_call"] = len(self.keys)
            self._strike(key, len(self.keys), written=False)

    def after_call(self, context: dict[str, Any], **_: Any) -> None:
        with self._lock:
            self._strike(context["archive_key"], context["archive_call"], written=True)

    def _strike(self, key: str, call: int, *, written: bool) -> None:
        if self.crash and self.crash[1] == written and call >= self.crash[0]:
            self.dead = True
        if self.dead:
            raise Crash
        for fault in self.faults:
            if fault.strikes(key, written):
                raise fault.error(key)

    def crash_at(self, call: int, *, written: bool) -> None:
        """The process dies at its n-th put from now on."""
        self.keys.clear()
        self.crash = (call, written)


@cache
def own(service: str) -> Any:
    return boto3.Session().client(service)


def _held() -> Any:
    return s3_backends["123456789012"]["aws"].buckets[BUCKET].keys


def carried(change: Change | bytes) -> bytes:
    return change if isinstance(change, bytes) else json.dumps(change, ensure_ascii=False).encode()


def _id_in(event: str) -> str | None:
    try:
        found = json.loads(event)
    except ValueError:
        return None
    return found.get("eventID") if isinstance(found, dict) else None


@contextmanager
def archive_world() -> Iterator[ArchiveWorld]:
    """An empty bucket and an empty stream."""
    with ExitStack() as open_things:
        open_things.enter_context(mock_aws())
        open_things.enter_context(patch.dict(os.environ, ENVIRONMENT))
        world = ArchiveWorld()
        own("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        open_things.enter_context(_watched(world))
        yield world


@contextmanager
def _watched(world: ArchiveWorld) -> Iterator[None]:
    """See the puts that the archiver makes, let them fail, and keep what it logs."""
    watchers = {"before-call.s3.PutObject": world.before_call, "after-call.s3.PutObject": world.after_call}
    events = stream_archiver.live()["bucket"].s3.meta.events
    kept = logging.StreamHandler(world.logged)
    kept.setFormatter(stream_archiver.logger.registered_formatter)
    for name, watcher in watchers.items():
        events.register(name, watcher)
    stream_archiver.logger.addHandler(kept)
    try:
        yield
    finally:
        stream_archiver.logger.removeHandler(kept)
        for name, watcher in watchers.items():
            events.unregister(name, watcher)

"""The archive in one process, to be rewritten: a versioned bucket and its ledger on moto, rows to fill it with, a crash at any call."""

import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import boto3
import fastavro
from keyed_tables import make_table
from moto import mock_aws

from adapters.aws import session
from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.leases import Lease
from adapters.files import avro_files
from domain.archive.places import partition_prefix
from handlers.archive import compact, erase

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_METRICS_DISABLED": "true",
}
NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
DAY = "2026-11-20"
QUARTER_OF_AN_HOUR = 900_000
Row = dict[str, Any]


class Crash(BaseException):
    """The process dies: no handler may catch it."""


def demand(number: int, fan: str = "", **changes: Any) -> Row:
    """A row as today's schema has it; equal numbers are one change."""
    fan = fan or f"f{number}"
    row = {
        "type": "demand",
        "fanId": fan,
        "eventId": "e1",
        "saleId": "s1",
        "phoneNumber": f"+1555{number:07d}",
        "email": f"{number}@example.org",
        "date": {"requested": f"{DAY}T12:00:00Z"},
        "reference": {"id": f"e1_s1_{fan}", "timestamp": f"{DAY}T12:00:00Z"},
        "isDeleted": False,
        "change": {"eventId": f"ev-{number}", "eventName": "INSERT", "at": at(number), "expired": False},
    }
    return {**row, **changes}


def sale(number: int, **changes: Any) -> Row:
    row = {"type": "sale", "id": f"s{number}", "eventId": "e1", "saleStartDateTime": f"{DAY}T12:00:00Z"}
    row |= {"reference": {"id": f"e1_s{number}", "timestamp": f"{DAY}T12:00:00Z"}, "isDeleted": False}
    change = {"eventId": f"ev-{number}", "eventName": "INSERT", "at": at(number), "expired": False}
    return {**row, "change": change, **changes}


def at(number: int) -> str:
    """A time of its own, somewhere in a day."""
    return f"{DAY}T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.{number % 1000000:06d}Z"


def records(body: bytes) -> list[Row]:
    """By a reader that is none of ours."""
    return list(fastavro.reader(io.BytesIO(body)))


@dataclass
class RewriteWorld:
    """`clock` is the leases' own, in epoch seconds. `dead`: the process has crashed, and makes no call any more."""

    s3: Any
    dynamodb: Any
    bucket: str = "archive"
    table: str = "Ledger"
    clock: float = NOW.timestamp()
    calls: int = 0
    operations: list[str] = field(default_factory=list)
    dead: bool = False
    meanwhile: dict[int, Callable[[], None]] = field(default_factory=dict)
    always: Callable[[], None] | None = None

    # What lies there

    def put(self, key: str, body: bytes | str) -> str:
        body = body.encode() if isinstance(body, str) else body
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)["VersionId"]

    def file(
        self, rows: Iterable[Row], name: str = "2026-11-20-12-00-00-a", kind: str = "demand", day: str = DAY
    ) -> str:
        key = f"{partition_prefix(kind, day)}{name}.avro"
        self.put(key, avro_files.write(kind, rows))
        return key

    def files(self, number: int, rows_each: int = 3, kind: str = "demand", day: str = DAY) -> list[Row]:
        """So many files of rows that no two of them have in common; the rows."""
        make = demand if kind == "demand" else sale
        rows = [make(number) for number in range(number * rows_each)]
        for name in range(number):
            self.file(rows[name::number], f"2026-11-20-12-00-{name:02d}-u", kind, day)
        return rows

    def listed(self, prefix: str = "") -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", ())]

    def body(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def json(self, key: str) -> Any:
        return json.loads(self.body(key))

    def rows(self, kind: str = "demand", day: str = DAY) -> list[Row]:
        """What a query sees, file by file."""
        return [row for key in self.listed(partition_prefix(kind, day)) for row in records(self.body(key))]

    def events(self, kind: str = "demand", day: str = DAY) -> list[str]:
        return sorted(row["change"]["eventId"] for row in self.rows(kind, day))

    def versions(self) -> dict[tuple[str, str], bytes]:
        """All that is kept, hidden versions too, by key and version."""
        found = {}
        for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket):
            for it in page.get("Versions", ()):
                got = self.s3.get_object(Bucket=self.bucket, Key=it["Key"], VersionId=it["VersionId"])
                found[it["Key"], it["VersionId"]] = got["Body"].read()
        return found

    def items(self) -> list[Row]:
        return [decode_item(item) for item in self.dynamodb.scan(TableName=self.table)["Items"]]

    def item(self, **item: Any) -> None:
        self.dynamodb.put_item(TableName=self.table, Item=encode_item(item))

    def anew(self) -> None:
        """Everything is as in the beginning: nothing there."""
        kept = [{"Key": key, "VersionId": version} for key, version in self._all()]
        for first in range(0, len(kept), 1000):
            self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": kept[first : first + 1000]})
        for item in self.items():
            key = {name: item[name] for name in ("PK", "SK")}
            self.dynamodb.delete_item(TableName=self.table, Key=encode_item(key))
        self.clock, self.operations = NOW.timestamp(), []

    def _all(self) -> list[tuple[str, str]]:
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket)
        kinds = ("Versions", "DeleteMarkers")
        return [(it["Key"], it["VersionId"]) for page in pages for kind in kinds for it in page.get(kind, ())]

    # What is done to it

    def lease(self, holder: str) -> Lease:
        return Lease(session.client("dynamodb"), self.table, holder, clock=lambda: self.clock)

    def compact(
        self, *, holder: str = "compact 1", left: int = QUARTER_OF_AN_HOUR, target: int = 128 << 20, **event: Any
    ) -> Any:
        parts = compact.live() | {"lease": self.lease, "target": target}
        event = {"scheduledTime": NOW.isoformat(), **event}
        return compact.compact(event, holder, lambda: left, **parts)

    def erase(
        self, fan: str, *, holder: str = "erase 1", left: int | Callable[[], int] = QUARTER_OF_AN_HOUR, **event: Any
    ) -> Any:
        """One call."""
        parts = erase.live() | {"lease": self.lease}
        remaining = left if callable(left) else lambda: left
        return erase.erase({"fanId": fan, **event}, holder, datetime.fromtimestamp(self.clock, UTC), remaining, **parts)

    def receipt(self, fan: str, **given: Any) -> Any:
        """Erased to the end; the receipt."""
        answer = self.erase(fan, **given)
        assert answer["done"]
        return self.json(answer["receipt"])

    # What happens between its calls

    @contextmanager
    def crashing_at(self, call: int) -> Iterator[None]:
        """The process dies right before the n-th AWS call from now on, which is right after the one before it."""
        with self.at_call(call, self._die), suppress(Crash):
            yield
        self.dead = False

    @contextmanager
    def at_call(self, call: int, happens: Callable[[], None]) -> Iterator[None]:
        self.calls, self.meanwhile = 0, {call: happens}
        try:
            yield
        finally:
            self.meanwhile = {}

    @contextmanager
    def before_each_call(self, happens: Callable[[], None]) -> Iterator[None]:
        self.always = happens
        try:
            yield
        finally:
            self.always = None

    def before_call(self, model: Any, **_: Any) -> None:
        self.calls += 1
        self.operations.append(model.name)
        happens = self.meanwhile.pop(self.calls, None)
        if happens:
            happens()
        if self.dead:
            raise Crash
        if self.always:
            self.always()

    def _die(self) -> None:
        self.dead = True


@contextmanager
def rewrite_world(endpoint: str | None = None, name: str = "rewritten") -> Iterator[RewriteWorld]:
    """An empty archive, on moto or on an AWS that takes many calls at once, by `name`. The world's own calls are not counted."""
    names = {"bucket": "archive", "table": "Ledger"}
    if endpoint:  # it is shared with other tests
        names = {"bucket": f"{name}-archive", "table": f"{name}-ledger"}
    with ExitStack() as open_things:
        if not endpoint:
            open_things.enter_context(mock_aws())
        own_names = {"ARCHIVE_BUCKET": names["bucket"], "ARCHIVE_LEDGER_TABLE": names["table"]}
        address = {"AWS_ENDPOINT_URL": endpoint} if endpoint else {}
        open_things.enter_context(patch.dict(os.environ, ENVIRONMENT | own_names | address))
        own = boto3.Session()
        world = RewriteWorld(own.client("s3"), own.client("dynamodb"), **names)
        make_table(world.dynamodb, world.table)
        world.s3.create_bucket(Bucket=world.bucket)
        world.s3.put_bucket_versioning(Bucket=world.bucket, VersioningConfiguration={"Status": "Enabled"})
        for stage in (compact, erase):
            stage.live.cache_clear()
            open_things.callback(stage.live.cache_clear)
        session.session().events.register("before-call", world.before_call)
        open_things.callback(session.session().events.unregister, "before-call", world.before_call)
        yield world

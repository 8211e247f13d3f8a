"""The pages in one process on moto or any AWS: what they find, requests to them, and a way to crash at any AWS call."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from html import unescape
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import boto3
import orjson
from answer_world import NOON, REVIEWS, TABLES, TRACKS, ask, make_tables
from candidates_table import whole
from moto import mock_aws

from adapters.aws import session
from adapters.files.links import Links
from domain.solicitation.program import Program
from handlers.solicitation import engage
from handlers.solicitation.visits import questions
from sandbox.gateway.payload import Call, event_of, response_of

KEYS = ("an old key", "a new key")
EXPIRES = NOON + timedelta(days=30)
BROWSER = {
    "accept": "text/html",
    "accept-language": "fr-CA,fr;q=0.9,en;q=0.5",
    "host": "answers.example",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "x-forwarded-proto": "https",
}
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_METRICS_NAMESPACE": "Ovation/Solicitation",
    "POWERTOOLS_SERVICE_NAME": "engage",
}
ROOT = Path(__file__).parents[1]


@cache
def own() -> boto3.Session:
    """The world's own way to AWS, whose calls are not counted."""
    return boto3.Session()


class Crash(BaseException):
    """The process dies: no handler may catch it."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def html(self) -> str:
        return unescape(self.body.decode())


@dataclass
class PagesWorld:
    """`links` makes tokens as the mails do. `prefix` is that of its tables and bucket."""

    links: Links
    prefix: str
    own: boto3.Session
    tables: dict[str, str]
    calls: int = 0
    crash_at: int | None = None
    crash_before: bool = True

    def asked(self, program: Program = REVIEWS, customer: str = "c1", subject: str = "p1", **changes: Any) -> str:
        """A candidate that was asked by mail; the delivery's id."""
        return ask(self.dynamodb, self.tables, program, customer, subject, **changes)

    def token(self, delivery: str, purpose: Any = "answer", expires: datetime = EXPIRES) -> str:
        return self.links.token(purpose, delivery, int(expires.timestamp()))

    def send(
        self,
        method: str,
        path: str,
        form: Mapping[str, Any] | None = None,
        *,
        at: datetime = NOON,
        body: bytes | None = None,
        **headers: str,
    ) -> Reply:
        """One request as API Gateway hands it on; `form` is sent as browsers do."""
        kind = {"content-type": "application/x-www-form-urlencoded"} if form is not None else {}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = body or urlencode(form or {}, doseq=True).encode()
        return self.answer(Call(method, path, "", BROWSER | kind | given, sent), at)

    def answer(self, call: Call, at: datetime) -> Reply:
        event = event_of(call, "api", "$default", {}, at)
        response = response_of(engage.handler(event, None))
        return Reply(response.status, dict(response.headers), response.body)

    def get(self, path: str, **more: Any) -> Reply:
        return self.send("GET", path, **more)

    def post(self, path: str, form: Mapping[str, Any], **more: Any) -> Reply:
        return self.send("POST", path, form, **more)

    @cached_property
    def dynamodb(self) -> Any:
        return self.own.client("dynamodb")

    @cached_property
    def s3(self) -> Any:
        return self.own.client("s3")

    @property
    def bucket(self) -> str:
        return f"{self.prefix}photos"

    def upload(self, delivery: str, name: str, content: bytes) -> str:
        """A photo under a key as the pages' forms name it."""
        key = f"photos/{delivery}/{name}"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        return key

    def items(self, name: str) -> dict[tuple[str, str], dict[str, Any]]:
        return whole(self.dynamodb, self.tables[f"{name}_table"])

    def snapshot(self, *names: str) -> bytes:
        """All items of some tables as bytes to compare."""
        pages = [self.dynamodb.scan(TableName=self.tables[f"{name}_table"])["Items"] for name in names]
        return b"\n".join(sorted(orjson.dumps(item, option=orjson.OPT_SORT_KEYS) for page in pages for item in page))

    def responses(self) -> list[dict[str, Any]]:
        """The answers, without the events waiting beside them."""
        return [item for (pk, _), item in self.items("responses").items() if pk.startswith("CUSTOMER#")]

    def count(self, program: Program = REVIEWS, name: str = "answered") -> int:
        """One of the campaign's counts, over all its shards."""
        campaign = f"CAMPAIGN#{program.id}.2026-11-20.US"
        shards = (item for (pk, sk), item in self.items("deliveries").items() if pk == campaign and sk != "CAMPAIGN")
        return sum(item.get(name, 0) for item in shards)

    @contextmanager
    def crashing_at(self, call: int, *, before: bool) -> Iterator[None]:
        """Die right before or right after the n-th AWS call from now on."""
        self.calls, self.crash_at, self.crash_before = 0, call, before
        try:
            yield
        except Crash:
            forget()
        finally:
            self.crash_at = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Count the calls that the pages make, and crash where told to."""
        watchers = {"before-call": self._before, "after-call": self._after}
        for name, watcher in watchers.items():
            session.session().events.register(name, watcher)
        try:
            yield
        finally:
            for name, watcher in watchers.items():
                session.session().events.unregister(name, watcher)

    def _before(self, **_: Any) -> None:
        self.calls += 1
        if self.crash_before and self.calls == self.crash_at:
            raise Crash

    def _after(self, **_: Any) -> None:
        if not self.crash_before and self.calls == self.crash_at:
            raise Crash


def forget() -> None:
    """Drop what a process keeps between calls, as a cold start does."""
    engage.live.cache_clear()
    questions.program_of.cache_clear()


@contextmanager
def pages_world(folder: Path, *, prefix: str = "", more: Mapping[str, str] | None = None) -> Iterator[PagesWorld]:
    """Everything fresh, on moto unless `more` names another AWS (AWS_ENDPOINT_URL)."""
    with ExitStack() as open_things:
        environment = ENVIRONMENT | dict(more or {})
        if "AWS_ENDPOINT_URL" not in environment:
            open_things.enter_context(mock_aws())
        for program in (REVIEWS, TRACKS):
            (folder / f"{program.id}.json").write_bytes(orjson.dumps(program.to_json()))
        open_things.enter_context(patch.dict(os.environ, environment))
        world = PagesWorld(Links("https://answers.example", KEYS), prefix, own(), {})
        world.tables |= make_tables(world.dynamodb, prefix)
        place = {"LocationConstraint": environment["AWS_DEFAULT_REGION"]}
        world.s3.create_bucket(Bucket=world.bucket, CreateBucketConfiguration=place)
        text = orjson.dumps({"keys": KEYS}).decode()
        secret = own().client("secretsmanager").create_secret(Name=f"{prefix}links", SecretString=text)["ARN"]
        settings = {
            **{name.upper(): table for name, table in world.tables.items()},
            "PHOTOS_BUCKET": f"{prefix}photos",
            "PHOTOS_ORIGIN": environment.get("AWS_ENDPOINT_URL", f"https://{prefix}photos.s3.eu-west-1.amazonaws.com"),
            "LINKS_SECRET": secret,
            "PROGRAMS": str(folder),
            "TEMPLATES": str(ROOT / "templates"),
        }
        open_things.enter_context(patch.dict(os.environ, settings))
        session.session.cache_clear()  # another test's credentials would sign addresses that this AWS does not honour
        open_things.callback(session.session.cache_clear)
        forget()
        open_things.callback(forget)
        open_things.enter_context(world.watched())
        yield world


__all__ = ["BROWSER", "EXPIRES", "NOON", "REVIEWS", "TABLES", "TRACKS", "PagesWorld", "pages_world"]

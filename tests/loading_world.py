"""Scored files and the messages that tell of them, and the function that loads them, by a clock that tests move."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

from scores_world import BUCKET, QUEUE_URL, ScoresWorld, own, scores_world

from adapters.aws.load_items import load_of
from domain.scores.accounting import of_load
from domain.scores.arrivals import arrivals
from domain.scores.keys import load_row
from domain.scores.load import LOADED, Load
from handlers.scores import load_scores_to_stream as loader

NOON = datetime(2026, 2, 13, 12, tzinfo=UTC)
KEY = "scrubbed/registrants.campaign-123.taylor-swift.2026-02-13T10:00:00.cleaned.prepared.merged.csv"
CAMPAIGN = "campaign-123"
HEADER = "globalUserId,id,campaign_id,score,isVerified,hbase,email\n"
LONG = 900_000  # milliseconds


def row(fan: str, rank: int = 0, score: Any = 0.9, verified: Any = "true") -> str:
    """A line of a file; the fan's address is of example.com."""
    id = fan if rank == 0 else f"{fan}{rank:03d}"
    return f"{fan},{id},{CAMPAIGN},{score},{verified},New York,{fan}@example.com\n"


def file_of(lines: Iterable[str]) -> bytes:
    return (HEADER + "".join(lines)).encode()


def some_rows(fans: int) -> Iterator[str]:
    """Of every fan the first rank, of every third the second one too, far behind; every seventh row is refused."""
    for n in range(fans):
        yield row(f"g{n}x", score="high" if n % 7 == 3 else n % 11 / 10, verified=n % 4 != 0)
    for n in range(0, fans, 3):
        yield row(f"g{n}x", 1, score=0.5)


@dataclass
class LoadingWorld:
    """`deliver` calls the function as Lambda does, and its answer is what Lambda would see."""

    scores: ScoresWorld
    now: datetime = NOON
    invocations: int = 0
    desk: dict[str, Any] = field(default_factory=dict)  # what the function works with instead

    def drop(self, body: bytes, key: str = KEY) -> dict[str, Any]:
        """Put the file into the bucket: EventBridge's event of it."""
        version = self.scores.drop(key, body)["VersionId"]
        about = {
            "key": key,
            "size": len(body),
            "etag": "0" * 32,
            "version-id": version,
            "sequencer": "0055AED6DCD90281E5",
        }
        return {
            "version": "0",
            "id": "17793124-05d4-b198-2fde-7ededc63b103",
            "detail-type": "Object Created",
            "source": "aws.s3",
            "account": "123456789012",
            "time": f"{self.now:%Y-%m-%dT%H:%M:%SZ}",
            "region": "eu-west-1",
            "resources": [f"arn:aws:s3:::{BUCKET}"],
            "detail": {"version": "0", "bucket": {"name": BUCKET}, "object": about, "reason": "PutObject"},
        }

    def notification(self, event: dict[str, Any]) -> dict[str, Any]:
        """The same as S3 would notify of it."""
        told = event["detail"]["object"]
        about = {"key": quote_plus(told["key"]), "versionId": told["version-id"], "sequencer": told["sequencer"]}
        record = {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "eventTime": f"{self.now:%Y-%m-%dT%H:%M:%S}.123Z",
            "s3": {"bucket": {"name": BUCKET}, "object": about},
        }
        return {"Records": [record]}

    def call(self, event: dict[str, Any], remaining: Callable[[], int] = lambda: LONG) -> dict[str, Any]:
        """Another invocation."""
        self.invocations += 1
        desk = replace(loader.live(), clock=lambda: self.now, **self.desk)
        return loader.load_scores_to_stream(event, f"invocation {self.invocations}", remaining, desk=desk)

    def deliver(self, *bodies: Any, remaining: Callable[[], int] = lambda: LONG) -> dict[str, Any]:
        """As messages of a batch that nobody holds a receipt of any more."""
        records = [
            {"messageId": f"m{n}", "receiptHandle": f"r{n}", "eventSource": "aws:sqs", "body": json.dumps(body)}
            for n, body in enumerate(bodies)
        ]
        return self.call({"Records": records}, remaining)

    def poll(self, remaining: Callable[[], int] = lambda: LONG) -> dict[str, Any] | None:
        """Take one message of the queue and do with it as Lambda does. None: none is to be had."""
        with self.scores.calls.own():
            got = own("sqs").receive_message(QueueUrl=QUEUE_URL + "scoreFiles").get("Messages", ())
        for it in got:
            record = {"messageId": it["MessageId"], "receiptHandle": it["ReceiptHandle"], "body": it["Body"]}
            answer = self.call({"Records": [record]}, remaining)
            if not answer["batchItemFailures"]:
                with self.scores.calls.own():
                    own("sqs").delete_message(QueueUrl=QUEUE_URL + "scoreFiles", ReceiptHandle=it["ReceiptHandle"])
            return answer
        return None

    def send(self, body: Any) -> None:
        with self.scores.calls.own():
            own("sqs").send_message(QueueUrl=QUEUE_URL + "scoreFiles", MessageBody=json.dumps(body))

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def anew(self) -> "LoadingWorld":
        """For another test: what it does not drop itself is none of its business."""
        self.now, self.desk = NOON, {}
        for queue in ("scoreFiles", "verdictReporterQueue"):
            self.scores.messages(queue)
        return self

    def load(self, event: dict[str, Any]) -> Load:
        """Of the event's file; its sums hold."""
        item = self.scores.item(load_row(CAMPAIGN, load_id(event)))
        assert item
        load = load_of(item, {}, {})
        read, taken, *_ = of_load(load.progress.figures, {})
        assert read.holds, read
        assert taken.holds, taken
        return load

    def records(self, event: dict[str, Any]) -> dict[tuple[str, int], list[dict[str, Any]]]:
        """What is on the stream, by fan and part: more than one where a chunk came twice, and then they are equal."""
        found: dict[tuple[str, int], list[dict[str, Any]]] = {}
        for key, record in self.scores.streamed():
            assert key == record["globalUserId"]
            if record["__meta"]["load"] == load_id(event):
                found.setdefault((key, record["__meta"]["part"]), []).append(record)
        assert all(it == them[0] for them in found.values() for it in them)
        return found

    def refused(self, event: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
        """By object of the bucket the rows that were refused."""
        objects = self.scores.objects(f"errors/{CAMPAIGN}/{load_id(event)}/")
        return {
            key.rpartition("/")[2]: [json.loads(line) for line in body.splitlines()] for key, body in objects.items()
        }

    def verdicts(self) -> list[dict[str, Any]]:
        """Asked for since the last look."""
        return self.scores.messages("verdictReporterQueue")

    def outcome(self, event: dict[str, Any]) -> dict[str, Any]:
        """All that is left of a load in the end, however it came there, without what is the load's own."""
        load, refused = self.load(event), self.refused(event)
        records = {place: {**them[0], "__meta": None} for place, them in self.records(event).items()}
        assert load.state != LOADED or load.out == len(records)
        assert load.progress.figures["invalid"] == sum(map(len, refused.values()))
        about = {"state": load.state, "progress": load.progress, "told": load.told, "until": load.until}
        return {**about, "records": records, "refused": refused}


def load_id(event: dict[str, Any]) -> str:
    """The id of the load of the only file that the event tells of."""
    [arrival] = arrivals(event)
    return loader.of_registrants(arrival).load


@contextmanager
def loading_world(chunk: int = 5000, **settings: str) -> Iterator[LoadingWorld]:
    with scores_world(loader, CHUNK_ROWS=str(chunk), **settings) as scores:
        yield LoadingWorld(scores)

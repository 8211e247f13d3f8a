"""A scores world in which fanlists are dropped and saved: the file's event, Campaign Service, and what is found afterwards."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from scores_world import BUCKET, QUEUE_URL, TABLE, ScoresWorld, own, scores_world

from adapters.aws.attribute_values import encode_item
from adapters.aws.batch_items import Backoff
from adapters.aws.service_secrets import ServiceSecrets
from domain.scores.arrivals import arrivals
from domain.scores.drop import dropped
from domain.scores.keys import load_row
from handlers.scores import save_fanlist_scores as module
from sandbox.campaign_service import CampaignServer

CAMPAIGN, KEY = "campaign-456", "fanlist/scored/campaign-456/2026-02-13T14:30:00.csv"
NOW = datetime(2026, 2, 13, 14, 35, tzinfo=UTC)
LATER = KEY.replace("14:30", "15:30")  # a newer list
STREAM = "campaignDataStream"
LONG = 900_000  # milliseconds


@dataclass
class FanlistWorld:
    """`now` is the functions' clock; `campaigns` the service."""

    scores: ScoresWorld
    campaigns: CampaignServer
    now: datetime = NOW
    pace: timedelta = timedelta()  # that passes whenever somebody looks at the clock
    holders: int = 0

    def clock(self) -> datetime:
        self.now += self.pace
        return self.now

    def drop(self, body: str | bytes, key: str = KEY) -> dict[str, Any]:
        """Put the file there; EventBridge's event of it."""
        answer = self.scores.drop(key, body if isinstance(body, bytes) else body.encode())
        told = {"key": key, "version-id": answer["VersionId"], "sequencer": f"{self.now:%s}"}
        detail = {"bucket": {"name": BUCKET}, "object": told}
        return {"source": "aws.s3", "detail-type": "Object Created", "time": self.now.isoformat(), "detail": detail}

    def save(self, *events: Mapping[str, Any], times: Sequence[int] = (), **tools: Any) -> dict[str, Any]:
        """One invocation with a message each; `times` are what is left of it whenever it asks, then plenty."""
        records = [
            {"messageId": f"m{n}", "receiptHandle": self.receipt(it), "body": json.dumps(it)}
            for n, it in enumerate(events)
        ]
        return self.invoke({"Records": records}, times, **tools)

    def invoke(self, event: Mapping[str, Any], times: Sequence[int] = (), **tools: Any) -> dict[str, Any]:
        left, self.holders = iter(times), self.holders + 1
        found = {**module.live(), "clock": self.clock, "part_fans": 3, **tools}
        services = found["campaigns"]  # as a new process has them: no token is known yet
        found["campaigns"] = replace(services, tokens=ServiceSecrets(services.tokens.secrets, services.tokens.arn))
        # The calls of a crash test come in one order, and nobody waits.
        found["table"] = replace(found["table"], at_once=1, backoff=Backoff(tries=2, sleep=lambda seconds: None))
        return module.save_fanlist_scores(event, f"holder-{self.holders}", lambda: next(left, LONG), **found)

    def finish(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """As SQS does: deliver again, after a lease's time, until it is done."""
        for _ in range(5):
            answer = self.save(event)
            if not answer["batchItemFailures"]:
                return answer
            self.now += timedelta(minutes=5)
        raise AssertionError("not done after five deliveries")

    def receipt(self, event: Mapping[str, Any]) -> str:
        with self.scores.calls.own():
            url = f"{QUEUE_URL}fanlistFiles"
            own("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(event))
            return own("sqs").receive_message(QueueUrl=url, VisibilityTimeout=900)["Messages"][0]["ReceiptHandle"]

    def load(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The ledger's item."""
        [arrival] = arrivals(event)
        return self.scores.item(load_row(dropped(arrival).campaign, self.id(event))) or {}

    def id(self, event: Mapping[str, Any]) -> str:
        """Of its load."""
        [arrival] = arrivals(event)
        return dropped(arrival).load

    def figures(self, event: Mapping[str, Any]) -> dict[str, int]:
        load = self.load(event)
        return {name: load[name] for name in ("in", "valid", "invalid", "duplicate", "out", "failed", "combined")}

    def fans(self) -> dict[str, dict[str, Any]]:
        """Rows of fans by PK."""
        return {it["PK"]: it for it in self.scores.items() if it["SK"].startswith("campaign:")}

    def found(self) -> dict[str, float]:
        return {key: row["score"] for key, row in self.fans().items()}

    def afresh(self, **campaign: Any) -> Self:
        """No rows, no messages, the clock where it was: faster than another world. `campaign` is what the service knows of CAMPAIGN;
        nothing: it knows of none.
        """
        self.campaigns.campaigns.clear()
        if campaign:
            self.campaigns.add({"id": CAMPAIGN, **campaign})
        with self.scores.calls.own():
            for item in self.scores.items():
                own("dynamodb").delete_item(
                    TableName=TABLE, Key=encode_item({name: item[name] for name in ("PK", "SK")})
                )
        self.scores.messages("verdictReporterQueue")
        self.now, self.pace = NOW, timedelta()
        return self

    def told(self, event: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """What the stream was told by the event's load."""
        return [it for it in self.scores.streamed(STREAM) if it[1]["__meta"]["correlation"] == self.id(event)]

    def refused(self, event: Mapping[str, Any]) -> dict[int, list[dict[str, Any]]]:
        """Refused rows of the event's load, by part."""
        found = self.scores.objects(f"errors/{CAMPAIGN}/{self.id(event)}/")
        return {part: [*map(json.loads, body.splitlines())] for part, body in enumerate(found.values())}


@contextmanager
def fanlist_world() -> Iterator[FanlistWorld]:
    with CampaignServer() as campaigns:
        urls = {"FILES_QUEUE_URL": f"{QUEUE_URL}fanlistFiles", "CAMPAIGN_SERVICE_URL": campaigns.endpoint}
        with scores_world(module, **urls) as scores:
            yield FanlistWorld(scores, campaigns)

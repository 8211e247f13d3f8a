"""A campaign's loads, counts and messages by the stroke, with Slack and Campaign Service over real HTTP, and the reporter among them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import orjson
from moto.backends import get_backend
from scores_world import ENVIRONMENT, QUEUE_URL, QUEUES, REGION, TABLE, ScoresWorld, own, scores_world

from adapters.aws.load_ledger import LoadLedger
from domain.scores.drop import FANS, REGISTRANTS, Arrival, Drop
from domain.scores.keys import counted_row, counts_row, slack_row
from domain.scores.load import FIGURES, Progress
from handlers.scores import verdict_reporter
from sandbox.campaign_service import CampaignServer
from sandbox.slack import SlackServer

T0 = datetime(2026, 2, 13, 10, 0, tzinfo=UTC)
CAMPAIGN, NAME = "campaign-123", "Taylor Swift Presale"
QUEUE = QUEUES[2]


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


@dataclass
class VerdictWorld:
    """`seconds` after T0 is now, for everybody; each `report` is an invocation of its own."""

    aws: ScoresWorld
    slack: SlackServer
    campaigns: CampaignServer
    seconds: float = 100.0
    patience: float = 5.0  # of Slack's client
    _number: Iterator[int] = field(default_factory=count)

    @property
    def now(self) -> datetime:
        return at(self.seconds)

    @property
    def texts(self) -> list[str]:
        return [it["text"] for it in self.slack.posted()]

    def load(
        self,
        out: int,
        counted: int | None = None,
        *,
        campaign: str = CAMPAIGN,
        kind: str = REGISTRANTS,
        ended: float | None = 0.0,
        **more: Any,
    ) -> str:
        """A file that was read to its end at `ended`, None: which is being read since T0; `counted` of its records are counted."""
        number = next(self._number)
        drop = Drop(
            Arrival("scoring", f"a-file-{number}.csv", "v1", f"{number}", T0),
            kind,
            campaign,
            more.pop("name", None),
            T0,
        )
        figures = dict.fromkeys(FIGURES, 0) | {"in": out, "valid": out, "out": out, **more.pop("figures", {})}
        with self.aws.calls.own():
            self.ledger.begin(drop, "loader", T0)
            if ended is None:
                self.ledger.checkpoint(drop, "loader", Progress(figures), self.now)
            elif why := more.pop("why", None):
                self.ledger.reject(drop, "loader", why, at(ended), Progress(figures))
            else:
                self.ledger.loaded(drop, "loader", Progress(figures), at(ended))
        self.counted(drop.load, out if counted is None else counted, campaign=campaign, **more)
        return drop.load

    def counted(self, load: str, records: int, *, campaign: str = CAMPAIGN, **more: int) -> None:
        outcomes = {"created": records, "updated": 0, "unchanged": 0, "superseded": 0, **more}
        self.aws.put(counted_row(campaign, load), records=records, unique=records, **outcomes)

    def counts(
        self, verified: int, rejected: int, selected: int = 0, *, campaign: str = CAMPAIGN, moved: float = 0.0
    ) -> None:
        figures = {"verified": verified, "rejected": rejected, "selected": selected, "unscored": 0}
        told = {"fans": verified + rejected, "version": 1, "at": at(moved).isoformat()}
        self.aws.put(counts_row(campaign), **figures, **told)

    def message(
        self,
        load: str | None = None,
        number: int = 0,
        *,
        campaign: str = CAMPAIGN,
        body: str | None = None,
        sent: float = 0.0,
    ) -> dict[str, Any]:
        """As SQS hands it over, and as it waits in the queue."""
        told = {"campaignId": campaign, "count": number, **({"loadId": load} if load else {})}
        with self.aws.calls.own():
            sqs = own("sqs")
            text = body or orjson.dumps(told).decode()
            sent_id = sqs.send_message(QueueUrl=QUEUE_URL + QUEUE, MessageBody=text)["MessageId"]
            found: list[Any] = []
            while not found:  # those that were put off come again by the clock on the wall
                shown = sqs.receive_message(QueueUrl=QUEUE_URL + QUEUE, VisibilityTimeout=3600, MaxNumberOfMessages=10)
                found = [it for it in shown["Messages"] if it["MessageId"] == sent_id]
        [got] = found
        attributes = {"SentTimestamp": str(int(at(sent).timestamp() * 1000)), "ApproximateReceiveCount": "1"}
        return {
            "messageId": got["MessageId"],
            "receiptHandle": got["ReceiptHandle"],
            "body": got["Body"],
            "attributes": attributes,
        }

    def report(self, *messages: dict[str, Any], worker: str | None = None) -> dict[str, Any]:
        name = worker or f"worker-{next(self._number)}"
        desk = verdict_reporter.live()
        announcer = replace(desk.announcer, slack=replace(desk.announcer.slack, timeout=self.patience))
        answer: dict[str, Any] = verdict_reporter.verdict_reporter(
            messages, now=self.now, worker=name, desk=replace(desk, announcer=announcer)
        )
        return answer

    def until_done(self, *messages: dict[str, Any], rounds: int = 6) -> int:
        """What SQS does: messages that were put off come again half a minute later. How often they came."""
        for came in range(1, rounds + 1):
            again = {it["itemIdentifier"] for it in self.report(*messages)["batchItemFailures"]}
            messages = tuple(it for it in messages if it["messageId"] in again)
            if not messages:
                return came
            self.seconds += 30
        raise AssertionError(f"still not settled after {rounds} rounds")

    def another_process(self) -> None:
        """Nothing that was kept in memory is there any more."""
        verdict_reporter.live.cache_clear()

    def waits(self, message: dict[str, Any]) -> float:
        """Seconds from the last receipt on until the queue shows a message again."""
        [queue] = [it for it in get_backend("sqs")["123456789012"][REGION].queues.values() if it.name == QUEUE]
        [held] = [it for it in queue._messages if it.id == message["messageId"]]
        return (held.visible_at - datetime.now(UTC).timestamp() * 1000) / 1000

    def heard(self, campaign: str = CAMPAIGN) -> dict[str, Any]:
        return self.aws.item(slack_row(campaign)) or {}

    def settled_as(self, load: str, campaign: str = CAMPAIGN) -> str | None:
        with self.aws.calls.own():
            return next(it.settled_as for it in self.ledger.loads(campaign) if it.load == load)

    @property
    def ledger(self) -> LoadLedger:
        return LoadLedger(own("dynamodb"), TABLE)


@contextmanager
def verdict_world(tokens: dict[str, str] | None = None, **settings: str) -> Iterator[VerdictWorld]:
    """`tokens` instead of those that the secret holds; `{webhook}` in one stands for Slack's."""
    found: list[VerdictWorld] = []
    with SlackServer(clock=lambda: found[0].now.timestamp()) as slack, CampaignServer() as campaigns:
        campaigns.add({"id": CAMPAIGN, "name": NAME})
        urls = {"SLACK_URL": f"{slack.endpoint}/api/", "CAMPAIGN_SERVICE_URL": campaigns.endpoint}
        with scores_world(verdict_reporter, **{**urls, **settings}) as aws:
            if tokens is not None:
                held = {name: it.format(webhook=slack.webhook) for name, it in tokens.items()}
                own("secretsmanager").put_secret_value(
                    SecretId=ENVIRONMENT["SERVICES_SECRET"], SecretString=orjson.dumps(held).decode()
                )
            found.append(VerdictWorld(aws, slack, campaigns))
            yield found[0]


__all__ = ["CAMPAIGN", "FANS", "NAME", "T0", "VerdictWorld", "at", "verdict_world"]

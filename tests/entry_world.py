"""Records of scoresStream as Lambda brings them, Campaign Service and Entry Service on free ports, and the retry queue."""

import base64
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sqs.models import sqs_backends
from scores_world import BUCKET, QUEUE_URL, TABLE, TOKENS, ScoresWorld, own, scores_world

from adapters.aws.attribute_values import encode_item
from domain.scores.keys import entries_row
from handlers.scores import save_entry_scoring
from sandbox.campaign_service import CampaignServer
from sandbox.entry_service import EntryServer
from sandbox.outside import OutsideFaults

LOAD, CAMPAIGN = "3fa2c1d0e5b7", "campaign-789"
SHARD, FIRST_NUMBER = "shardId-000000000000", 49_657_828_409_187_701_520_019_995_242_508_390_119_953_358_325_192_589_314
NEW_YORK, MONTREAL = "5f1a0c0de0000000000000aa", "5f1a0c0de0000000000000bb"
MARKETS = [{"id": NEW_YORK, "name": "New York"}, {"id": MONTREAL, "name": "Montréal"}]
QUEUE = QUEUE_URL + "entryRetryQueue"


def record(fan: int | str, rank: int | None = 0, **changes: Any) -> dict[str, Any]:
    """As the loader puts it; its market is New York. `rank` None: it has no events at all."""
    fan = fan if isinstance(fan, str) else f"fan-{fan:05d}"
    event = {"market": "New York", "score": 0.93, "isVerified": True}
    return {
        "campaignId": CAMPAIGN,
        "globalUserId": fan,
        "memberId": f"member-{fan}",
        "email": f"{fan}@people.example",
        "phone": "+12025550001",
        "firstName": "Ada",
        "lastName": "Lovelace",
        "score": 0.93,
        "localFanscore": 0.5,
        "isVerified": True,
        "rank": str(rank or 0),
        "events": {} if rank is None else {str(rank): event},
        "__meta": {
            "correlation": LOAD,
            "date": "2026-11-20T10:00:00Z",
            "load": LOAD,
            "version": "2026-11-20T10:00:00.000000Z#1",
            "part": 0,
        },
        **changes,
    }


def of_load(load: str, version: str, fan: int | str, **changes: Any) -> dict[str, Any]:
    made = record(fan, **changes)
    return {**made, "__meta": {**made["__meta"], "load": load, "version": version}}


def in_market(name: Any, fan: int | str) -> dict[str, Any]:
    made = record(fan)
    return {**made, "events": {"0": {**made["events"]["0"], "market": name}}}


def kinesis(records: Iterable[Any], at: int = 0, shard: str = SHARD) -> dict[str, Any]:
    """A batch of one shard whose first record is the `at`-th; bytes go as they are, all else as JSON."""
    found = []
    for place, it in enumerate(records, at):
        data = it if isinstance(it, bytes) else json.dumps(it).encode()
        number = str(FIRST_NUMBER + place)
        told = {
            "sequenceNumber": number,
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": 1795176000.932,
        }
        found.append({"eventSource": "aws:kinesis", "eventID": f"{shard}:{number}", "kinesis": told})
    return {"Records": found}


@dataclass
class Context:
    """What Lambda gives beside an event: `left`, milliseconds, one after the other, the last one for ever."""

    left: Sequence[int] = (60_000,)
    asked: int = 0

    def get_remaining_time_in_millis(self) -> int:
        self.asked += 1
        return self.left[min(self.asked, len(self.left)) - 1]


@dataclass
class EntryWorld:
    """AWS, and the two services."""

    aws: ScoresWorld
    campaigns: CampaignServer
    service: EntryServer
    now: datetime = datetime(2026, 11, 20, 10, 5, tzinfo=UTC)
    path: str = "/campaigns/{campaignId}/scoring"
    patience: float = 5.0  # seconds for an answer; less where none comes
    received: Counter[str] = field(default_factory=Counter)

    def enter(self, event: dict[str, Any], left: Sequence[int] = (60_000,)) -> dict[str, Any]:
        """As the handler does, with a clock of our own."""
        live = save_entry_scoring.live()
        desk = replace(live, entries=replace(live.entries, timeout=(1.0, self.patience), path=self.path))
        remaining = Context(left).get_remaining_time_in_millis
        return save_entry_scoring.save_entry_scoring(event["Records"], self.now, remaining, desk=desk)

    def figures(self, load: str = LOAD, campaign: str = CAMPAIGN) -> dict[str, int]:
        """Of a load, those that are not 0."""
        item = self.aws.item(entries_row(campaign, load)) or {}
        return {name: figure for name, figure in item.items() if name not in ("PK", "SK") and figure}

    def retry(self, left: Sequence[int] = (60_000,), rounds: int = 1) -> dict[str, Any]:
        """Let all waiting messages be seen, bring them, and delete those that are done, as Lambda does."""
        answer: dict[str, Any] = {}
        for _ in range(rounds):
            if messages := self._all():
                answer = self.enter({"Records": messages}, left)
                self.delete(messages, {it["itemIdentifier"] for it in answer["batchItemFailures"]})
        return answer

    def delete(self, messages: list[dict[str, Any]], failed: set[str]) -> None:
        with self.aws.calls.own():
            for it in messages:
                if it["messageId"] not in failed:
                    own("sqs").delete_message(QueueUrl=QUEUE, ReceiptHandle=it["receiptHandle"])

    def renewed(self) -> "EntryWorld":
        """As if it were made anew, which takes longer: nothing is stored, nobody is known, no fault is set."""
        with self.aws.calls.own():
            for item in self.aws.items():
                own("dynamodb").delete_item(
                    TableName=TABLE, Key=encode_item({name: item[name] for name in ("PK", "SK")})
                )
            for key in self.aws.objects():
                own("s3").delete_object(Bucket=BUCKET, Key=key)
            own("secretsmanager").put_secret_value(SecretId="services", SecretString=json.dumps(TOKENS))
        _queue()._messages.clear()
        _queue().pending_messages.clear()
        for server in (self.campaigns, self.service):
            server.faults = OutsideFaults()
            server.calls.clear()
        self.service.forget()
        for campaign in self.campaigns.campaigns:
            self.campaigns.add({"id": campaign}, MARKETS)
        live = save_entry_scoring.live()
        live.campaigns._markets.clear()
        live.entries.tokens._held.clear()
        return EntryWorld(self.aws, self.campaigns, self.service)

    def left(self) -> int:
        """Messages in the retry queue, seen or not."""
        with self.aws.calls.own():
            names = ["", "NotVisible", "Delayed"]
            attributes = [f"ApproximateNumberOfMessages{name}" for name in names]
            found = own("sqs").get_queue_attributes(QueueUrl=QUEUE, AttributeNames=attributes)["Attributes"]
        return sum(int(found[name]) for name in attributes)

    def hidden(self) -> list[float]:
        """Seconds until each message can be seen."""
        times = [max(it.delayed_until, it.visible_at) for it in _queue()._messages]
        return [round(time / 1000 - datetime.now(UTC).timestamp()) for time in times]

    def _all(self) -> list[dict[str, Any]]:
        """However long they are put off."""
        for message in _queue()._messages:
            message.delayed_until = message.visible_at = 0
        _queue().pending_messages.clear()
        with self.aws.calls.own():
            answer = own("sqs").receive_message(QueueUrl=QUEUE, MaxNumberOfMessages=10, VisibilityTimeout=30)
        return [self._message(it) for it in answer.get("Messages", ())]

    def _message(self, it: dict[str, Any]) -> dict[str, Any]:
        self.received[it["MessageId"]] += 1
        return {
            "messageId": it["MessageId"],
            "receiptHandle": it["ReceiptHandle"],
            "body": it["Body"],
            "eventSource": "aws:sqs",
            "attributes": {"ApproximateReceiveCount": str(self.received[it["MessageId"]])},
        }


def _queue() -> Any:
    """moto's own: no test waits for a message to be seen."""
    return sqs_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].queues["entryRetryQueue"]


@contextmanager
def entry_world(*campaigns: str, **settings: str) -> Iterator[EntryWorld]:
    """Every campaign has the markets New York and Montréal."""
    with CampaignServer() as campaign_server, EntryServer() as service:
        for campaign in campaigns or (CAMPAIGN,):
            campaign_server.add({"id": campaign}, MARKETS)
        addresses = {"CAMPAIGN_SERVICE_URL": campaign_server.endpoint, "ENTRY_SERVICE_URL": service.endpoint}
        with scores_world(save_entry_scoring, **{**addresses, **settings}) as aws:
            yield EntryWorld(aws, campaign_server, service)

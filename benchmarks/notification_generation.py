"""CPU a notification costs from a sale's demand to its conditional write: the generator, against boto3's Table.put_item in a loop."""

import gc
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any

import boto3
import orjson
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.event_rows import EventRows
from adapters.aws.notification_rows import NotificationRows
from adapters.aws.notification_writes import NotificationWrites
from adapters.aws.outbox import Outbox
from adapters.aws.quick_bodies import quicken
from adapters.aws.sale_demand import SaleDemand
from adapters.aws.session import QUICK
from adapters.aws.short_urls import ShortUrls
from adapters.files.reminder_texts import ReminderTexts
from benchmarks.result import Line, paired
from benchmarks.wire import Reply, Wire
from domain.notifications.demand import Demand
from domain.notifications.events import Event, Sale, Venue
from domain.notifications.generation import Wording, in_common
from domain.notifications.instants import iso
from domain.notifications.keys import SALE_DEMANDS, message_id, notification_row, sale_demand, shard_of, unsettled_shard
from domain.notifications.locales import locale_of
from handlers.notifications.generating.desk import AT_ONCE, Desk
from handlers.notifications.notification_generator import notification_generator
from handlers.notifications.rules import rules

TABLE = "Demand"
NOW = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
FANS, ROUNDS = 4_000, 10  # a batch of 5,000 notifications, ten times: 50,000 as in the mission
CPU = "CPU µs per notification"
GOAL = 1.6
CREDENTIALS = {
    "aws_access_key_id": "x",
    "aws_secret_access_key": "x",
    "aws_session_token": "x" * 700,
    "region_name": "eu-west-1",
}
ZONE = "America/Los_Angeles"
EVENT = Event(
    "Z7r9jZ1A7",
    "Lantern Live",
    "https://tickets.example.com/event/Z7r9jZ1A7",
    NOW,
    NOW,
    short_url="https://bit.ly/3xYZ",
    artist_id="A1",
    artist="Lantern",
    attractions=(("A1", "Lantern"),),
    venue=Venue("V1", "Harbour Hall", "Los Angeles", "CA", "US", ZONE),
    zone=ZONE,
    starts=NOW + timedelta(days=60),
    status="onsale",
    segment="Music",
)
SALE = Sale("pre1", EVENT.id, "Lantern Verified Fan Presale", ("VF",), NOW + timedelta(minutes=30))
LOCALES = ("en-us", "en-ca", "fr-ca")
METHODS = (("sms",), ("email",), ("sms",), ("sms", "email"))
SHARD = 3

Row = dict[str, Any]
Side = Callable[[], None]
TEXTS = ReminderTexts(Path(__file__).parents[1] / "templates")


def measure() -> list[Line]:
    wire = Waiting(FANS)
    mine, theirs = ours(wire), peer(wire)
    check(wire, mine, theirs)
    gc.freeze()
    wire.kept = None
    costs: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for seconds, side in zip(costs, (mine, theirs), strict=True):
            begun, outside = process_time(), wire.seconds
            side()
            seconds.append((process_time() - begun - (wire.seconds - outside)) / wire.notifications * 1e6)
    return [paired("reminders, generation", CPU, *costs, goal=GOAL)]


def check(wire: "Waiting | None" = None, *sides: Side) -> None:
    """Only compare what both sides leave in the table."""
    wire = wire or Waiting(60)
    left = []
    for side in sides or (ours(wire), peer(wire)):
        wire.kept = {}
        side()
        left.append(wire.kept)
    assert len(left[0]) == wire.notifications, "not every fan was told"
    different = [key for key in left[0] if left[0][key] != left[1].get(key)]
    assert not different, f"{left[0][different[0]]} is not {left[1].get(different[0])}"


class Waiting(Wire):
    """A table with a sale and one shard of its demand; what is put there is kept, if wanted."""

    def __init__(self, fans: int) -> None:
        super().__init__(lambda table, key: None, lambda _: {}, lambda _: 0.0)
        demand = [_demand(number) for number in range(fans)]
        self.notifications = sum(len(it.methods) for it in demand)
        self.kept: dict[tuple[str, str], Row] | None = None
        self._demand = orjson.dumps(_page([it.row() for it in demand]))
        self._event = orjson.dumps(_page([EVENT.row((SALE,)), SALE.row()]))

    def _Query(self, request: Any, body: bytes) -> Reply:
        asked = orjson.loads(body)
        return 200, self._demand if asked.get("IndexName") == SALE_DEMANDS else self._event

    def _PutItem(self, request: Any, body: bytes) -> Reply:
        if self.kept is not None:
            asked = orjson.loads(body)
            assert asked["ConditionExpression"]
            item = decode_item(asked["Item"])
            self.kept[item["PK"], item["SK"]] = item
        return 200, b"{}"


def ours(wire: Wire) -> Side:
    config = QUICK.merge(Config(max_pool_connections=AT_ONCE))
    client = wire.attach(quicken(boto3.client("dynamodb", config=config, **CREDENTIALS)))
    desk = Desk(
        EventRows(client, TABLE),
        SaleDemand(client, TABLE),
        NotificationRows(client, TABLE),
        NotificationWrites(client, TABLE),
        ShortUrls(client, TABLE),
        Outbox(boto3.client("sqs", **CREDENTIALS), "https://sqs.eu-west-1.amazonaws.com/1/generation"),
        TEXTS,
        rules(),
        "https://go.example.com",
        timedelta(seconds=60),
        5_000,
        ThreadPoolExecutor(AT_ONCE),
    )
    told = {"time": iso(NOW), "eventId": EVENT.id, "saleId": SALE.id, "shard": SHARD, "mark": iso(NOW)}
    queued = str(round(NOW.timestamp() * 1000))
    record = {
        "messageId": "m1",
        "body": json.dumps(told),
        "attributes": {"SentTimestamp": queued},
        "messageAttributes": {},
    }

    def side() -> None:
        answer = notification_generator([record], received=NOW.timestamp(), desk=desk, seconds=lambda: 0.0)
        assert not answer["batchItemFailures"]

    return side


def peer(wire: Wire) -> Side:
    """The usual writing: pages of the same index, texts rendered once a locale, and one conditional put_item after the other."""
    resource = boto3.resource("dynamodb", **CREDENTIALS)
    wire.attach(resource.meta.client)
    table = resource.Table(TABLE)
    shared: dict[Any, Row] = {}

    def side() -> None:
        shared.clear()
        asked: Row = {
            "IndexName": SALE_DEMANDS,
            "KeyConditionExpression": Key("saleDemandShard").eq(sale_demand(EVENT.id, SALE.id, SHARD)),
        }
        page: Row = {"LastEvaluatedKey": None}
        while "LastEvaluatedKey" in page:
            page = table.query(**asked)
            for row in page["Items"]:
                for method in row["contactMethod"].split(","):
                    table.put_item(Item=_usual(row, method, shared), ConditionExpression=Attr("PK").not_exists())
            asked["ExclusiveStartKey"] = page.get("LastEvaluatedKey")

    return side


def _usual(row: Row, method: str, shared: dict[Any, Row]) -> Row:
    words = method, row["locale"], row["marketId"]
    if words not in shared:
        shared[words] = dict(_words(*words))
    key = notification_row(row["fanId"], EVENT.id, SALE.id, method)
    address = "phoneNumber" if method == "sms" else "email"
    return {
        **shared[words],
        "PK": key.pk,
        "SK": key.sk,
        "fanId": row["fanId"],
        "messageId": message_id(key, iso(SALE.starts)),
        "groupId": key.sk,
        address: row[address],
        "unsettledShard": unsettled_shard(shard_of(key.pk)),
    }


def _words(method: str, told: str, market: str) -> Mapping[str, Any]:
    locale = locale_of(told, market, EVENT.locale)
    words = TEXTS.render(EVENT, SALE, locale, market, str(EVENT.short_url))
    return in_common(EVENT, SALE, method, Wording(locale, market, words), "send", NOW)


def _demand(number: int) -> Demand:
    methods = METHODS[number % len(METHODS)]
    locale = LOCALES[number % len(LOCALES)]
    name = f"{number:032X}"
    phone, email = f"+1212555{number % 10_000:04}", f"fan{number}@example.com"
    reached = (phone if "sms" in methods else None, email if "email" in methods else None)
    return Demand(name, EVENT.id, SALE.id, methods, NOW, *reached, locale, "TM_US")


def _page(rows: list[Row]) -> Row:
    return {"Items": [encode_item(row) for row in rows], "Count": len(rows), "ScannedCount": len(rows)}


if __name__ == "__main__":
    for line in measure():
        print(line.cells())

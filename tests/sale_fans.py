"""A sale with the fans who wait for it, and the messages that its generators get."""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.notifications.demand import Demand
from domain.notifications.events import Event, Sale, Venue
from domain.notifications.instants import iso
from domain.notifications.keys import shard_of

OPENED = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)  # 09:30 in Los Angeles
STARTS = OPENED + timedelta(minutes=30)
ZONE = "America/Los_Angeles"
EVENT = Event(
    "Z7r9",
    "Lantern Live",
    "https://tickets.example.com/e/Z7r9",
    OPENED,
    OPENED,
    short_url="https://bit.ly/3xYZ",
    artist_id="A1",
    artist="Lantern",
    attractions=(("A1", "Lantern"),),
    venue=Venue("V1", "Harbour Hall", "Los Angeles", "CA", "US", ZONE),
    zone=ZONE,
    starts=STARTS + timedelta(days=60),
    status="onsale",
    segment="Music",
)
UNLINKED = replace(EVENT, short_url=None)
PUBLIC = Sale("pub", "Z7r9", "Public Onsale", ("PUBLIC",), STARTS)
PRESALE = Sale("pre", "Z7r9", "Lantern Verified Fan Presale", ("VF",), STARTS)


def fan(name: str, *methods: str, sale: str = "pub", event: str = "Z7r9", **more: Any) -> dict[str, Any]:
    """The demand row; sms where no method is named."""
    found = methods or ("sms",)
    addresses = {
        "phone": f"+1212555{number(name):04}" if "sms" in found else None,
        "email": f"{name}@example.com" if "email" in found else None,
    }
    return Demand(name, event, sale, found, OPENED, **(addresses | more)).row()


def number(name: str) -> int:
    return sum(map(ord, name)) % 10_000


def of_shard(shard: int, count: int) -> list[str]:
    """Names of fans whose demand lies in a shard, in the order of the index."""
    names = (f"f{number:04}" for number in range(100_000))
    found = (name for name in names if shard_of(name) == shard)
    return [next(found) for _ in range(count)]


def everybody(world: Any, sale: str = "pub", at: datetime = OPENED, **more: Any) -> list[dict[str, Any]]:
    """The messages of a run that somebody waits for."""
    shards = {shard_of(row["fanId"]) for row in world.rows("demand")}
    return [shard_message(shard, sale, at, **more) for shard in sorted(shards)]


def shard_message(shard: int, sale: str = "pub", at: datetime = OPENED, **more: Any) -> dict[str, Any]:
    told = {"time": iso(at), "eventId": "Z7r9", "saleId": sale, "shard": shard, "mark": iso(at), "until": iso(STARTS)}
    return {name: value for name, value in (told | more).items() if value is not None}


def fans_message(*fans: str, sale: str = "pub", at: datetime = OPENED, **more: Any) -> dict[str, Any]:
    return {"time": iso(at), "eventId": "Z7r9", "saleId": sale, "fanIds": list(fans), "insteadOf": [], **more}


def records(*bodies: Mapping[str, Any] | str) -> list[dict[str, Any]]:
    """As Lambda is handed them, queued just now."""
    queued = str(round(time.time() * 1000))
    return [
        {
            "messageId": f"m{place}",
            "receiptHandle": f"r{place}",
            "body": body if isinstance(body, str) else json.dumps(body),
            "attributes": {"SentTimestamp": queued, "ApproximateReceiveCount": "1"},
            "messageAttributes": {"queuedAt": {"dataType": "Number", "stringValue": queued}},
            "eventSource": "aws:sqs",
        }
        for place, body in enumerate(bodies)
    ]

"""Changes of the Demand table as its stream hands them to Lambda, and rows of it that tests begin with."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from notifications_world import (
    DEMAND,
    GENERATION,
    OUTBOX,
    SHORT_URLS,
    STATE,
    NotificationsWorld,
)

from adapters.aws.attribute_values import encode_item
from domain.notifications.demand import Demand
from domain.notifications.events import Event, Sale
from domain.notifications.instants import iso
from domain.notifications.keys import Key, scheduler_mark

OPENED = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)  # 09:30 in Los Angeles
STARTS = OPENED + timedelta(minutes=30)
EVENT = Event("Z7r9", "Lantern", "https://tickets.example.com/e/Z7r9", OPENED, OPENED, artist="Lantern")
SALE = Sale("s1", "Z7r9", "Lantern Presale", ("VF",), STARTS)
NOTIFIED = "notification#Z7r9-s1#sms"
PHONE = "+12125550123"
RUN = {
    **scheduler_mark().attributes(),
    "claimed": iso(STARTS),
    "until": iso(OPENED),
}  # of the state table: the window is open


def changed(
    row: Mapping[str, Any], number: int = 1, *, name: str = "INSERT", at: datetime = OPENED, old: Any = None
) -> dict[str, Any]:
    """`number`: its sequence number."""
    images = {"OldImage": old} if name == "REMOVE" else {"NewImage": row} | ({"OldImage": old} if old else {})
    return {
        "eventID": f"{number:032x}",
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "ApproximateCreationDateTime": int(at.timestamp()),
            "Keys": encode_item({name: row[name] for name in ("PK", "SK") if name in row}),
            **{image: encode_item(item) for image, item in images.items()},
            "SequenceNumber": str(number),
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


def notification(fan: str = "f1", status: str = "CREATED", at: datetime = OPENED, **more: Any) -> dict[str, Any]:
    return {
        "PK": f"fan:{fan}",
        "SK": NOTIFIED,
        "type": "notification",
        "fanId": fan,
        "phoneNumber": PHONE,
        "status": {"id": status, "date": iso(at)},
        "rev": 1,
        **more,
    }


def wanted(fan: str = "f1", sale: str = "s1", at: datetime = OPENED) -> dict[str, Any]:
    return Demand(fan, "Z7r9", sale, ("sms",), at, PHONE).row()


def emptied(world: NotificationsWorld) -> NotificationsWorld:
    """A world as it was in the beginning, the rate and what waits in queues included: it takes longer to make than most tests run."""
    for table in (DEMAND, STATE):
        for row in world.rows(table=table):
            world.forget(Key(row["PK"], row["SK"]), table)
    for queue in (GENERATION, OUTBOX, SHORT_URLS):
        world.messages(queue)
    world.calls.made.clear()
    return world

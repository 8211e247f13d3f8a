"""Events on sale at a vendor, and runs of the scheduler that open their windows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from notifications_world import STATE, NotificationsWorld
from sale_fans import OPENED, STARTS

from domain.notifications.instants import iso
from domain.notifications.keys import scheduler_mark
from handlers.notifications import notification_scheduler as scheduler
from sandbox.discovery import DiscoveryServer
from sandbox.sample.events import event_document

ANOTHER_WALL = datetime(2030, 1, 1, tzinfo=UTC)


def on_sale(vendor: DiscoveryServer, id: str = "Z7r9", at: datetime = STARTS, **more: Any) -> None:
    """The event as the vendor has it, and as an earlier look has left it in the table."""
    vendor.add(event_document(id, artist="Lantern", onsale=at, **more))
    scheduler.live().details.get(id, now=OPENED - timedelta(hours=2))


def run(at: datetime = OPENED, desk: Any = None, wall: datetime = ANOTHER_WALL, **event: Any) -> dict[str, Any]:
    told = {"scheduledTime": iso(at), **event}
    return scheduler.notification_scheduler(told, wall, desk=desk or scheduler.live())


def mark(world: NotificationsWorld) -> tuple[str | None, str | None]:
    row = world.row(scheduler_mark(), STATE) or {}
    return row.get("claimed"), row.get("until")


def sales(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(it["eventId"], it["saleId"]) for it in answer["sales"]]

"""The cache of events on moto, with the vendor's stand-in behind it, and a clock that only pauses move."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any, Self

from memory_dynamodb import MemoryDynamoDB
from memory_items import Table
from notifications_world import DEMAND, STATE, NotificationsWorld, notifications_world

from adapters.aws.vendor_quota import VendorQuota
from domain.notifications.keys import Key, event_row, event_state, sale_row
from handlers.notifications.events.details import Details
from handlers.notifications.events.wiring import details
from handlers.notifications.settings import EventDetailsSettings
from sandbox.discovery import GIVEN, DiscoveryServer
from sandbox.outside import OutsideFaults
from sandbox.sample.events import event_document

NOW = datetime(2026, 12, 4, 9, 30, tzinfo=UTC)
ONSALE = NOW + timedelta(days=2)
EVENT = "vvG1zZ9kXbQ2aB"
PRESALE = "Verified Fan Presale"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class CachedEvents:
    """`seconds` is the wall's clock, of leases and of the vendor's rate."""

    world: NotificationsWorld
    vendor: DiscoveryServer
    seconds: float = NOW.timestamp()

    def __post_init__(self) -> None:
        self._made = details(EventDetailsSettings.from_env())  # clients of AWS are slow to make
        self.details = self.worker()

    def anew(self) -> Self:
        """As it was in the beginning: a world takes longer to make than most tests run."""
        for table in (DEMAND, STATE):
            for row in self.world.rows(table=table):
                self.world.forget(Key(row["PK"], row["SK"]), table)
        self.vendor.documents.clear()
        self.vendor.calls.clear()
        self.vendor.faults, self.vendor.key, self.vendor.rate = OutsideFaults(), GIVEN, None
        self.seconds += 3600
        self.details = self.worker()
        self.calls()
        return self

    def worker(self, **changes: Any) -> Details:
        """Another process with the same tables."""
        made = self._made
        quota: VendorQuota = made.vendor.quota
        window = replace(quota.window, clock=self.clock, sleep=self.pause)
        tokens = replace(made.vendor.discovery.tokens, _held={})
        discovery = replace(made.vendor.discovery, clock=self.clock, tokens=tokens)
        quota = replace(quota, window=window, **changes.pop("quota", {}))
        vendor = replace(made.vendor, discovery=discovery, quota=quota)
        flights = replace(made.flights, clock=self.clock)
        timing = {"clock": self.clock, "sleep": self.pause}
        return replace(made, vendor=vendor, flights=flights, **{**timing, **changes})

    def in_memory(self, **changes: Any) -> Details:
        """A worker of many threads with tables of its own, which moto's are not made for."""
        tables: Any = MemoryDynamoDB({name: Table() for name in (DEMAND, STATE)})
        made = self.worker(**changes)
        quota = made.vendor.quota
        window = replace(quota.window, dynamodb=tables)
        vendor = replace(made.vendor, quota=replace(quota, dynamodb=tables, window=window))
        rows, flights = replace(made.rows, dynamodb=tables), replace(made.flights, dynamodb=tables)
        return replace(made, rows=rows, flights=flights, vendor=vendor)

    def clock(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.seconds += seconds

    @property
    def asked(self) -> int:
        """Calls of the vendor so far."""
        return sum(self.vendor.calls.values())

    def add(self, id: str = EVENT, **changes: Any) -> str:
        told: dict[str, Any] = {"artist": "Beyoncé", "onsale": ONSALE, "presales": {PRESALE: ONSALE - DAY}, **changes}
        return self.vendor.add(event_document(id, **told))

    def event(self, id: str = EVENT) -> dict[str, Any]:
        row = self.world.row(event_row(id))
        assert row is not None
        return row

    def sale(self, sale: str, id: str = EVENT) -> dict[str, Any]:
        row = self.world.row(sale_row(id, sale))
        assert row is not None
        return row

    def state(self, id: str = EVENT) -> dict[str, Any]:
        return self.world.row(event_state(id), STATE) or {}

    def calls(self) -> list[str]:
        """Of AWS, since they were asked for last."""
        made, self.world.calls.made[:] = list(self.world.calls.made), []
        return made


@contextmanager
def cached_events(
    *handlers: ModuleType, vendor: DiscoveryServer | None = None, **settings: str
) -> Iterator[CachedEvents]:
    with (
        vendor or DiscoveryServer() as stand_in,
        notifications_world(*handlers, DISCOVERY_URL=stand_in.endpoint, **settings) as world,
    ):
        yield CachedEvents(world, stand_in)

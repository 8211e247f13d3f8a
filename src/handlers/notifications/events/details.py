"""An event's id in, the event and its sales out: from the table where it is fresh, else from the vendor, whom one caller asks for all."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.aws.event_flights import EventFlights, Flight, Standing
from adapters.aws.event_rows import EventRows
from adapters.http.discovery import NotFound, checked_id
from domain.errors import Unavailable
from domain.notifications.events import Event, Sale
from domain.notifications.freshness import FAILURE, NEGATIVE, Need, lately, need
from domain.notifications.refreshed import Kept
from handlers.notifications.events.flying import Outcome, fly
from handlers.notifications.events.telling import told
from handlers.notifications.events.vendor import Vendor

__all__ = ["Details", "Found", "NotFound"]

# Seconds that a caller waits for another one's flight. It may get its own then: 3.5 s for an instant, 4 s for the call, so a
# function of 15 s holds it all.
PATIENCE = 4.0
FIRST, LONGEST = 0.08, 0.4  # seconds between two looks at whether it has landed


@dataclass(frozen=True, slots=True)
class Found:
    """`stale`: it is older than was asked for, since the vendor gives no answer. Sales by their start."""

    event: Event
    sales: tuple[Sale, ...]
    stale: bool = False


@dataclass(frozen=True)
class Details:
    """GetAndCacheEventDetails. `patience`: seconds to wait for another caller's answer."""

    rows: EventRows
    flights: EventFlights
    vendor: Vendor
    patience: float = PATIENCE
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def get(self, event_id: str, *, now: datetime, fresher_than: timedelta | None = None) -> Found:
        """What is kept, asked about anew where it is older than `fresher_than` (else: than `freshness.SOFT`, and by one caller only).

        NotFound: the vendor has none, and we never had it. Rejected: no id. Unavailable: nothing is kept, and the vendor, its
        quota or our tables do not answer. An event that has gone at the vendor is found as cancelled.
        """
        standing = self.flights.read(checked_id(event_id))
        kept = self.rows.read(event_id)  # after it: so they are no older than it says
        wanted = self._need(kept, standing, now, fresher_than)
        if wanted is Need.NONE:
            return self._found(kept, "EventHits")
        return self._asked(event_id, kept, standing, wanted, now, fresher_than)

    def _asked(
        self,
        event_id: str,
        kept: Kept,
        standing: Standing,
        wanted: Need,
        now: datetime,
        fresher_than: timedelta | None,
    ) -> Found:
        """By whoever gets the flight; others are served what is old but good, or wait for it."""
        until, looks = self.clock() + self.patience, 0
        while True:
            if lately(standing.missing, now, NEGATIVE) and not kept.there:
                raise NotFound(f"event {event_id}: the vendor has none")
            if lately(standing.failed, now, FAILURE):
                return self._without(event_id, kept)
            if flight := self.flights.claim(event_id, standing, now):
                return self._flown(flight, now)
            if wanted is Need.SOON:
                return self._found(kept, "EventHits")
            if self.clock() > until:
                return self._without(event_id, kept)
            self._pause(looks)
            looks, standing = looks + 1, self.flights.read(event_id)
            if need(standing.checked, now, fresher_than) is Need.NONE:
                kept = self.rows.read(event_id)
                if kept.there:  # and nobody has deleted them since
                    return self._found(kept, "EventHits")

    def _flown(self, flight: Flight, now: datetime) -> Found:
        outcome, kept = fly(flight, now, self.rows, self.flights, self.vendor)
        if outcome is Outcome.MISSING:
            told("EventsMissing")
            raise NotFound(f"event {flight.event}: the vendor has none")
        if outcome is Outcome.FAILED:
            return self._without(flight.event, kept)
        return self._found(kept, "EventRefreshes")

    def _need(self, kept: Kept, standing: Standing, now: datetime, fresher_than: timedelta | None) -> Need:
        """What the rows and the state tell, the better of both: rows that stayed as they were do not tell of the last question."""
        if not kept.there:
            return Need.NOW
        found = {need(at, now, fresher_than) for at in (kept.checked, standing.checked)}
        return next(it for it in (Need.NONE, Need.SOON, Need.NOW) if it in found)

    def _found(self, kept: Kept, metric: str, *, stale: bool = False) -> Found:
        event, sales = kept.read()
        assert event is not None
        told(metric)
        return Found(event, sales, stale)

    def _without(self, event_id: str, kept: Kept) -> Found:
        """The vendor gives no answer: what is kept, if anything is."""
        if not kept.there:
            raise Unavailable(f"event {event_id}: the vendor gives no answer, and nothing is kept of it")
        return self._found(kept, "EventsStale", stale=True)

    def _pause(self, looks: int) -> None:
        self.sleep((0.5 + self.chance() / 2) * min(LONGEST, FIRST * 2**looks))

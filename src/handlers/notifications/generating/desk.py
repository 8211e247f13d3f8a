"""Everything that generation reaches, the time it has, and what it has done so far."""

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from adapters.aws.event_rows import EventRows
from adapters.aws.notification_rows import NotificationRows
from adapters.aws.notification_writes import NotificationWrites
from adapters.aws.outbox import Outbox
from adapters.aws.sale_demand import SaleDemand
from adapters.aws.short_urls import ShortUrls
from adapters.files.reminder_texts import ReminderTexts
from domain.notifications.rules import Rules

AT_ONCE = 16  # writes, and the connections that are kept for them
WORK = 200.0  # seconds after which a message goes on in another one; the function's time is 300


@dataclass(frozen=True)
class Desk:
    """`patience`: how long a sale's reminders wait for a short link; `batch`: demand rows of one message."""

    events: EventRows
    demand: SaleDemand
    notifications: NotificationRows
    writes: NotificationWrites
    links: ShortUrls
    queue: Outbox
    texts: ReminderTexts
    rules: Rules
    links_url: str
    patience: timedelta
    batch: int
    pool: ThreadPoolExecutor


@dataclass(frozen=True, slots=True)
class Clock:
    """A message's own time: `start`, and what has passed since. `seconds` counts on, from `began`."""

    start: datetime
    seconds: Callable[[], float]
    began: float

    @property
    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds() - self.began)

    @property
    def over(self) -> bool:
        return self.seconds() - self.began > WORK


@dataclass(slots=True)
class Tally:
    """Notifications by what became of them, and fans (or ways to reach them) that got none, by reason."""

    written: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)

    def counts(self) -> Mapping[str, Any]:
        return {**self.written, "skipped": {reason: count for reason, count in self.skipped.items() if count}}

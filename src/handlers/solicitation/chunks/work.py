"""A message of the outbox and the clock of its delivery in, the chunk it points to as one piece of work out."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from adapters.aws.batch_items import Backoff
from adapters.aws.deliveries import Deliveries, delivery_keys
from adapters.aws.kill_switch import KillSwitch
from adapters.aws.link_keys import LinkKeys
from adapters.aws.mailer import Mailer
from adapters.aws.one_time_schedules import OneTimeSchedules
from adapters.aws.outbox import Outbox
from adapters.aws.outcomes import Outcomes
from adapters.aws.rate_window import RateWindow
from adapters.aws.reservations import Reservations
from adapters.aws.send_facts import SendFacts
from adapters.aws.work_files import WorkFiles
from adapters.files.mail_templates import MailTemplates
from domain.errors import Rejected
from domain.solicitation.campaign_records import settled
from domain.solicitation.delivery import Recipient, Status
from domain.solicitation.program import Program
from domain.solicitation.sending import LEASE, WORK, milliseconds
from domain.solicitation.stored import iso


@dataclass(frozen=True)
class Desk:
    """Everything that sending reaches. `engage_url` is the pages' address, `backoff` paces what is tried again."""

    files: WorkFiles
    deliveries: Deliveries
    facts: SendFacts
    reservations: Reservations
    outcomes: Outcomes
    kill_switch: KillSwitch
    window: RateWindow
    mailer: Mailer
    templates: MailTemplates
    link_keys: LinkKeys
    engage_url: str
    outbox: Outbox
    schedules: OneTimeSchedules
    backoff: Backoff


@dataclass(frozen=True, slots=True)
class Clock:
    """The time at the message's source: `start` when work on it began, going on with `seconds`, which never go back."""

    start: datetime
    seconds: Callable[[], float]
    began: float

    @property
    def now(self) -> datetime:
        return self.start + self.passed

    @property
    def passed(self) -> timedelta:
        return timedelta(seconds=self.seconds() - self.began)

    @property
    def left(self) -> float:
        """Seconds of work, before the function's time is over."""
        return (WORK - self.passed).total_seconds()


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the outbox. `check`: only look what became of unknown outcomes, the first of which was seen at `first_seen`."""

    campaign: str
    chunk: str
    scheduled: datetime
    check: bool = False
    first_seen: str | None = None

    @classmethod
    def of(cls, body: str) -> "Message":
        """Rejected: no message of ours."""
        try:
            told = orjson.loads(body)
            return cls(
                told["campaign"],
                told["chunk"],
                datetime.fromisoformat(told["scheduledTime"]),
                bool(told.get("check")),
                told.get("firstSeen"),
            )
        except (ValueError, TypeError, KeyError) as error:
            raise Rejected(f"no message of the outbox: {type(error).__name__}") from error

    def again(self, at: datetime, **more: Any) -> dict[str, Any]:
        """The message that continues this one; its clock goes on from `at`."""
        return {"campaign": self.campaign, "chunk": self.chunk, "scheduledTime": iso(at), **more}


@dataclass
class Tally:
    """What became of a chunk's recipients at this delivery of its message, for metrics and the log."""

    moved: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    put_off: Counter[str] = field(default_factory=Counter)  # the chunk as a whole, by what forbade to go on
    unsettled: list[str] = field(default_factory=list)  # the deliveries whose unknown outcome is reported now


@dataclass(frozen=True, slots=True)
class Chunk:
    """At most fifty recipients of one campaign; `record` is the campaign's item, `holder` names this worker and no other."""

    message: Message
    record: Mapping[str, Any]
    program: Program
    recipients: tuple[Recipient, ...]
    holder: str
    clock: Clock
    tally: Tally

    @property
    def shadow(self) -> bool:
        return bool(self.record["shadow"])

    def reserved(self, recipient: Recipient) -> dict[str, Any]:
        """A delivery's first row: reserved, and in our hands."""
        at = self.clock.now
        row = self.written_off(recipient, "RESERVED", "")
        del row["reason"]
        lease = milliseconds(at + LEASE)
        return {**row, "reservedAt": iso(at), "holder": self.holder, "leaseUntil": lease}

    def written_off(self, recipient: Recipient, status: Status, reason: str) -> dict[str, Any]:
        """The row of a recipient who gets no mail."""
        row = settled(recipient, self.record, status, reason, self.clock.now)
        return {**row, **delivery_keys(row)}

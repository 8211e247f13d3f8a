"""Everything that sending reaches, and the two ways of contact behind one port."""

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Protocol, TypeVar

from adapters.aws.batch_items import Backoff
from adapters.aws.demand_dates import DemandDates
from adapters.aws.kill_switch import KillSwitch
from adapters.aws.notification_rows import NotificationRows
from adapters.aws.opt_out_list import OptOutList
from adapters.aws.outbox import Outbox
from adapters.aws.rate_window import RateWindow
from adapters.aws.send_checks import SendChecks
from domain.notifications.classifying import Fate, SendingRules
from domain.notifications.statuses import Row

T = TypeVar("T")
R = TypeVar("R")
AT_ONCE = 16  # calls that begin within a grant's GUARD, and the connections that are kept for them


class Channel(Protocol):
    """One way of contact. A notification takes `parts` of the `rate` that its `window` shares."""

    @property
    def window(self) -> RateWindow: ...

    def rate(self) -> float:
        """Parts a second; 0: nothing may be sent now. Unavailable: nobody knows."""
        ...

    def most(self) -> int:
        """Notifications of one slice."""
        ...

    def parts(self, row: Row) -> int: ...

    def prepared(self, row: Row, now: datetime) -> Any:
        """What its call needs. Rejected: it can never be sent. Unavailable: nothing can be sent now."""
        ...

    def call(self, things: Sequence[Any], nows: Sequence[Callable[[], datetime]], may_begin: "MayBegin") -> list[Fate]:
        """What became of each, in their order; nothing that was begun raises."""
        ...


class MayBegin(Protocol):
    """Whether the call for the n-th thing may begin now: None, or why it is not made."""

    def __call__(self, number: int) -> Fate | None: ...


def together(work: Callable[[T], R], some: Iterable[T]) -> list[R]:
    """In as many threads as a slice has calls."""
    return list(_pool().map(work, some))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="sending")


class Together(Protocol):
    def __call__(self, work: Callable[[T], R], some: Iterable[T], /) -> list[R]: ...


@dataclass(frozen=True)
class Desk:
    """`channels` by contact method. `clock` in epoch seconds, the one that grants are made by; `put_off` lets the message of a receipt
    come again after so many seconds.
    """

    rows: NotificationRows
    checks: SendChecks
    kill_switch: KillSwitch
    dates: DemandDates
    opt_outs: OptOutList
    generation: Outbox
    rules: SendingRules
    channels: Mapping[str, Channel]
    put_off: Callable[[str, float], object]
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    together: Together = together
    backoff: Backoff = field(default_factory=lambda: Backoff(base=0.1, most=2.0))

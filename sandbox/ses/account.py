"""What an account may send: mails in, yes or the reason of a no out; and how many it was asked to send in any second."""

import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

DAY = timedelta(days=1)


@dataclass
class Account:
    """`rate` mails in any second of the real clock, `quota` in any 24 hours of the sandbox's.

    `verified` are the addresses and domains that may send (None: all); `throttles` says what meets a mail over the rate: "entries"
    (ACCOUNT_THROTTLED for those over it) or "call" (TooManyRequestsException, and none of the call's mails is taken).
    """

    rate: float = 14.0
    quota: float = 50_000.0
    enabled: bool = True
    verified: frozenset[str] | None = None
    configuration_sets: frozenset[str] | None = None
    throttles: str = "entries"
    clock: Callable[[], float] = time.monotonic
    throttled: int = 0
    _asked: list[float] = field(default_factory=list, repr=False)
    _taken: deque[float] = field(default_factory=deque, repr=False)
    _day: deque[datetime] = field(default_factory=deque, repr=False)

    def over_rate(self, mails: int) -> bool:
        """Whether taking so many more now would be over the rate; a call that is refused as a whole counts as asked."""
        over = len(self._last_second()) + mails > self.rate
        if over:
            self._asked += [self.clock()] * mails
            self.throttled += mails
        return over

    def take(self, now: datetime) -> str | None:
        """Take one mail, or the status that refuses it."""
        at = self.clock()
        self._asked.append(at)
        taken = self._last_second()
        if len(taken) + 1 > self.rate:
            self.throttled += 1
            return "ACCOUNT_THROTTLED"
        if self.sent_last_day(now) + 1 > self.quota:
            return "ACCOUNT_DAILY_QUOTA_EXCEEDED"
        taken.append(at)
        self._day.append(now)
        return None

    def sent_last_day(self, now: datetime) -> int:
        while self._day and self._day[0] <= now - DAY:
            self._day.popleft()
        return len(self._day)

    def peak(self) -> int:
        """The most mails that the account was asked to take in any one second, whether it took them or not."""
        asked = sorted(self._asked)
        return max((n - bisect_right(asked, at - 1.0) for n, at in enumerate(asked, start=1)), default=0)

    def asked(self) -> tuple[float, ...]:
        """When each mail was asked to be sent, in seconds of the real clock."""
        return tuple(self._asked)

    def may_send(self, address: str) -> bool:
        return self.verified is None or not self.verified.isdisjoint({address, address.rpartition("@")[2]})

    def described(self, now: datetime) -> dict[str, Any]:
        """As GetAccount answers."""
        return {
            "DedicatedIpAutoWarmupEnabled": False,
            "EnforcementStatus": "HEALTHY",
            "ProductionAccessEnabled": True,
            "SendQuota": {
                "Max24HourSend": self.quota,
                "MaxSendRate": self.rate,
                "SentLast24Hours": float(self.sent_last_day(now)),
            },
            "SendingEnabled": self.enabled,
            "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
        }

    def _last_second(self) -> deque[float]:
        while self._taken and self._taken[0] <= self.clock() - 1.0:
            self._taken.popleft()
        return self._taken

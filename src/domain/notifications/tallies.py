"""A sale's notifications in, how many of them stand where and why out: every one is in exactly one place."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.notifications.instants import moment
from domain.notifications.statuses import FINAL, status_of


@dataclass
class Tally:
    """`ways`: by method and status. `reasons`: of those that failed or expired. Seconds are from creation to delivery."""

    statuses: Counter[str] = field(default_factory=Counter)
    ways: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: float = 0.0
    longest: float = 0.0

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            status = status_of(row)
            self.statuses[status] += 1
            self.ways[str(row.get("contactMethod")), status] += 1
            if status in ("FAILED", "EXPIRED", "UNKNOWN"):
                self.reasons[status, str((row.get("errors") or [{}])[-1].get("reason", "unknown"))] += 1
            if status == "DELIVERED":
                self._time(row["date"])

    @property
    def total(self) -> int:
        return self.statuses.total()

    @property
    def open(self) -> int:
        """Those that have not come to an end."""
        return sum(count for status, count in self.statuses.items() if status not in FINAL)

    @property
    def delivery_rate(self) -> float | None:
        """Delivered of all that came to an end; None where none has."""
        ended = self.total - self.open
        return self.statuses["DELIVERED"] / ended if ended else None

    @property
    def average_seconds(self) -> float | None:
        delivered = self.statuses["DELIVERED"]
        return self.seconds / delivered if delivered else None

    def _time(self, date: Mapping[str, str]) -> None:
        took = max(0.0, (moment(date["delivered"]) - moment(date["created"])).total_seconds())  # two machines' clocks
        self.seconds += took
        self.longest = max(self.longest, took)

    def document(self) -> dict[str, Any]:
        """For scripts."""
        reasons: dict[str, dict[str, int]] = {}
        for (status, reason), count in sorted(self.reasons.items()):
            reasons.setdefault(status, {})[reason] = count
        return {
            "notifications": self.total,
            "statuses": dict(sorted(self.statuses.items())),
            "reasons": reasons,
            "deliveryRate": self.delivery_rate,
            "averageSeconds": self.average_seconds,
            "longestSeconds": self.longest,
        }

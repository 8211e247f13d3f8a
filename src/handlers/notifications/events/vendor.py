"""An event's id and what is kept of it in, what the vendor makes of it out, within the quota that all workers share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.aws.vendor_quota import Busy, VendorQuota
from adapters.http.discovery import Discovery
from adapters.http.outside import Throttled
from domain.errors import Rejected, Unavailable
from domain.notifications.normalise import Normalised, normalise
from domain.notifications.refreshed import Kept
from domain.notifications.rules import Rules


@dataclass(frozen=True)
class Vendor:
    """`share`: of the day's calls, what all may have used when this one calls; `patience`: seconds for an instant to call at."""

    discovery: Discovery
    quota: VendorQuota
    rules: Rules
    share: float = 1.0
    patience: float = 0.5

    def ask(self, event_id: str, now: datetime, in_time: Callable[[], bool]) -> dict[str, Any]:
        """The vendor's document; `in_time` is looked at right before the call. NotFound. Spent, Busy: not asked. Unavailable: no answer."""
        self.discovery.key(now)  # a call that could not be made is not counted, and one that can begins at its instant
        self.quota.take(now, share=self.share, patience=self.patience)
        if not in_time():
            raise Busy(f"asking about event {event_id}: it took too long to begin")
        try:
            return self.discovery.event(event_id, now)
        except Throttled as wait:
            self.quota.block(now, wait.seconds)
            raise

    def read(self, event_id: str, document: dict[str, Any], kept: Kept, now: datetime) -> Normalised:
        """Kept under the id that was asked for, by whatever id the vendor calls it. Unavailable: the answer is no event."""
        try:
            return normalise({**document, "id": event_id}, now, self.rules, kept.read()[1])
        except Rejected as reason:
            raise Unavailable(f"event {event_id}: the vendor's answer is none, {reason}") from reason

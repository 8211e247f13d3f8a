"""What was seen of a delivery in, what that changes out: its timeline, its status, raw and human counts, earlier verdicts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from domain.solicitation.delivery import REFUSED
from domain.solicitation.machines import SWEEP, Mark, why_in_company, why_machine
from domain.solicitation.stored import iso

# From SES: sent … rejected. From our own pages: opened is the pixel, clicked the redirect, trapped the hidden link, unsubscribe_viewed
# a GET of the unsubscribe page (a link like the others to a scanner), unsubscribed the POST. An answer is counted where it is stored.
Kind = Literal[
    "sent",
    "delivered",
    "delayed",
    "bounced",
    "soft_bounced",
    "complained",
    "rejected",
    "opened",
    "clicked",
    "trapped",
    "unsubscribe_viewed",
    "unsubscribed",
]
# Whose first instant stands in the timeline; all but a soft bounce are counted by delivery.
TIMELINE = {
    "delivered": "delivered",
    "bounced": "bounced",
    "soft_bounced": "softBounced",
    "complained": "complained",
    "opened": "opened",
    "clicked": "clicked",
    "unsubscribed": "unsubscribed",
}
UNCOUNTED = "soft_bounced"
REPEATED = {"opened": "Opens", "clicked": "Clicks"}  # counted each time, raw and human
ACCEPTED = frozenset(
    {"sent", "delivered", "delayed", "bounced", "soft_bounced", "complained"}
)  # SES had taken the mail
UNSETTLED = frozenset({"SENDING", "UNKNOWN"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One event of a delivery. `unique` tells it from others of its kind and instant: a request id, or SES's message id.

    `machine` and `why` are what the request alone shows; what came near it may show more. `accepted`: when SES took the mail.
    """

    kind: Kind
    at: datetime
    machine: bool
    why: str | None
    unique: str
    accepted: datetime | None = None

    @classmethod
    def of_request(cls, kind: Kind, at: datetime, unique: str, method: str, headers: Mapping[str, str]) -> "Seen":
        """A request to one of our own pages, and whether it is a machine's by itself; header names in lower case."""
        why = "hidden_link" if kind == "trapped" else why_machine(method, headers)
        return cls(kind, at, why is not None, why, unique)

    @property
    def sort_key(self) -> str:
        return f"EVENT#{instant(self.at)}#{self.kind}#{self.unique}"

    @property
    def mark(self) -> Mark:
        return Mark(self.kind, self.at, self.machine, self.why)


@dataclass(frozen=True, slots=True)
class Effects:
    """What one event changes, all at once or not at all.

    `seen` is the event with its verdict; `corrected` are earlier ones now known to be a machine's. `settled` are attributes of a
    delivery whose outcome the event settles, `first` new first instants of its timeline, `added` what moves in its own counts,
    `counted` what moves in the campaign's.
    """

    seen: Seen
    corrected: tuple[Seen, ...]
    settled: Mapping[str, Any]
    first: Mapping[str, str]
    added: Mapping[str, int]
    counted: Mapping[str, int]


def effects(delivery: Mapping[str, Any], near: Sequence[Seen], seen: Seen) -> Effects:
    """The effects of `seen` on a delivery as it stands, `near` being the events that `surroundings` asks for."""
    company = [other.mark for other in (*near, seen)]
    delivered = _delivered(delivery, company)
    fresh = _judged(seen, company, delivered)
    corrected = tuple(
        now for before in near if (now := _judged(before, company, delivered)).machine and not before.machine
    )
    settled, counted = _settled(delivery, seen)
    timeline = delivery.get("timeline") or {}
    added = _added(fresh, corrected)
    counted.update(_campaign_counts(delivery, added))
    key = TIMELINE.get(seen.kind)
    if key and key not in timeline and seen.kind != UNCOUNTED:
        counted[seen.kind] += 1
    first = {key: iso(seen.at)} if key and iso(seen.at) < timeline.get(key, "~") else {}
    return Effects(fresh, corrected, settled, first, added, {name: n for name, n in counted.items() if n})


def surroundings(seen: Seen) -> tuple[str, str]:
    """The range of sort keys of the events that bear on this one; a late delivery event bears on all that came before it."""
    first = "EVENT#" if seen.kind == "delivered" else f"EVENT#{instant(seen.at - SWEEP)}"
    return first, f"EVENT#{instant(seen.at + SWEEP)}~"


def instant(at: datetime) -> str:
    """To the millisecond, since machines are told by less than a second."""
    utc = at.astimezone(UTC) + timedelta(microseconds=500)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def _judged(seen: Seen, company: Sequence[Mark], delivered: datetime | None) -> Seen:
    if seen.machine or seen.kind not in REPEATED:
        return seen
    why = why_in_company(seen.mark, company, delivered)
    return replace(seen, machine=True, why=why) if why else seen


def _delivered(delivery: Mapping[str, Any], company: Sequence[Mark]) -> datetime | None:
    """When the mail was delivered: to the millisecond if that event is near, else to the second; at the least, when it was sent."""
    near = [mark.at for mark in company if mark.kind == "delivered"]
    known = (delivery.get("timeline") or {}).get("delivered") or delivery.get("sentAt")
    return min(near) if near else datetime.fromisoformat(known) if known else None


def _settled(delivery: Mapping[str, Any], seen: Seen) -> tuple[dict[str, Any], Counter[str]]:
    """The delivery's new status and the campaign's moved counts; nothing where the outcome is known already."""
    status = delivery["status"]
    if status in UNSETTLED and seen.kind in ACCEPTED:
        settled, counted = (
            {"status": "SENT", "sentAt": iso(seen.accepted or seen.at), "messageId": seen.unique},
            Counter(sent=1),
        )
    elif status in UNSETTLED | {"SENT"} and seen.kind == "rejected":
        settled, counted = {"status": "FAILED", "reason": REFUSED}, Counter(failed=1)
    else:
        return {}, Counter()
    counted[{"UNKNOWN": "unknown", "SENT": "sent"}.get(status, "")] -= 1
    counted.pop("", None)
    return settled, counted


def _added(fresh: Seen, corrected: Sequence[Seen]) -> dict[str, int]:
    moved: Counter[str] = Counter()
    if suffix := REPEATED.get(fresh.kind):
        moved[f"raw{suffix}"] += 1
        moved[f"human{suffix}"] += not fresh.machine
    for seen in corrected:
        moved[f"human{REPEATED[seen.kind]}"] -= 1
    return dict(moved)


def _campaign_counts(delivery: Mapping[str, Any], added: Mapping[str, int]) -> Counter[str]:
    """Opens and clicks of the campaign, and how many deliveries have one of a person's."""
    counts: Counter[str] = Counter()
    for kind, suffix in REPEATED.items():
        counts[suffix.lower()] = added.get(f"raw{suffix}", 0)
        human = added.get(f"human{suffix}", 0)
        counts[f"{suffix.lower()}Human"] = human
        before = delivery.get(f"human{suffix}", 0)
        counts[f"{kind}Human"] = (before + human > 0) - (before > 0)
    return counts

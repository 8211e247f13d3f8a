"""Ranked candidates in, those who will be asked out; and for each who will not, the one reason."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from domain.solicitation.campaign_names import Namer
from domain.solicitation.delivery import (
    ANSWERED,
    ASKED,
    GONE,
    HOLDOUT,
    NO_ADDRESS,
    OPTED_OUT,
    OVER_LIMIT,
    OVER_SUBJECT_LIMIT,
    REFUSED,
    SUPPRESSED,
    TOO_LATE,
    Recipient,
    delivery_id,
)
from domain.solicitation.ranked import Facts, Ranked, Terms, Zone
from domain.solicitation.send_time import send_at
from domain.solicitation.stored import OPEN

MARKETPLACE_GONE = "marketplace_gone"  # the program no longer has it
# Why an earlier campaign gave a candidate up for good. A frequency cap or a late hour, for one, may be over by now.
LASTING = frozenset({NO_ADDRESS, SUPPRESSED, OPTED_OUT, REFUSED, ANSWERED, ASKED, GONE})
NOT_OPEN = {"ASKED": ASKED, "CONSUMED": ANSWERED}


class Selection:
    """Takes candidates in the order of their rank. `chosen` and `held_out` are the campaigns' recipients, in that order."""

    def __init__(self, terms: Terms, campaign_of: Namer) -> None:
        self.terms = terms
        self.campaign_of = campaign_of
        self.chosen: list[Recipient] = []
        self.held_out: list[Recipient] = []
        self.reasons: Counter[str] = Counter()
        self._of_subject: Counter[str] = Counter()
        self._instants: dict[str, datetime | None] = {}

    @property
    def full(self) -> bool:
        """Whether the limit is reached: who comes now is left out, whatever is known of them."""
        return len(self.chosen) + len(self.held_out) >= self.terms.limit

    def left_out(self, candidates: Iterable[Ranked], facts: Facts) -> Iterator[dict[str, Any]]:
        """Take the next candidates; a row for each of them that is not chosen, those held out among them."""
        for candidate in candidates:
            if candidate.score < self.terms.min_score:
                continue
            if reason := self._take(candidate, facts):
                self.reasons[reason] += 1
                yield self._row(candidate, reason)

    def _take(self, candidate: Ranked, facts: Facts) -> str | None:
        if self.full:
            return OVER_LIMIT
        if candidate.marketplace not in self.terms.homes:
            return MARKETPLACE_GONE
        id = delivery_id(self.terms.program, candidate.customer, candidate.subject)
        if reason := refusal(facts.standing.get((candidate.customer, candidate.subject)), facts.before.get(id)):
            return reason
        most = self.terms.limit_per_subject
        if most is not None and self._of_subject[candidate.subject] >= most:
            return OVER_SUBJECT_LIMIT
        zone = self._zone(candidate, facts)
        at = self._instant(zone)
        if at is None:
            return TOO_LATE
        if candidate.expires_at <= at.timestamp():
            return GONE
        self._of_subject[candidate.subject] += 1
        return self._place(recipient(id, candidate, zone, at))

    def _place(self, recipient: Recipient) -> str | None:
        if held_out(recipient.customer, self.terms.program, self.terms.holdout_share):
            self.held_out.append(recipient)
            return HOLDOUT
        self.chosen.append(recipient)
        return None

    def _zone(self, candidate: Ranked, facts: Facts) -> Zone:
        own = facts.zones.get(candidate.customer, self.terms.homes[candidate.marketplace])
        return self.terms.fixed or own

    def _instant(self, zone: Zone) -> datetime | None:
        if zone.name not in self._instants:
            terms = self.terms
            self._instants[zone.name] = send_at(terms.local_time, zone.rules, terms.day, terms.at, terms.late)
        return self._instants[zone.name]

    def _row(self, candidate: Ranked, reason: str) -> dict[str, Any]:
        known = candidate.marketplace in self.terms.homes
        return {
            "customer": candidate.customer,
            "subject": candidate.subject,
            "score": candidate.score,
            "marketplace": candidate.marketplace,
            "reason": reason,
            "campaign": self.campaign_of(candidate.marketplace, candidate.genre) if known else None,
        }


def refusal(status: str | None, before: tuple[str, str | None] | None) -> str | None:
    """Why a candidate may not be asked, by its own status (None: gone) and by what came of an earlier delivery."""
    if status != OPEN:
        return NOT_OPEN.get(status or "", GONE)
    if before is None or before[0] == "SHADOW":
        return None
    if before[0] == "SKIPPED":
        return before[1] if before[1] in LASTING else None
    return {"HOLDOUT": HOLDOUT, "FAILED": REFUSED}.get(before[0], ASKED)


def held_out(customer: str, program: str, share: float) -> bool:
    """Whether a customer belongs to the program's holdout: always the same customers, and those of a lesser share first."""
    digest = sha256(f"holdout\0{program}\0{customer}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def recipient(id: str, candidate: Ranked, zone: Zone, at: datetime) -> Recipient:
    return Recipient(
        delivery=id,
        customer=candidate.customer,
        subject=candidate.subject,
        subject_name=candidate.subject_name,
        subject_type=candidate.subject_type,
        marketplace=candidate.marketplace,
        score=candidate.score,
        zone=zone.name,
        send_at=at,
        expires_at=candidate.expires_at,
        genre=candidate.genre,
    )

"""A claimed notification and what became of its call in, its row as it then is out: sent, tried again later, or at its end."""

from datetime import datetime, timedelta
from typing import Any

from domain.notifications.claiming import deadline, ended, given_back, is_held_by
from domain.notifications.classifying import Fate, SendingRules
from domain.notifications.instants import iso
from domain.notifications.statuses import SALE_STARTED, SPENT, Row, Sighting, moved, seen

A_MOMENT = timedelta(seconds=1)  # until a call is tried again for which there was no room in the rate


def after(row: Row, fate: Fate, holder: str, now: datetime, rules: SendingRules, chance: float) -> Row:
    """`row` as it stands, which events may have moved since it was claimed; `chance` in [0, 1) spreads what is tried again.

    What was taken is seen as TRIGGERED even then, and what was refused as FAILED; all else says nothing that an event would not
    say better.
    """
    if fate.kind == "taken":
        told = seen(row, [Sighting("TRIGGERED", now)])
        return {**told, "providerId": fate.provider_id} if fate.provider_id and "providerId" not in told else told
    if not is_held_by(row, holder):
        return seen(row, [Sighting("FAILED", now, fate.error)]) if fate.kind in ("refused", "opted_out") else row
    if fate.kind == "too_late":
        return ended(given_back(row, now, now), "EXPIRED", SALE_STARTED, now)
    if fate.kind in ("held", "late"):
        wait = rules.held if fate.kind == "held" else A_MOMENT
        return given_back(row, now, now + max(wait, timedelta(seconds=fate.retry_after)))
    if fate.kind == "unknown":
        return moved(row, "UNKNOWN", now, lease=None, mayHaveSent=True, error=fate.error)
    if fate.kind in ("again", "apart"):
        return _again(row, fate, now, rules, chance)
    return moved(row, "FAILED", now, lease=None, error=fate.error)


def _again(row: Row, fate: Fate, now: datetime, rules: SendingRules, chance: float) -> Row:
    """One of a call in which something was wrong goes alone from now on."""
    told: dict[str, Any] = {"mayHaveSent": True} if fate.ambiguous else {}
    told |= {"alone": True} if fate.kind == "apart" else {}
    tried = moved(row, "RETRY", now, lease=None, error=fate.error, **told)
    if row["sendAttempts"] >= rules.attempts:
        return ended(tried, "FAILED", SPENT, now)
    at = now + delay(row["sendAttempts"], fate.retry_after, rules, chance)
    if at >= deadline(row):
        return ended(tried, "EXPIRED", SALE_STARTED, now)
    return {**tried, "notBefore": iso(at)}


def delay(attempts: int, retry_after: float, rules: SendingRules, chance: float) -> timedelta:
    """Exponential with full jitter, and never before the service wants it, after which some jitter spreads those who waited alike."""
    jitter: timedelta = min(rules.most, rules.base * 2.0**attempts) * chance
    return timedelta(seconds=retry_after) + jitter

"""A local time of day and a zone in, the UTC instant to send at out; and what becomes of an instant that has gone by."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

Late = Literal["next-day", "skip"]

STILL_GOOD = timedelta(hours=2)  # a mail this much late still comes at about the hour it was meant for
LATEST = timedelta(hours=4)  # late by STILL_GOOD, and as long in the queue: no call is begun after that
AHEAD = timedelta(minutes=2)  # a schedule is made for an instant to come; EventBridge Scheduler is right to a minute
DAY = timedelta(days=1)


def send_at(local_time: time, zone: tzinfo, day: date, now: datetime, late: Late) -> datetime | None:
    """When `local_time` of `day` comes round in `zone`, in UTC; if that is before `now`, the next one, or None to skip.

    A local time that a clock change leaves out counts by the offset before the change; one that comes twice is its first
    (RFC 5545, 3.3.5). `now` is aware; a local time of exactly `now` is in time.
    """
    at = instant(local_time, zone, day)
    if at >= now:
        return at
    return None if late == "skip" else next_at(local_time, zone, now)


def next_at(local_time: time, zone: tzinfo, now: datetime) -> datetime:
    """The first `local_time` in `zone` at or after `now`, in UTC."""
    today = now.astimezone(zone).date()
    # Yesterday's and the day after tomorrow's are looked at too: a clock change can carry a local time over midnight.
    days = (today + timedelta(days=shift) for shift in (-1, 0, 1, 2))
    return min(at for day in days if (at := instant(local_time, zone, day)) >= now)


def hour_is_over(local_time: time, zones: Iterable[tzinfo], now: datetime) -> bool:
    """Whether in each of the zones `local_time` came round too long ago for what was planned for it: it waits for the next."""
    return all(now - LATEST > last_at(local_time, zone, now) for zone in zones)


def last_at(local_time: time, zone: tzinfo, now: datetime) -> datetime:
    """The last `local_time` in `zone` at or before `now`, in UTC."""
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=shift) for shift in (-2, -1, 0, 1))
    return max(at for day in days if (at := instant(local_time, zone, day)) <= now)


def instant(local_time: time, zone: tzinfo, day: date) -> datetime:
    """The UTC instant of a local time; fold 0 is RFC 5545's reading of both gaps and overlaps (PEP 495)."""
    return datetime.combine(day, local_time.replace(fold=0), zone).astimezone(UTC)


def resumed_at(
    planned: datetime, local_time: time, zones: Iterable[tzinfo], now: datetime, late: Late
) -> datetime | None:
    """When to send what was planned for an instant, seen at `now`: then, at once, another day, or never (None).

    Up to two hours late is at once. Where zones that share the instant part ways by then, the last of them counts:
    no one is asked before the local time.
    """
    if planned >= now + AHEAD:
        return planned
    if planned >= now - STILL_GOOD:
        return whole_minute(now + AHEAD)
    return None if late == "skip" else max(next_at(local_time, zone, now + AHEAD) for zone in zones)


def whole_minute(at: datetime) -> datetime:
    """The next whole minute, or `at` if it is one."""
    return at + (datetime.min.replace(tzinfo=at.tzinfo) - at) % timedelta(minutes=1)

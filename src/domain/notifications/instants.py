"""Instants in, the one form of text that all rows of reminders have them in out, and back: such texts sort as times."""

from datetime import UTC, datetime

from domain.errors import Rejected


def iso(at: datetime) -> str:
    """`2026-12-04T18:00:00.000Z`: always 24 characters."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def moment(text: str) -> datetime:
    """An ISO 8601 instant as an aware datetime in UTC, whoever wrote it. Rejected: it is none, or says no zone."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):  # the last of a year 1 or 9999 that the zone leaves
        raise Rejected(f"{str(text)[:40]!r} is no instant: write it like 2026-12-04T18:00:00Z") from None
    raise Rejected(f"{text!r} has no zone: write it like 2026-12-04T18:00:00Z")

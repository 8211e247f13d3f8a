"""Numbers and texts that tell a time in, texts in UTC out: moments of 27 characters, and dates."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

# An epoch number says its unit by its magnitude: each of these lies in the year 5138.
UNITS = ((10**11, 1_000_000), (10**14, 1_000), (10**17, 1))  # (below this, microseconds in one)
MICROSECONDS = UNITS[1][0]  # from here on
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
USUAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?Z")
ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
DIGITS = re.compile(r"[0-9]{9,17}")  # fewer lie before 1973: 20261120 is rather a date


def moment(number: object) -> str:
    """Epoch seconds, milliseconds or microseconds as ISO 8601 in UTC: `2026-11-20T12:00:00.000000Z`.

    ValueError: it is no number of such a unit.
    """
    if (
        type(number) is not int or not MICROSECONDS <= number < UNITS[-1][0]
    ):  # our own table's stream tells microseconds
        number = _micros(number)
    seconds, micros = divmod(number, 1_000_000)
    return f"{_second(seconds)}.{micros:06d}Z"


def day_of(text: str) -> str:
    """The UTC date of a time, YYYY-MM-DD: ISO 8601 with a zone or without (then it is UTC), a date, or an epoch number.

    ValueError: it is none of these; the text is not in the message.
    """
    if USUAL.fullmatch(text):
        return _real(text[:10])
    return _other(text)


def _micros(number: object) -> int:
    if type(number) is int and number > 0:
        for limit, unit in UNITS:
            if number < limit:
                return number * unit
    if type(number) is float and 0 < number < UNITS[-1][0]:
        return round(number * next(unit for limit, unit in UNITS if number < limit))
    raise ValueError("no epoch number")


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=4096)
def _real(day: str) -> str:
    try:
        datetime.fromisoformat(day)
    except ValueError:
        raise ValueError("no date of the calendar") from None
    return day


@lru_cache(maxsize=4096)
def _other(text: str) -> str:
    if DIGITS.fullmatch(text):
        return moment(int(text))[:10]
    if not ISO.fullmatch(text):
        raise ValueError("no time or date")
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo is None else read.astimezone(UTC)).date().isoformat()
    except (ValueError, OverflowError):
        raise ValueError("no time of the calendar") from None

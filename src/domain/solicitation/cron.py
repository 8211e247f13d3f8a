"""An EventBridge cron expression in, or the field of it that EventBridge would refuse.

Six fields in UTC: minute, hour, day of month, month, day of week, year. Grammar: EventBridge Scheduler user guide,
"Schedule types"; one of the two day fields is `?`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from domain.errors import Rejected

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its bounds (inclusive), the names that stand for numbers, and what else it may hold."""

    name: str
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)
    special: str = r"(?!)"  # matches nothing
    optional: bool = False

    def refuse(self, text: str) -> str | None:
        """Why this field may not hold `text`, or None."""
        if text == "?":
            return None if self.optional else "may not be ?"
        reasons = (self._refuse_part(part) for part in text.split(","))
        return next((reason for reason in reasons if reason), None)

    def _refuse_part(self, part: str) -> str | None:
        if part == "*" or re.fullmatch(self.special, part):
            return None
        span, slash, step = part.partition("/")
        if slash and not (step.isascii() and step.isdigit() and int(step) > 0):
            return f"has the step {step!r}, which is no whole number above 0"
        if span == "*" and slash:
            return None
        values = [self._value(value) for value in span.split("-", 1)]
        if None in values or any(value is not None and not self.low <= value <= self.high for value in values):
            return f"is {part!r}, outside {self.low}-{self.high}"
        if any(first > last for first, last in pairwise(value for value in values if value is not None)):
            return f"is {part!r}, a range that runs backwards"
        return None

    def _value(self, text: str) -> int | None:
        named = self.names.get(text.upper())
        return named if named is not None else int(text) if text.isascii() and text.isdigit() else None


FIELDS: Sequence[Field] = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of month", 1, 31, special=r"L|LW|([1-9]|[12]\d|3[01])W", optional=True),
    Field("month", 1, 12, {name: number for number, name in enumerate(MONTHS, 1)}),
    Field(
        "day of week",
        1,
        7,
        {name: number for number, name in enumerate(DAYS, 1)},
        special=rf"(?i:L|([1-7]|{'|'.join(DAYS)})(L|#[1-5]))",
        optional=True,
    ),
    Field("year", 1970, 2199),
)


def check_cron(text: str) -> str:
    """The expression itself. Rejected: EventBridge would refuse it; the text names the field."""
    match = re.fullmatch(r"cron\((.*)\)", text)
    if not match:
        raise Rejected('is no cron expression; it looks like "cron(0 2 * * ? *)"')
    values = match[1].split()
    if len(values) != len(FIELDS):
        raise Rejected(f"has {len(values)} fields, not six: {', '.join(field.name for field in FIELDS)}")
    for known, value in zip(FIELDS, values, strict=True):
        if reason := known.refuse(value):
            raise Rejected(f"{known.name} {reason}")
    if (values[2] == "?") == (values[4] == "?"):
        raise Rejected("exactly one of day of month and day of week must be ?")
    return text

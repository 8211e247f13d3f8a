"""An EventBridge schedule expression in, its next moment in UTC out: cron(…), rate(…) and at(…), right across clock changes."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")  # 1 to 7
UNITS = {"minute": 60, "hour": 3600, "day": 86400}
LAST_YEAR = 2199

Days = Callable[[int, int], set[int]]  # year and month in, days of that month out


@dataclass(frozen=True, slots=True)
class Cron:
    """The sets a six-field cron expression stands for; `days` decides by month because L, W and # depend on it."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: Days
    months: tuple[int, ...]
    years: frozenset[int]

    def moments(self, start: date) -> Iterator[datetime]:
        """Every naive local time from the beginning of `start` on, in order."""
        for year in range(start.year, LAST_YEAR + 1):
            for month in self.months if year in self.years else ():
                if (year, month) < (start.year, start.month):
                    continue
                for day in sorted(self.days(year, month)):
                    if date(year, month, day) >= start:
                        yield from (datetime(year, month, day, h, m) for h in self.hours for m in self.minutes)  # noqa: DTZ001


def next_fire(expression: str, zone: str, after: datetime, since: datetime | None = None) -> datetime | None:
    """The first moment strictly later than `after`, in UTC; None when there is none.

    `since` is when a rate starts counting (default `after`). A local time that the clocks skip in spring is skipped; one they
    repeat in autumn fires once, the first time (both as EventBridge Scheduler does). Raises ValueError for a malformed expression.
    """
    kind, body = split(expression)
    if kind == "rate":
        return _next_of_rate(body, after, since or after)
    if kind == "at":
        moment = _utc(datetime.fromisoformat(body), ZoneInfo(zone))
        return moment if moment is not None and moment > after else None
    return _next_of_cron(cron(body), ZoneInfo(zone), after)


def split(expression: str) -> tuple[str, str]:
    """`cron(0 2 * * ? *)` -> `cron` and what is inside."""
    found = re.fullmatch(r"(cron|rate|at)\((.+)\)", expression.strip())
    if not found:
        raise ValueError(f"{expression!r} is neither cron(…), rate(…) nor at(…)")
    return found[1], found[2].strip()


@cache
def cron(fields: str) -> Cron:
    """Parse minutes, hours, day of month, month, day of week and year; names, lists, ranges, steps, ?, L, W and #."""
    parts = fields.upper().split()
    if len(parts) != 6:
        raise ValueError(f"cron({fields}) has {len(parts)} fields, not 6")
    minutes, hours, day, month, weekday, year = parts
    if (day == "?") == (weekday == "?"):
        raise ValueError(f"cron({fields}): exactly one of day of month and day of week is ?")
    return Cron(
        minutes=_numbers(minutes, 0, 59),
        hours=_numbers(hours, 0, 23),
        days=_days_by_weekday(weekday) if day == "?" else _days_by_number(day),
        months=_numbers(month, 1, 12, MONTHS),
        years=frozenset(_numbers(year, 1970, LAST_YEAR)),
    )


def _next_of_rate(body: str, after: datetime, since: datetime) -> datetime:
    found = re.fullmatch(r"([1-9]\d*) (minute|hour|day)s?", body)
    if not found:
        raise ValueError(f"rate({body}) is not a positive number and minutes, hours or days")
    interval = timedelta(seconds=int(found[1]) * UNITS[found[2]])
    return since + interval * max(0, (after - since) // interval + 1)


def _next_of_cron(fields: Cron, zone: ZoneInfo, after: datetime) -> datetime | None:
    for local in fields.moments(after.astimezone(zone).date() - timedelta(days=1)):
        moment = _utc(local, zone)
        if moment is not None and moment > after:
            return moment
    return None


def _utc(local: datetime, zone: ZoneInfo) -> datetime | None:
    """None for a local time that does not exist; the first of two for one that exists twice."""
    moment = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == local else None


def _numbers(field: str, low: int, high: int, names: tuple[str, ...] = ()) -> tuple[int, ...]:
    """`MON-FRI`, `0/15`, `*/5`, `10-30/5`, `1,15`, `FRI-MON` (wraps) as sorted numbers; ValueError out of low..high."""
    numbers: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = low, high
        else:
            start, _, end = span.partition("-")
            first = _number(start, low, high, names)
            last = _number(end, low, high, names) if end else high if step else first
        size = high - low + 1
        numbers |= {
            low + (first - low + i) % size for i in range(0, (last - first) % size + 1, _number(step or "1", 1, size))
        }
    return tuple(sorted(numbers))


def _number(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> int:
    number = names.index(text) + low if text in names else int(text) if text.isdecimal() else low - 1
    if not low <= number <= high:
        raise ValueError(f"{text!r} is not in {low}-{high}" + (f" or {names[0]}-{names[-1]}" if names else ""))
    return number


def _days_by_number(field: str) -> Days:
    if field == "L":
        return lambda year, month: {monthrange(year, month)[1]}
    if field == "LW":
        return lambda year, month: _nearest_workday(year, month, monthrange(year, month)[1])
    if field.endswith("W"):
        wanted = _number(field[:-1], 1, 31)
        return lambda year, month: _nearest_workday(year, month, wanted)
    numbers = _numbers(field, 1, 31)
    return lambda year, month: {day for day in numbers if day <= monthrange(year, month)[1]}


def _nearest_workday(year: int, month: int, wanted: int) -> set[int]:
    """The Monday to Friday nearest to the `wanted` day, without leaving the month; none in a month without that day."""
    last = monthrange(year, month)[1]
    if wanted > last:
        return set()
    weekday = date(year, month, wanted).weekday()
    if weekday == 5:  # Saturday
        return {wanted - 1 if wanted > 1 else 3}
    if weekday == 6:  # Sunday
        return {wanted + 1 if wanted < last else wanted - 2}
    return {wanted}


def _days_by_weekday(field: str) -> Days:
    if "#" in field:
        name, _, nth = field.partition("#")
        weekday, index = _number(name, 1, 7, WEEKDAYS), _number(nth, 1, 5) - 1
        return lambda year, month: set(_weekdays(year, month, (weekday,))[index : index + 1])
    if field.endswith("L"):
        weekday = _number(field[:-1] or "7", 1, 7, WEEKDAYS)
        if field != "L":  # a bare L is the last day of the week, every Saturday
            return lambda year, month: set(_weekdays(year, month, (weekday,))[-1:])
        field = "7"
    numbers = _numbers(field, 1, 7, WEEKDAYS)
    return lambda year, month: set(_weekdays(year, month, numbers))


def _weekdays(year: int, month: int, numbers: tuple[int, ...]) -> list[int]:
    """Days of the month that fall on these days of the week (1 is Sunday)."""
    return [
        day
        for day in range(1, monthrange(year, month)[1] + 1)
        if date(year, month, day).isoweekday() % 7 + 1 in numbers
    ]

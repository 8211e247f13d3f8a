"""When a schedule expression fires next."""

from datetime import UTC, datetime

import pytest

from sandbox.clock.expression import next_fire

NOON = "2026-11-20T12:00"  # a Friday


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "after", "fires"),
    [
        ("cron(0 2 * * ? *)", NOON, "2026-11-21T02:00"),
        ("cron(0 12 * * ? *)", NOON, "2026-11-21T12:00"),  # strictly later
        ("cron(0 12 * * ? *)", "2026-11-20T11:59:59", NOON),
        ("cron(0/15 * * * ? *)", "2026-11-20T12:01", "2026-11-20T12:15"),
        ("cron(*/20 * * * ? *)", "2026-11-20T12:41", "2026-11-20T13:00"),
        ("cron(10-20/5 8,20 * * ? *)", "2026-11-20T12:00", "2026-11-20T20:10"),
        ("cron(10-20/5 8,20 * * ? *)", "2026-11-20T20:15", "2026-11-20T20:20"),
        ("cron(0 1 ? * SUN *)", NOON, "2026-11-22T01:00"),
        ("cron(0 1 ? * 1 *)", NOON, "2026-11-22T01:00"),  # 1 is Sunday
        ("cron(30 9 ? * MON-FRI *)", NOON, "2026-11-23T09:30"),
        ("cron(0 0 ? * FRI-MON *)", "2026-11-24T00:00", "2026-11-27T00:00"),  # wraps: Friday, Saturday, Sunday, Monday
        ("cron(0 0 ? * L *)", NOON, "2026-11-21T00:00"),  # the last day of the week
        ("cron(0 0 ? * 5L *)", NOON, "2026-11-26T00:00"),  # last Thursday of the month
        ("cron(0 0 ? * TUE#2 *)", NOON, "2026-12-08T00:00"),
        ("cron(0 0 ? * 6#5 *)", NOON, "2027-01-29T00:00"),  # the next month with a fifth Friday
        ("cron(0 0 L * ? *)", NOON, "2026-11-30T00:00"),
        ("cron(0 0 L FEB ? *)", NOON, "2027-02-28T00:00"),
        ("cron(0 0 29 2 ? *)", NOON, "2028-02-29T00:00"),
        ("cron(0 0 31 * ? *)", NOON, "2026-12-31T00:00"),
        ("cron(0 0 15W * ? *)", "2026-11-01T00:00", "2026-11-16T00:00"),  # the 15th is a Sunday
        ("cron(0 0 14W * ? *)", "2026-11-01T00:00", "2026-11-13T00:00"),  # a Saturday
        ("cron(0 0 1W * ? *)", "2026-07-15T00:00", "2026-08-03T00:00"),  # Saturday the first stays in its month
        ("cron(0 0 31W MAY ? *)", "2026-01-01T00:00", "2026-05-29T00:00"),  # Sunday the last does too
        ("cron(0 0 LW FEB ? *)", NOON, "2027-02-26T00:00"),  # the 28th is a Sunday
        ("cron(0 0 20W * ? *)", "2026-11-01T00:00", "2026-11-20T00:00"),
        ("cron(0 8 1 JAN,JUL ? *)", NOON, "2027-01-01T08:00"),
        ("cron(0 8 1 1 ? 2030)", NOON, "2030-01-01T08:00"),
        ("cron(0 8 1 1 ? 2028-2199/4)", NOON, "2028-01-01T08:00"),
        ("cron(0 8 1 1 ? 2025)", NOON, None),  # over
        ("cron(0 8 30 2 ? *)", NOON, None),  # never comes
        ("at(2026-11-20T12:00:01)", NOON, "2026-11-20T12:00:01"),
        ("at(2026-11-20T12:00:00)", NOON, None),
        ("rate(30 minutes)", NOON, "2026-11-20T12:30"),
        ("rate(1 hour)", NOON, "2026-11-20T13:00"),
        ("rate(7 days)", NOON, "2026-11-27T12:00"),
    ],
)
def test_an_expression_fires_next_at(expression: str, after: str, fires: str | None) -> None:
    assert next_fire(expression, "UTC", moment(after)) == (fires and moment(fires))


@pytest.mark.parametrize(
    ("expression", "zone", "after", "fires"),
    [
        ("cron(0 10 * * ? *)", "America/New_York", NOON, "2026-11-20T15:00"),
        ("cron(0 10 * * ? *)", "America/New_York", "2026-07-01T12:00", "2026-07-01T14:00"),
        ("cron(0 10 * * ? *)", "Asia/Kathmandu", NOON, "2026-11-21T04:15"),
        ("cron(0 10 * * ? *)", "Pacific/Kiritimati", NOON, "2026-11-20T20:00"),
        ("cron(0 0 1 * ? *)", "Asia/Tokyo", NOON, "2026-11-30T15:00"),  # the first there, the thirtieth here
        (
            "cron(30 2 * * ? *)",
            "America/New_York",
            "2026-03-08T00:00",
            "2026-03-09T06:30",
        ),  # 02:30 is skipped on the 8th
        ("cron(30 1 * * ? *)", "America/New_York", "2026-11-01T00:00", "2026-11-01T05:30"),  # the first 01:30
        ("cron(30 1 * * ? *)", "America/New_York", "2026-11-01T05:30", "2026-11-02T06:30"),  # not again at the second
        ("cron(0/30 * * * ? *)", "America/New_York", "2026-11-01T05:30", "2026-11-01T07:00"),
        ("at(2026-11-20T10:00:00)", "Europe/Berlin", "2026-11-20T00:00", "2026-11-20T09:00"),
        ("at(2026-03-29T02:30:00)", "Europe/Berlin", "2026-03-01T00:00", None),  # does not exist
    ],
)
def test_a_zone_is_honoured_across_clock_changes(expression: str, zone: str, after: str, fires: str | None) -> None:
    assert next_fire(expression, zone, moment(after)) == (fires and moment(fires))


@pytest.mark.parametrize(
    ("after", "fires"),
    [
        ("2026-11-20T11:00", "2026-11-20T12:00"),  # the start itself is the first
        ("2026-11-20T12:00", "2026-11-20T12:30"),
        ("2026-11-20T13:29", "2026-11-20T13:30"),
    ],
)
def test_a_rate_counts_from_its_start(after: str, fires: str) -> None:
    assert next_fire("rate(30 minutes)", "UTC", moment(after), since=moment(NOON)) == moment(fires)


@pytest.mark.parametrize(
    "expression",
    [
        "every day",
        "cron(0 2 * * *)",
        "cron(0 2 * * * *)",  # both days named
        "cron(0 2 ? * ? *)",
        "cron(60 2 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 2 0 * ? *)",
        "cron(0 2 ? * 8 *)",
        "cron(0 2 ? * MON#6 *)",
        "cron(0 2 * FOO ? *)",
        "cron(-5 2 * * ? *)",
        "cron(0/0 2 * * ? *)",
        "rate(0 minutes)",
        "rate(5 weeks)",
        "at(tomorrow)",
    ],
)
def test_a_malformed_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError):
        next_fire(expression, "UTC", moment(NOON))

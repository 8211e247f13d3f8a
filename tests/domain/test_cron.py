"""What EventBridge takes as a cron expression, and what it would refuse at deployment."""

import pytest

from domain.errors import Rejected
from domain.solicitation.cron import check_cron


@pytest.mark.parametrize(
    "text",
    [
        "cron(0 2 * * ? *)",
        "cron(59 23 * * ? *)",
        "cron(0 1 ? * SUN *)",
        "cron(0/15 8-17 ? * MON-FRI 2026-2030)",
        "cron(0 0 1,15 JAN-mar ? *)",
        "cron(*/5 * L * ? *)",
        "cron(0 8 LW * ? *)",
        "cron(0 8 15W * ? *)",
        "cron(0 8 ? * 2#1 *)",
        "cron(0 8 ? * FRIL *)",
        "cron(0 8 ? * 6L *)",
    ],
)
def test_an_expression_that_eventbridge_takes_is_taken(text):
    assert check_cron(text) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0 2 * * ? *", "is no cron expression"),
        ("rate(1 day)", "is no cron expression"),
        ("cron(0 2 * * ?)", "has 5 fields, not six: minute, hour, day of month, month, day of week, year"),
        ("cron(60 2 * * ? *)", "minute is '60', outside 0-59"),
        ("cron(0 24 * * ? *)", "hour is '24', outside 0-23"),
        ("cron(0 2 0 * ? *)", "day of month is '0', outside 1-31"),
        ("cron(0 2 * 13 ? *)", "month is '13', outside 1-12"),
        ("cron(0 2 ? * SUM *)", "day of week is 'SUM', outside 1-7"),
        ("cron(0 2 * * ? 1969)", "year is '1969', outside 1970-2199"),
        ("cron(0 5-2 * * ? *)", "hour is '5-2', a range that runs backwards"),
        ("cron(0 0/0 * * ? *)", "hour has the step '0', which is no whole number above 0"),
        ("cron(? 2 * * ? *)", "minute may not be ?"),
        ("cron(0 2 * * * *)", "exactly one of day of month and day of week must be ?"),
        ("cron(0 2 ? * ? *)", "exactly one of day of month and day of week must be ?"),
        ("cron(0 L * * ? *)", "hour is 'L', outside 0-23"),
        ("cron(0 8 ? * 2#6 *)", "day of week is '2#6', outside 1-7"),
        ("cron(0 2,-3 * * ? *)", "hour is '-3', outside 0-23"),
    ],
)
def test_one_that_it_would_refuse_is_rejected_by_its_field(text, reason):
    with pytest.raises(Rejected) as rejected:
        check_cron(text)
    assert reason in str(rejected.value)

"""Metrics that functions embed in their logs, put into CloudWatch at the sandbox's time."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.measuring import Measuring
from sandbox.ministack import Ministack

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
GROUP = "/measured/one"


def embedded(value: Any, program: str = "reviews") -> str:
    metrics = {"Namespace": "Measured", "Dimensions": [["program"]], "Metrics": [{"Name": "Sent", "Unit": "Count"}]}
    return json.dumps({"_aws": {"Timestamp": 1, "CloudWatchMetrics": [metrics]}, "program": program, "Sent": value})


@pytest.fixture(scope="module")
def group(ministack: Ministack) -> Iterator[str]:
    logs = ministack.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    yield GROUP
    logs.delete_log_group(logGroupName=GROUP)


def say(ministack: Ministack, *lines: str) -> None:
    events = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines]
    ministack.client("logs").put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=events)


def total(ministack: Ministack, day: datetime, program: str = "reviews") -> float:
    found = ministack.client("cloudwatch").get_metric_statistics(
        Namespace="Measured",
        MetricName="Sent",
        Dimensions=[{"Name": "program", "Value": program}],
        StartTime=day,
        EndTime=day + timedelta(days=1),
        Period=86400,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in found)


def test_what_a_function_measured_is_found_on_the_sandboxs_day(ministack: Ministack, group: str) -> None:
    measuring = Measuring(ministack.client("logs"), ministack.client("cloudwatch"))
    day = NOON.replace(hour=0)
    say(ministack, embedded(3), "no JSON", '{"_aws": 1}', embedded([1, 2]), embedded(5, "music"))
    assert measuring.take(NOON) == 3
    assert total(ministack, day) == 6
    assert total(ministack, day, "music") == 5

    assert measuring.take(NOON) == 0  # nothing twice
    say(ministack, embedded(4))
    assert measuring.take(NOON + timedelta(days=1)) == 1
    assert (total(ministack, day), total(ministack, day + timedelta(days=1))) == (6, 4)

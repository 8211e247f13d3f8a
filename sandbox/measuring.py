"""The functions' logs in, the metrics embedded in them out to CloudWatch, at the sandbox's time: the emulator leaves them in the log."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adapters.aws.batch_items import chunks

DATA_A_CALL = 1000  # of PutMetricData
EMBEDDED = '"_aws"'
LATE = 2000  # milliseconds by which a line may come after a later one

Line = tuple[str, int, str]  # stream, instant, message


@dataclass
class Measuring:
    """What was taken from a log is not taken again. The lines' own times are the machine's, so they are not used."""

    logs: Any
    cloudwatch: Any
    _read: dict[str, int] = field(default_factory=dict)  # a log group's last instant read, in milliseconds
    _taken: dict[str, set[Line]] = field(default_factory=dict)  # the lines read that may be met again, by group

    def take(self, at: datetime) -> int:
        """Put all metrics logged since the last time, as measured at `at`; how many values."""
        count = 0
        found: dict[str, list[dict[str, Any]]] = {}
        for pages in self.logs.get_paginator("describe_log_groups").paginate():
            for group in pages["logGroups"]:
                for line in self._new_lines(group["logGroupName"]):
                    for namespace, datum in metrics_in(line):
                        found.setdefault(namespace, []).append({**datum, "Timestamp": at})
                        count += 1
        for namespace, data in found.items():
            for some in chunks(data, DATA_A_CALL):
                self.cloudwatch.put_metric_data(Namespace=namespace, MetricData=some)
        return count

    def _new_lines(self, group: str) -> Iterator[str]:
        since, taken = self._read.get(group, 0) - LATE, self._taken.get(group, set())
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=max(0, since))
        found = [
            (event["logStreamName"], event["timestamp"], event["message"]) for page in pages for event in page["events"]
        ]
        if found:
            self._read[group] = last = max(at for _, at, _ in found)
            self._taken[group] = {line for line in found if line[1] >= last - LATE}
        new = (line[2] for line in found if line not in taken)
        yield from (line for message in new for line in message.splitlines() if EMBEDDED in line)


def metrics_in(line: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Namespace and datum of each value that a line embeds (CloudWatch: embedded metric format); none in any other line."""
    try:
        told = json.loads(line)
        directives = told["_aws"]["CloudWatchMetrics"]
    except (ValueError, TypeError, KeyError):
        return
    for directive in directives:
        for dimensions in directive["Dimensions"] or [[]]:
            about = [{"Name": name, "Value": str(told[name])} for name in dimensions]
            for metric in directive["Metrics"]:
                yield directive["Namespace"], {"Dimensions": about, **_datum(metric, told)}


def _datum(metric: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    value = told[metric["Name"]]
    values = value if isinstance(value, list) else [value]
    return {
        "MetricName": metric["Name"],
        "Unit": metric.get("Unit", "None"),
        "Values": [float(each) for each in values],
    }

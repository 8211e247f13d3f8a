"""Our own metrics in CloudWatch, read back for one window over all their dimensions."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from adapters.aws.faults import aws_calls

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient


@dataclass(frozen=True)
class Measures:
    """The metrics of one namespace."""

    cloudwatch: "CloudWatchClient"
    namespace: str

    def values(self, metric: str, statistic: str, start: datetime, end: datetime) -> list[float]:
        """The statistic (`Sum`, `SampleCount`, `p99` …) over [start, end) of each of the metric's dimensions that has data."""
        wanted: Any = {
            "Namespace": self.namespace,
            "MetricName": metric,
            "StartTime": start,
            "EndTime": end,
            "Period": int((end - start).total_seconds()),
            "ExtendedStatistics" if statistic.startswith("p") else "Statistics": [statistic],
        }
        found = []
        with aws_calls(f"read {metric}"):
            pages = self.cloudwatch.get_paginator("list_metrics").paginate(Namespace=self.namespace, MetricName=metric)
            for known in (known for page in pages for known in page["Metrics"]):
                about: Any = {**wanted, "Dimensions": known["Dimensions"]}
                points: Any = self.cloudwatch.get_metric_statistics(**about)["Datapoints"]
                found += [point.get("ExtendedStatistics", point).get(statistic) for point in points]
        return [float(value) for value in found if value is not None]

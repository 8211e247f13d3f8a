"""Rows before and after they were moved in, the metrics of what became of reminders out."""

from collections import Counter
from collections.abc import Sequence

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit, single_metric

from domain.notifications.classifying import SendingRules
from domain.notifications.instants import moment
from domain.notifications.statuses import Row, status_of
from handlers.notifications.settings import NAMESPACE

ENDS = ("UNKNOWN", "FAILED", "EXPIRED", "DELIVERED")
Moves = Sequence[tuple[Row, Row]]


def measure(moves: Moves, rules: SendingRules) -> None:
    """How reminders ended; how long after its making each was delivered; why others failed, in few words."""
    ends(moves)
    _seconds([new for old, new in moves if status_of(new) == "DELIVERED" != status_of(old)])
    failed = [new for old, new in moves if status_of(new) == "FAILED" != status_of(old)]
    for why, times in Counter(_class(row, rules) for row in failed).items():
        count("FailedBy", times, Why=why)


def ends(moves: Moves) -> None:
    """Unknown, Failed, Expired and Delivered: how many have become so."""
    became = Counter(status_of(new) for old, new in moves if status_of(new) != status_of(old))
    for status in ENDS:
        if became[status]:
            count(status.capitalize(), became[status])


def count(name: str, number: int, **dimensions: str) -> None:
    with single_metric(name, MetricUnit.Count, number, namespace=NAMESPACE) as metric:
        for dimension, value in dimensions.items():
            metric.add_dimension(dimension, value)


def _seconds(delivered: Sequence[Row]) -> None:
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    for row in delivered:
        dates = row["date"]
        if "created" in dates:
            took = (moment(dates["delivered"]) - moment(dates["created"])).total_seconds()
            metrics.add_metric("DeliverySeconds", MetricUnit.Seconds, max(0.0, took))
    if metrics.metric_set:
        metrics.flush_metrics()


def _class(row: Row, rules: SendingRules) -> str:
    """Few values: a metric is paid for by each."""
    why = (row.get("errors") or [{}])[-1]
    if rules.opted_out(str(why.get("reason", ""))):
        return "opted_out"
    told = str(why.get("statusCode", ""))
    return f"{told[0]}xx" if len(told) == 3 and told.isdigit() else "other"

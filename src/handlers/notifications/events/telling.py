"""What became of a question about an event in, a metric out."""

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from handlers.notifications.settings import NAMESPACE


def told(name: str, count: int = 1) -> None:
    with single_metric(name, MetricUnit.Count, count, namespace=NAMESPACE):
        pass

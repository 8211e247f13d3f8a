"""The metrics of reminders in, their dashboard out: windows and deliveries first, then events, then what they were carried by."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.dashboard import graph, throttled_writes
from infra.function import PythonFunction
from infra.notifications_stores import NotificationsStores
from infra.notifications_watch import backlog_seconds, delivery_rate, told


class NotificationsDashboard(cloudwatch.Dashboard):
    """Windows and reminders first, then events and statuses, then what they were carried by."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, default_interval=Duration.days(1))

    def reminders(self, outbox: sqs.IQueue, rate: float) -> None:
        ends = ("Delivered", "Failed", "Expired")
        seconds = {"average": told("DeliverySeconds", "Average"), "longest": told("DeliverySeconds", "Maximum")}
        self.add_widgets(
            graph("Reminders", {name.lower(): told(name) for name in ("NotificationsGenerated", "Unknown", *ends)}),
            cloudwatch.GraphWidget(title="Delivery rate", left=[delivery_rate()], width=8, height=6),
            graph("Delivery time (s)", seconds),
        )
        self.add_widgets(
            cloudwatch.GraphWidget(title="Backlog (s)", left=[backlog_seconds(outbox, rate)], width=8, height=6),
            graph("Windows", {name: told(metric) for name, metric in WINDOWS.items()}),
            graph("Stuck", {"found by sweep": told("Stuck"), "statuses parked": told("StatusesParked")}),
        )

    def events(self) -> None:
        self.add_widgets(
            graph("Events", {name: told(metric) for name, metric in EVENTS.items()}),
            graph("Sales", {name: told(metric) for name, metric in SALES.items()}),
            graph("Short links", {"by Bitly": told("ShortUrlsByBitly"), "our own": told("ShortUrlsOwn")}),
        )

    def parts(
        self, functions: Mapping[str, PythonFunction], stores: NotificationsStores, statuses: kinesis.IStream
    ) -> None:
        age, readers = "IteratorAge", ("demand_stream_to_sqs", "sms_status_consumer")
        waiting = {name: it.metric_approximate_age_of_oldest_message() for name, it in stores.queues().items()}
        self.add_widgets(
            graph("Behind (ms)", {name: functions[name].metric(age, statistic="Maximum") for name in readers}),
            graph("Oldest message (s)", waiting),
            graph("Statuses (bytes)", {"in": statuses.metric("IncomingBytes", statistic="Sum")}),
        )
        self.add_widgets(
            graph("Errors", {name: function.metric_errors() for name, function in functions.items()}),
            graph("p99 (ms)", {name: f.metric_duration(statistic="p99") for name, f in functions.items()}),
            graph("Throttled writes", {"state": throttled_writes(stores.state)}),
        )


EVENTS = {
    "from the cache": "EventHits",
    "asked for": "EventRefreshes",
    "stale": "EventsStale",
    "failures": "VendorFailures",
    "throttled": "VendorThrottled",
}
SALES = {"in the window": "SalesInWindow"}
WINDOWS = {"not met": "WindowsNotMet", "sales missed": "SalesMissed", "lost": "WindowsLost"}

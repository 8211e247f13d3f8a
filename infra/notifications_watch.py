"""The parts of reminders in, their alarms out: what is late, stuck, unsent, or not understood."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from handlers.notifications.settings import NAMESPACE
from infra.alarms import Alarms
from infra.function import PythonFunction
from infra.mapping_metrics import FIVE
from infra.notifications_stores import NotificationsStores
from infra.stream_watch import watch_streams

BEHIND = Duration.minutes(2)  # a stream's reader: a reminder has half an hour in all
WAITING = Duration.minutes(5)  # a queue's oldest message
BACKLOG = Duration.minutes(
    25
)  # of sending, at the configured rate: of the half hour before a sale five minutes are left then
DELIVERED_LEAST = 0.95  # of what was decided (reference/ticketing.md, 2.1)
SLOW_MS = 500  # eventDetails at p95 (reference/ticketing.md, 2.1)
SILENT_HOURS = 1  # the scheduler runs each half hour


def told(name: str, statistic: str = "Sum", period: Duration = FIVE) -> cloudwatch.Metric:
    """A metric of our own functions."""
    return cloudwatch.Metric(namespace=NAMESPACE, metric_name=name, statistic=statistic, period=period)


def delivery_rate() -> cloudwatch.MathExpression:
    """Delivered of all that came to an end, from 0 to 1; where none was delivered there is no metric of it, and 1 where none ended."""
    ends = {name.lower(): told(name, period=Duration.minutes(30)) for name in ("Delivered", "Failed", "Expired")}
    all_ends = " + ".join(f"FILL({name}, 0)" for name in ends)
    return cloudwatch.MathExpression(
        expression=f"IF({all_ends} > 0, FILL(delivered, 0) / ({all_ends}), 1)",
        using_metrics=ends,
        label="delivered",
        period=Duration.minutes(30),
    )


def backlog_seconds(outbox: sqs.IQueue, rate: float) -> cloudwatch.MathExpression:
    """How long sending what waits takes, at one part a message."""
    waiting = outbox.metric_approximate_number_of_messages_visible(period=Duration.minutes(1), statistic="Maximum")
    return cloudwatch.MathExpression(
        expression=f"waiting / {rate:g}",
        using_metrics={"waiting": waiting},
        label="seconds",
        period=Duration.minutes(1),
    )


class NotificationsWatch:
    """Alarms on windows that cannot be met, reminders that do not arrive, and readers that fall behind."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms

    def over_windows(self, scheduler: PythonFunction, outbox: sqs.IQueue, rate: float) -> None:
        at_least = self._alarms.at_least
        at_least(
            1,
            told("WindowsNotMet"),
            id="WindowsNotMet",
            says="More is to be sent than the rate allows before a sale begins: `ovation notifications plan` tells which sales.",
        )
        at_least(
            1,
            told("SalesMissed"),
            id="SalesMissed",
            says="Sales began before a run of the scheduler saw them: their fans were not told. See its errors and schedule.",
        )
        at_least(
            1,
            told("WindowsLost"),
            id="WindowsLost",
            says="The scheduler did not run for more than a day: sales of that time were told of to nobody.",
        )
        at_least(
            BACKLOG.to_seconds(),
            backlog_seconds(outbox, rate),
            id="BacklogLongerThanTheWindow",
            says="Sending what waits takes longer than a window lasts: see notification_send, its rate, and the SMS service.",
        )
        self._alarms.silent_for(
            SILENT_HOURS,
            scheduler.metric_invocations(period=Duration.hours(1), statistic="Sum"),
            id="SchedulerSilent",
            says="The scheduler has not run for an hour: no window opens. See its schedule and LostEvents.",
        )

    def over_reminders(self) -> None:
        at_least = self._alarms.at_least
        self._alarms.below(
            DELIVERED_LEAST,
            delivery_rate(),
            id="DeliveryRate",
            says=f"Less than {DELIVERED_LEAST:.0%} of half an hour's reminders were delivered: `ovation notifications status` tells why.",
        )
        at_least(
            1,
            told("Expired"),
            id="Expired",
            says="Reminders were not sent before their sale began: see the backlog, the rate and the kill switch.",
        )
        at_least(
            1,
            told("StatusesParked"),
            id="StatusesParked",
            says="Statuses could not be read, or are of notifications nobody knows: they lie below parked/.",
        )

    def over_events(self, details: PythonFunction) -> None:
        self._alarms.at_least(
            1,
            told("VendorFailures", period=Duration.minutes(15)),
            id="VendorFailures",
            says="The Discovery API does not answer: events are served as they were. See its key and quota.",
        )
        self._alarms.at_least(
            1,
            told("EventsOverdue", period=Duration.hours(1)),
            id="EventsOverdue",
            says="Events that fans wait for were not asked about for a day: the vendor's quota is too small, or it does not answer.",
        )
        self._alarms.at_least(
            SLOW_MS,
            details.metric_duration(period=FIVE, statistic="p95"),
            id="EventDetailsLate",
            says=f"Event details take {SLOW_MS} ms or more at p95: see the vendor's latency and the share of cache hits.",
        )

    def over_streams(
        self, functions: Mapping[str, PythonFunction], mappings: Mapping[str, lambda_.EventSourceMapping]
    ) -> None:
        watch_streams(
            self._alarms,
            functions,
            mappings,
            behind=BEHIND,
            kept="What is unsent, `sweep` finds by itself.",
            lost="Records are neither taken nor kept aside; what is unsent, `sweep` finds by itself.",
        )

    def over_queues(self, stores: NotificationsStores) -> None:
        """Not the reminders': they wait for their turn, and the backlog says whether it comes in time."""
        for name, queue in stores.queues().items():
            if name != "reminders":
                self._alarms.at_least(
                    WAITING.to_seconds(),
                    queue.metric_approximate_age_of_oldest_message(period=FIVE),
                    id=f"{name.capitalize()}Waiting",
                    says=f"The oldest of the {name} has waited for {WAITING.to_human_string()}: see its function's log.",
                )

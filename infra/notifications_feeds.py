"""Stores and functions in, the arrows between them out: schedules, the table's stream, queues, statuses, links."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from domain.notifications.routing import FILTERS
from infra.demand import DemandStack
from infra.function import PythonFunction
from infra.nag import acknowledge
from infra.notifications_stores import NotificationsStores
from infra.queue import DeadLetters, Outbox
from infra.reading import may_read_kinesis, may_read_table, read_stream
from infra.scheduled import Scheduled
from infra.web_api import Routes

Functions = Mapping[str, PythonFunction]
Mappings = Mapping[str, lambda_.EventSourceMapping]

HALF_HOURLY = "cron(0/30 * * * ? *)"
OFTEN = "cron(0/5 * * * ? *)"
HOURLY = "cron(10 * * * ? *)"  # not when windows open
GENERATORS = 10  # shards of a sale in work at once
SENDERS = 16  # calls at once; the rate is the token bucket's, this is only a ceiling
SHORTENERS = 2
A_SECONDS_WORTH = 100  # reminders of one call
STATUSES = 500
LINKS: Routes = (
    *(("GET", "/e/{eventId}"), ("HEAD", "/e/{eventId}")),  # an event's page, behind our own short link
    *(("GET", "/u/{token}"), ("HEAD", "/u/{token}"), ("POST", "/u/{token}")),  # the way out
)


def feed(functions: Functions, stores: NotificationsStores, demand: DemandStack, lost: DeadLetters) -> Mappings:
    """Queues, mail events and links; the mappings of streams, by the function that they call."""
    take(functions["notification_generator"], stores.generation, 1, GENERATORS)
    take(functions["notification_send"], stores.outbox, A_SECONDS_WORTH, SENDERS, window=Duration.seconds(1))
    take(functions["shorten_event_url"], stores.short_urls, 10, SHORTENERS)
    mails = functions["mail_status_consumer"]
    stores.mail.told_to(mails, lost)
    mails.gives_up_to(lost)
    stores.links.answer(LINKS, functions["follow_link"])
    why = "People come from their messages: an event's page is public, and a way out is signed, expires, and names one address."
    acknowledge(stores.links, {"AwsSolutions-APIG4": why})
    return streams(functions, stores, demand)


def take(function: PythonFunction, queue: Outbox, batch: int, at_once: int, *, window: Duration | None = None) -> None:
    """Messages that fail alone come again alone; the function may put one off."""
    function.add_event_source(
        sources.SqsEventSource(
            queue,
            batch_size=batch,
            max_batching_window=window,
            max_concurrency=at_once,
            report_batch_item_failures=True,
        )
    )


def streams(functions: Functions, stores: NotificationsStores, demand: DemandStack) -> Mappings:
    router, statuses = functions["demand_stream_to_sqs"], functions["sms_status_consumer"]
    changes, told = demand.table.table_stream_arn, stores.statuses.stream_arn
    assert changes is not None
    may_read_table(router, changes)
    may_read_kinesis(statuses, told)
    soon = Duration.seconds(1)
    return {
        "demand_stream_to_sqs": read_stream(
            router,
            "Changes",
            stream=changes,
            kept=stores.bucket,
            batch_size=A_SECONDS_WORTH,
            max_batching_window=soon,
            parallelization_factor=4,
            filters=[lambda_.FilterCriteria.filter(dict(it)) for it in FILTERS],
        ),
        "sms_status_consumer": read_stream(
            statuses, "Statuses", stream=told, kept=stores.bucket, batch_size=STATUSES, max_batching_window=soon
        ),
    }


def schedule(scope: Construct, functions: Functions, lost: DeadLetters) -> None:
    """Windows open each half hour; a run that came later than that finds them in the next."""
    soon = Duration.minutes(25)
    jobs = (
        ("Windows", "notification_scheduler", HALF_HOURLY, "Open the window of the next half hour's sales", soon),
        ("Sweeping", "sweep", OFTEN, "Send or settle what got stuck", Duration.minutes(1)),
        ("Refreshing", "refresh_events", HOURLY, "Ask the vendor again about events that fans wait for", soon),
    )
    for job, name, at, says, patience in jobs:
        function = functions[name]
        Scheduled(scope, f"{job}Schedule", job=job, says=says, at=at, function=function, lost=lost, patience=patience)

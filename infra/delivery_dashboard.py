"""Programs, queue and APIs in, the dashboard's rows about mails, answers and serving out."""

from collections.abc import Iterable, Iterator, Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from domain.solicitation.delivery import (
    ANSWERED,
    ASKED,
    CAPPED,
    GONE,
    NO_ADDRESS,
    OPTED_OUT,
    SUPPRESSED,
)
from domain.solicitation.program import Program
from infra.dashboard import graph
from infra.delivery_metrics import (
    CHANNEL_ROUTE,
    CUSTOMER_ROUTE,
    SEEN,
    SENDS,
    answers,
    figure,
    mail_events,
    sends,
    serving,
    skipped,
    unsettled,
)
from infra.web_api import WebApi

REASONS = (NO_ADDRESS, SUPPRESSED, OPTED_OUT, CAPPED, ANSWERED, GONE, ASKED)  # those `send` finds
RATES = ("Open rate (people)", "Click-through rate (people)", "Conversion rate")  # figures of the daily report
Row = list[cloudwatch.IWidget]


def delivery_rows(programs: Iterable[Program], outbox: sqs.IQueue, apis: Mapping[str, WebApi]) -> Iterator[Row]:
    """Mails of all programs, then a row a program, then those who call us."""
    hour = Duration.hours(1)
    yield [
        graph("Outbox", {"waiting": outbox.metric_approximate_number_of_messages_visible(period=hour)}),
        graph("Oldest chunk (s)", {"age": outbox.metric_approximate_age_of_oldest_message(statistic="Maximum")}),
        graph("What SES tells", {kind: mail_events(kind) for kind in SEEN}),
    ]
    for program in programs:
        yield [
            graph(
                f"{program.id}: mails",
                {**{name.lower(): sends(program, name) for name in SENDS}, "unsettled": unsettled(program)},
            ),
            graph(f"{program.id}: not sent", {reason: skipped(program, reason) for reason in REASONS}),
            graph(
                f"{program.id}: answers",
                {
                    "answers": answers(program, "Submissions"),
                    "mean stars": answers(program, "Rating", "Average"),
                    "thumbs up": answers(program, "ThumbsUp"),
                },
            ),
            graph(f"{program.id}: rates", {name.lower(): figure(program, name) for name in RATES}),
        ]
    yield [
        graph("Serving p99 (ms)", {route: serving("ServeMilliseconds", "p99", route) for route in ROUTES}),
        graph("Served from memory", {route: serving("ServeDegraded", route=route) for route in ROUTES}),
        graph("Calls", {name: api.api.metric_count() for name, api in apis.items()}),
        graph("Calls that failed", {name: api.api.metric_server_error() for name, api in apis.items()}),
    ]


ROUTES = (CUSTOMER_ROUTE, CHANNEL_ROUTE)

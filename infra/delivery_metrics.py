"""Programs and routes in, the metrics that delivery's functions publish of them out; names and dimensions as they spell them."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from domain.solicitation.program import Program
from infra.run_metrics import NAMESPACE

CUSTOMER_ROUTE = "GET /customers/{customer}/candidates"
CHANNEL_ROUTE = "GET /programs/{program}/channels/{channel}/candidates"
SENDS = ("Sent", "Failed", "Unknown", "Shadow")  # of `send`, by program
SEEN = ("delivered", "bounced", "complained")  # kinds of SES's events, as `mail_events` counts them
ALWAYS_REPORTED = "E-mails sent"  # the figure that no report is without


def sends(program: Program, name: str) -> cloudwatch.Metric:
    return metric(name, {"Program": program.id}, Duration.hours(1))


def unsettled(program: Program) -> cloudwatch.Metric:
    """Unknown outcomes that no event has settled within the hour."""
    return metric("UnknownUnsettled", {"Program": program.id})


def put_off(program: Program, reason: str) -> cloudwatch.Metric:
    """Chunks put back into the outbox as new messages, whose age therefore tells nothing."""
    return metric("PutOff", {"Program": program.id, "Reason": reason})


def skipped(program: Program, reason: str) -> cloudwatch.Metric:
    return metric("Skipped", {"Program": program.id, "Reason": reason}, Duration.hours(1))


def mail_events(kind: str) -> cloudwatch.Metric:
    return metric("MailEvents", {"Outcome": "noted", "Kind": kind}, Duration.hours(1))


def answers(program: Program, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """`Submissions`, and of them `Rating` (average stars) or `ThumbsUp`."""
    return metric(name, {"Program": program.id}, Duration.hours(1), statistic)


def serving(name: str, statistic: str = "Sum", route: str = CUSTOMER_ROUTE) -> cloudwatch.Metric:
    return metric(name, {"Route": route}, statistic=statistic)


def export_seconds(program: Program) -> cloudwatch.Metric:
    """From the start of the try that was published to its end."""
    return metric("ExportSeconds", {"Program": program.id}, statistic="Maximum")


def lingering(program: Program) -> cloudwatch.Metric:
    """Items that time to live should have deleted two days ago."""
    return metric("LingeringItems", {"Program": program.id}, statistic="Maximum")


def figure(program: Program, name: str, statistic: str = "Maximum") -> cloudwatch.Metric:
    """One figure of the daily report."""
    return metric("Daily", {"Program": program.id, "Figure": name}, Duration.days(1), statistic)


def reports_an_hour(program: Program) -> cloudwatch.Metric:
    return metric("Daily", {"Program": program.id, "Figure": ALWAYS_REPORTED}, Duration.hours(1), "SampleCount")


def metric(
    name: str, dimensions: Mapping[str, str], period: Duration | None = None, statistic: str = "Sum"
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map=dict(dimensions),
        period=period or Duration.minutes(5),
        statistic=statistic,
    )

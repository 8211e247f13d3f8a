"""A program in, the metrics that `complete` publishes of its runs out; names and dimensions as it spells them."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from domain.solicitation.program import Program

NAMESPACE = "Ovation/Solicitation"
STAGES = ("etl", "filter", "score", "store")  # those the mission gives windows
FUNNEL = ("Extracted", "Rejected", "Duplicates", "Candidates", "Eligible", "Fallback", "Stored")


def timed(program: Program) -> tuple[str, ...]:
    """The bucket stages of a program's runs, in order."""
    return (*STAGES, "contacts") if program.contacts else STAGES


def batch_seconds(program: Program) -> cloudwatch.Metric:
    return _metric("BatchSeconds", {"Program": program.id})


def batches_an_hour(program: Program) -> cloudwatch.Metric:
    return _metric("BatchSeconds", {"Program": program.id}, Duration.hours(1), "SampleCount")


def stage_seconds(program: Program, stage: str) -> cloudwatch.Metric:
    return _metric("StageSeconds", {"Program": program.id, "Stage": stage})


def fallback_share(program: Program) -> cloudwatch.Metric:
    """Of the eligible, in [0, 1]."""
    return _metric("FallbackShare", {"Program": program.id})


def count(program: Program, name: str) -> cloudwatch.Metric:
    return _metric(name, {"Program": program.id}, Duration.days(1))


def _metric(
    name: str, dimensions: Mapping[str, str], period: Duration | None = None, statistic: str = "Maximum"
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map=dict(dimensions),
        period=period or Duration.minutes(5),
        statistic=statistic,
    )

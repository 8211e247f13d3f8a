"""Names in, the metrics of the archive out: its own, as its functions publish them, and those of the services around it."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

from handlers.archive.settings import NAMESPACE
from infra.function import PythonFunction

RECORDS, FILES, ERRORS, SKIPPED = "ArchivedRecords", "ArchiveFiles", "ArchiveErrors", "SkippedRows"
LEFT, UNREADABLE = "PartitionsLeft", "PartitionsUnreadable"
FIVE = Duration.minutes(5)


def archived(name: str) -> cloudwatch.Metric:
    """A count of `stream_archiver`, or of `compact`."""
    return cloudwatch.Metric(namespace=NAMESPACE, metric_name=name, statistic="Sum", period=FIVE)


def lag(archiver: PythonFunction) -> cloudwatch.Metric:
    """Milliseconds from a record's arrival in the stream to the end of the call that had it."""
    return archiver.metric("IteratorAge", statistic="Maximum", period=Duration.minutes(1))


def of_mapping(mapping: lambda_.EventSourceMapping, name: str) -> cloudwatch.Metric:
    """A count of events (Lambda: event source mapping metrics, which the mapping must ask for)."""
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name=name,
        dimensions_map={"EventSourceMappingUUID": mapping.event_source_mapping_id},
        statistic="Sum",
        period=FIVE,
    )

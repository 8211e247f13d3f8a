"""Names in, the metrics of the archive out: its own, as its functions publish them, and how late its archiver is."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

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

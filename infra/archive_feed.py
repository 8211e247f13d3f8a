"""The stream of changes, the bucket and the functions in, the arrows between them out: Kinesis → archiver, the clock → compact."""

from aws_cdk import Duration
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.function import PythonFunction
from infra.queue import DeadLetters
from infra.reading import may_read_kinesis, read_stream
from infra.scheduled import Scheduled
from infra.stages import Stage

BATCH = 1000  # records
LANES = 2  # batches of one shard in work at once, each with items of its own
NIGHTLY = "cron(0 5 * * ? *)"  # after the day's other jobs


def feed(
    archiver: PythonFunction, changes: kinesis.IStream, bucket: s3.IBucket, stage: Stage
) -> lambda_.EventSourceMapping:
    """Every change, in order by item. No filter: it would drop what is no JSON, and what is new, without a word."""
    may_read_kinesis(archiver, changes.stream_arn)
    return read_stream(
        archiver,
        "Changes",
        stream=changes.stream_arn,
        kept=bucket,
        batch_size=BATCH,
        max_batching_window=Duration.seconds(stage.archiving.window_seconds),
        parallelization_factor=LANES,
    )


def compact_nightly(scope: Construct, compact: PythonFunction, lost: DeadLetters) -> None:
    Scheduled(
        scope,
        "Nightly",
        job="Compaction",
        says="Put the archive's small files together",
        at=NIGHTLY,
        function=compact,
        lost=lost,
    )

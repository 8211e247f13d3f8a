"""The stream of changes, the bucket and the functions in, the arrows between them out: Kinesis → archiver, the clock → compact."""

from aws_cdk import Duration, TimeZone
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from domain.archive.places import LOST
from infra.function import PythonFunction
from infra.nag import acknowledge, wildcards
from infra.queue import DeadLetters
from infra.stages import Stage

BATCH = 1000  # records
LANES = 2  # batches of one shard in work at once, each with items of its own
# An S3 that takes nothing takes no given-up batch either: six hours or so of tries, a minute apart. A record that kills the
# function keeps back its own lane alone for that long, and alarms tell within minutes.
RETRIES = 200
OLDEST = Duration.hours(24)  # of a record that is still tried; after that it lies in the bucket, to be replayed
NIGHTLY = "cron(0 5 * * ? *)"  # after the day's other jobs
READING = (
    *("DescribeStream", "DescribeStreamSummary", "ListShards"),
    *("GetShardIterator", "GetRecords", "SubscribeToShard"),
)


def feed(
    archiver: PythonFunction, changes: kinesis.IStream, bucket: s3.IBucket, stage: Stage
) -> lambda_.EventSourceMapping:
    """Every change, in order by item. No filter: it would drop what is no JSON, and what is new, without a word."""
    _allow(archiver, changes, bucket)
    mapping = lambda_.EventSourceMapping(
        archiver,
        "Changes",
        target=archiver,
        event_source_arn=changes.stream_arn,
        starting_position=lambda_.StartingPosition.TRIM_HORIZON,
        batch_size=BATCH,
        max_batching_window=Duration.seconds(stage.archiving.window_seconds),
        parallelization_factor=LANES,
        bisect_batch_on_error=True,
        retry_attempts=RETRIES,
        max_record_age=OLDEST,
        report_batch_item_failures=True,
        metrics_config=lambda_.MetricsConfig(metrics=[lambda_.MetricType.EVENT_COUNT]),
    )
    raw = mapping.node.default_child
    assert isinstance(raw, lambda_.CfnEventSourceMapping)
    raw.add_property_override("DestinationConfig.OnFailure.Destination", bucket.bucket_arn)
    return mapping


def _allow(archiver: PythonFunction, changes: kinesis.IStream, bucket: s3.IBucket) -> None:
    """Lambda reads the stream with the function's rights, and leaves with them the batches that it gave up on."""
    archiver.allow([f"kinesis:{verb}" for verb in READING], [changes.stream_arn])
    archiver.allow(["s3:ListBucket"], [bucket.bucket_arn])
    archiver.allow(["s3:PutObject"], [bucket.arn_for_objects(f"{LOST}*")], "Lambda names the objects itself.")


class Nightly(Construct):
    """One start a night, told when it was due. A start that fails is tried again for an hour, and then put aside."""

    def __init__(self, scope: Construct, id: str, *, compact: PythonFunction, lost: DeadLetters) -> None:
        super().__init__(scope, id)
        compact.gives_up_to(lost)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
            description="Start the compaction, or put the start that failed aside",
        )
        versions = [f"{compact.function_arn}:*"]
        acknowledge(role, wildcards(self, versions, "A schedule may call any version of its function; there is one."))
        told = {"scheduledTime": scheduler.ContextAttribute.scheduled_time}
        scheduler.Schedule(
            self,
            "Compaction",
            description="Put the archive's small files together",
            schedule=scheduler.ScheduleExpression.expression(NIGHTLY, TimeZone.ETC_UTC),
            time_window=scheduler.TimeWindow.off(),
            target=targets.LambdaInvoke(
                compact,
                input=scheduler.ScheduleTargetInput.from_object(told),
                role=role,
                dead_letter_queue=lost,
                max_event_age=Duration.hours(1),
                retry_attempts=10,
            ),
        )

"""A stream and a function in, the mapping between them as all our streams are read out: nothing lost, nothing blocked for good."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from infra.function import PythonFunction

# An S3 that takes nothing takes no given-up batch either: six hours or so of tries, a minute apart. A record that kills the
# function keeps back its own lane alone for that long, and alarms tell within minutes.
RETRIES = 200
OLDEST = Duration.hours(24)  # of a record that is still tried; after that it lies in the bucket
LOST = "aws/lambda/"  # the name is Lambda's
OF_KINESIS = (
    *("DescribeStream", "DescribeStreamSummary", "ListShards"),
    *("GetShardIterator", "GetRecords", "SubscribeToShard"),
)
OF_A_TABLE = ("DescribeStream", "GetRecords", "GetShardIterator")


def may_read_kinesis(function: PythonFunction, stream: str) -> None:
    """Lambda reads with the function's rights. `stream` is an ARN, here and below."""
    function.allow([f"kinesis:{verb}" for verb in OF_KINESIS], [stream])


def may_read_table(function: PythonFunction, stream: str) -> None:
    """The stream of a DynamoDB table."""
    function.allow([f"dynamodb:{verb}" for verb in OF_A_TABLE], [stream])
    function.allow(["dynamodb:ListStreams"], ["*"], "Listing streams takes no resource.")


def read_stream(
    function: PythonFunction, id: str, *, stream: str, kept: s3.IBucket, **options: Any
) -> lambda_.EventSourceMapping:
    """From the stream's beginning, in order; what fails is narrowed down, tried again, and then kept in the bucket."""
    function.allow(["s3:ListBucket"], [kept.bucket_arn])
    function.allow(["s3:PutObject"], [kept.arn_for_objects(f"{LOST}*")], "Lambda names the objects itself.")
    mapping = lambda_.EventSourceMapping(
        function,
        id,
        target=function,
        event_source_arn=stream,
        starting_position=lambda_.StartingPosition.TRIM_HORIZON,
        bisect_batch_on_error=True,
        retry_attempts=RETRIES,
        max_record_age=OLDEST,
        report_batch_item_failures=True,
        metrics_config=lambda_.MetricsConfig(metrics=[lambda_.MetricType.EVENT_COUNT]),
        **options,
    )
    raw = mapping.node.default_child
    assert isinstance(raw, lambda_.CfnEventSourceMapping)
    raw.add_property_override("DestinationConfig.OnFailure.Destination", kept.bucket_arn)
    return mapping

"""A stream's mapping in, what Lambda counts of it out, beside the function's own metrics."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

FIVE = Duration.minutes(5)
GIVEN_UP, DROPPED = "OnFailureDestinationDeliveredEventCount", "DroppedEventCount"  # of a mapping
UNKEPT = "DestinationDeliveryFailures"  # of its function: given up, and could not be kept either


def of_mapping(mapping: lambda_.EventSourceMapping, name: str) -> cloudwatch.Metric:
    """A count of events (Lambda: event source mapping metrics, which the mapping must ask for)."""
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name=name,
        dimensions_map={"EventSourceMappingUUID": mapping.event_source_mapping_id},
        statistic="Sum",
        period=FIVE,
    )

"""A stage in, a DynamoDB table as all our tables are: PK and SK, on demand, recoverable, encrypted."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from infra.stages import Stage

MICROSECOND = dynamodb.ApproximateCreationDateTimePrecision.MICROSECOND


class KeyedTable(dynamodb.Table):
    """`expires` names the TTL attribute (epoch seconds), where items have one; `stream` what its change stream carries;
    `changes` takes each change as well, told in microseconds.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        expires: str | None = None,
        stream: dynamodb.StreamViewType | None = None,
        changes: kinesis.IStream | None = None,
    ) -> None:
        super().__init__(
            scope,
            id,
            partition_key=text("PK"),
            sort_key=text("SK"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            time_to_live_attribute=expires,
            stream=stream,
            kinesis_stream=changes,
            kinesis_precision_timestamp=MICROSECOND if changes else None,
            removal_policy=stage.removal_policy,
            deletion_protection=stage.protected,
        )

    def index(self, name: str, projection: dynamodb.ProjectionType) -> None:
        """Add the index `GSI1` over GSI1PK and GSI1SK, and so on."""
        self.add_global_secondary_index(
            index_name=name,
            partition_key=text(f"{name}PK"),
            sort_key=text(f"{name}SK"),
            projection_type=projection,
        )


def text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)

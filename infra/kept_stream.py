"""A stage and a number of shards in, a Kinesis stream as all our streams are out: encrypted, and patient with readers that stand still."""

from aws_cdk import Duration
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from infra.stages import Stage

KEPT = Duration.days(7)  # how long a record waits for readers that stand still


class KeptStream(kinesis.Stream):
    """`shards` None: as many as it takes, paid by use."""

    def __init__(self, scope: Construct, id: str, *, shards: int | None, stage: Stage) -> None:
        super().__init__(
            scope,
            id,
            stream_mode=kinesis.StreamMode.PROVISIONED if shards else kinesis.StreamMode.ON_DEMAND,
            shard_count=shards,
            encryption=kinesis.StreamEncryption.MANAGED,
            retention_period=KEPT,
            removal_policy=stage.removal_policy,
        )

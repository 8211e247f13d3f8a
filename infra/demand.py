"""A stage in, the Demand table and the stream of its changes out: what archive and notifications read."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from domain.notifications.keys import (
    SALE_DEMAND_SHARD,
    SALE_DEMANDS,
    SALES,
    UNSETTLED,
    UNSETTLED_SHARD,
    UNSETTLED_SINCE,
)
from infra.kept_stream import KeptStream
from infra.stages import Stage
from infra.stores import EXPIRES
from infra.table import KeyedTable, text


class DemandStack(Stack):
    """Demand, notifications, events and sales in one table. Its changes go two ways: the table's own stream, and Kinesis."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage) -> None:
        super().__init__(
            scope,
            id,
            stack_name=f"ovation-{stage.name}-demand",
            description="Ovation: what fans want to be reminded of, and every change of it",
            termination_protection=stage.protected,
        )
        self.changes = KeptStream(self, "DemandTableStream", shards=stage.archiving.shards, stage=stage)
        self.table = self._table(stage)
        CfnOutput(self, "DemandTable", value=self.table.table_name)
        CfnOutput(self, "DemandStream", value=self.changes.stream_name)

    def _table(self, stage: Stage) -> KeyedTable:
        table = KeyedTable(
            self,
            "Demand",
            stage=stage,
            expires=EXPIRES,
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            changes=self.changes,
        )
        table.add_global_secondary_index(
            index_name=SALES,  # which sales start when; rows of other types have no such attributes
            partition_key=text("saleStartDate"),
            sort_key=text("saleStartDateTime"),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        table.add_global_secondary_index(
            index_name=SALE_DEMANDS,  # who wants to be reminded of a sale, in ten shards
            partition_key=text(SALE_DEMAND_SHARD),
            sort_key=text("fanId"),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        table.add_global_secondary_index(
            index_name=UNSETTLED,  # notifications that somebody must still send or settle; the others have no such attributes
            partition_key=text(UNSETTLED_SHARD),
            sort_key=text(UNSETTLED_SINCE),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        return table

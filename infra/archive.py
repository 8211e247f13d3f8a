"""The Demand table's stream and the Avro schemas in, every change of it kept and queryable out."""

from collections.abc import Mapping

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.alarms import Alarms
from infra.archive_analysts import AnalystPolicy
from infra.archive_catalogue import ArchiveCatalogue
from infra.archive_feed import compact_nightly, feed
from infra.archive_functions import ArchiveFunctions
from infra.archive_stores import ArchiveStores
from infra.archive_watch import ArchiveDashboard, ArchiveWatch
from infra.demand import DemandStack
from infra.package import Package, fleet
from infra.queue import DeadLetters
from infra.schemas import Schema
from infra.stages import Stage


class ArchiveStack(Stack):
    """stream → archiver → bucket → tables and views; beside it replay, compaction and erasure."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        demand: DemandStack,
        schemas: Mapping[str, Schema],
        package: Package,
        stage: Stage,
    ) -> None:
        super().__init__(
            scope,
            id,
            stack_name=f"ovation-{stage.name}-archive",
            description="Ovation: every change of the Demand table, timely, redacted and queryable",
            termination_protection=stage.protected,
        )
        alarms = Alarms(self, "Alarms", stage=stage)
        lost = DeadLetters(self, "LostJobs", stage=stage, alarms=alarms)
        stores = ArchiveStores(self, stage=stage)
        functions = ArchiveFunctions(self, stores=stores, fleet=fleet(self, package, stage, alarms)).by_stage
        archiver = functions["stream_archiver"]
        mapping = feed(archiver, demand.changes, stores.bucket, stage)
        compact_nightly(self, functions["compact"], lost)
        catalogue = ArchiveCatalogue(self, "Catalogue", schemas=schemas, bucket=stores.bucket, stage=stage)
        analysts = AnalystPolicy(self, "Analysts", bucket=stores.bucket, catalogue=catalogue.name)
        watch = ArchiveWatch(alarms, archiver, mapping)
        watch.over_records()
        watch.over_compaction()
        watch.over_lag(demand.changes)
        board = ArchiveDashboard(self, "Dashboard")
        board.records(mapping)
        board.lag(archiver, mapping, demand.changes)
        board.parts(functions)
        self._tell(
            ArchiveBucket=stores.bucket.bucket_name,
            ArchiveLedgerTable=stores.ledger.table_name,
            DemandTable=demand.table.table_name,
            DemandStream=demand.changes.stream_name,
            GlueDatabase=catalogue.name,
            AthenaWorkgroup=catalogue.name,
            AnalystPolicy=analysts.managed_policy_arn,
        )

    def _tell(self, **names: str) -> None:
        for name, value in names.items():
            CfnOutput(self, name, value=value)

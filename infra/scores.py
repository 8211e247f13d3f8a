"""Files of scores in, every fan's score, exact counts and one verdict in Slack out."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.alarms import Alarms
from infra.package import Package, fleet
from infra.queue import DeadLetters
from infra.scores_feeds import feed
from infra.scores_functions import ScoresFunctions
from infra.scores_stores import ScoresStores
from infra.scores_watch import ScoresDashboard, ScoresWatch
from infra.services import Services
from infra.stages import Stage


class ScoresStack(Stack):
    """bucket → queue → stream → table → counts → Slack; beside it fanlists, the Entry Service and the night's recount."""

    def __init__(self, scope: Construct, id: str, *, services: Services, package: Package, stage: Stage) -> None:
        super().__init__(
            scope,
            id,
            stack_name=f"ovation-{stage.name}-scores",
            description="Ovation: Verified-Fan scores, counted exactly and reported once",
            termination_protection=stage.protected,
        )
        alarms = Alarms(self, "Alarms", stage=stage)
        lost = DeadLetters(self, "LostEvents", stage=stage, alarms=alarms)
        stores = ScoresStores(self, stage=stage, alarms=alarms)
        functions = ScoresFunctions(
            self, stores=stores, services=services, fleet=fleet(self, package, stage, alarms)
        ).by_stage
        mappings = feed(self, functions, stores, lost=lost, stage=stage)
        watch = ScoresWatch(alarms)
        watch.over_files()
        watch.over_counts()
        watch.over_streams(functions, mappings)
        watch.over_queues(stores)
        board = ScoresDashboard(self, "Dashboard")
        board.loads()
        board.parts(functions, stores)
        self._tell(
            ScoringBucket=stores.bucket.bucket_name,
            ScoresTable=stores.table.table_name,
            ScoresStream=stores.scores_stream.stream_name,
            CampaignDataStream=stores.campaign_data_stream.stream_name,
            VerdictQueueUrl=stores.verdicts.queue_url,
            ServicesSecret=stores.tokens.secret_arn,
        )

    def _tell(self, **names: str) -> None:
        for name, value in names.items():
            CfnOutput(self, name, value=value)

"""The stores of scores in, its seven functions out, each with the rights to what it uses."""

from collections.abc import Mapping

from aws_cdk import Duration, Size
from constructs import Construct

from domain.scores.places import ERRORS, FANLIST, RETRIES, SCRUBBED
from handlers.scores.settings import (
    LoadScoresToDynamodbSettings,
    LoadScoresToStreamSettings,
    ProcessSavedScoresSettings,
    ReconcileCountsSettings,
    SaveEntryScoringSettings,
    SaveFanlistScoresSettings,
    VerdictReporterSettings,
)
from handlers.settings import Settings
from infra.function import Fleet, PythonFunction
from infra.naming import pascal
from infra.scores_stores import ScoresStores
from infra.services import Services
from infra.stages import Stage

TIMEOUTS: Mapping[str, Duration] = {
    **dict.fromkeys(("load_scores_to_stream", "save_fanlist_scores", "reconcile_counts"), Duration.minutes(15)),
    "load_scores_to_dynamodb": Duration.minutes(2),
    "process_saved_scores": Duration.minutes(1),
    "verdict_reporter": Duration.minutes(1),
    "save_entry_scoring": Duration.minutes(5),
}
ALONE = ("reconcile_counts",)
SCRATCH = {"save_fanlist_scores": Size.gibibytes(2)}  # fans are ranked on disk, 0.3 GB a million

# (function, prefix, verbs of S3 on the objects below it)
FILES = (
    ("load_scores_to_stream", SCRUBBED, "GetObjectVersion", "GetObject"),
    ("load_scores_to_stream", ERRORS, "PutObject"),
    ("load_scores_to_dynamodb", ERRORS, "PutObject"),
    ("save_fanlist_scores", FANLIST, "GetObjectVersion", "GetObject"),
    ("save_fanlist_scores", ERRORS, "PutObject"),
    ("save_entry_scoring", RETRIES, "GetObject", "PutObject", "DeleteObject"),
    ("save_entry_scoring", ERRORS, "PutObject"),
)
# (function, verbs of DynamoDB on the table)
TABLE = (
    ("load_scores_to_stream", "UpdateItem"),
    ("load_scores_to_dynamodb", "BatchGetItem", "UpdateItem"),
    ("process_saved_scores", "BatchGetItem", "UpdateItem"),
    ("reconcile_counts", "Scan", "BatchGetItem", "UpdateItem"),
    ("verdict_reporter", "GetItem", "BatchGetItem", "Query", "UpdateItem"),
    ("save_fanlist_scores", "BatchGetItem", "UpdateItem"),
    ("save_entry_scoring", "GetItem", "BatchGetItem", "PutItem", "UpdateItem"),
)
SPEAKING = ("verdict_reporter", "save_fanlist_scores", "save_entry_scoring")  # to other services, with a token
NAMED = "The files below {} are named by what they hold."


class ScoresFunctions:
    """`by_stage` names them as their handlers are."""

    def __init__(self, scope: Construct, *, stores: ScoresStores, services: Services, fleet: Fleet) -> None:
        self._scope, self._fleet = scope, fleet
        self.by_stage: Mapping[str, PythonFunction] = {
            name: self._made(name, settings) for name, settings in _settings(stores, services, fleet.stage).items()
        }
        self._grant(stores)

    def _made(self, name: str, settings: Settings) -> PythonFunction:
        return PythonFunction(
            self._scope,
            pascal(name),
            handler=f"handlers.scores.{name}.handler",
            settings=settings,
            timeout=TIMEOUTS[name],
            fleet=self._fleet,
            at_once=1 if name in ALONE else None,
            scratch=SCRATCH.get(name),
        )

    def _grant(self, stores: ScoresStores) -> None:
        functions = self.by_stage
        for name, prefix, *verbs in FILES:
            places = [stores.bucket.arn_for_objects(f"{prefix}*")]
            functions[name].allow([f"s3:{verb}" for verb in verbs], places, NAMED.format(prefix))
        for name, *verbs in TABLE:
            functions[name].uses(stores.table, *verbs)
        for name in SPEAKING:
            functions[name].allow(["secretsmanager:GetSecretValue"], [stores.tokens.secret_arn])
        put = ["kinesis:PutRecords"]
        functions["load_scores_to_stream"].allow(put, [stores.scores_stream.stream_arn])
        functions["save_fanlist_scores"].allow(put, [stores.campaign_data_stream.stream_arn])
        for name in ("load_scores_to_stream", "save_fanlist_scores"):
            functions[name].allow(["sqs:SendMessage"], [stores.verdicts.queue_arn])
            # Without it S3 answers 403 for a file that is gone, as if it might come back.
            functions[name].allow(["s3:ListBucket"], [stores.bucket.bucket_arn])
        functions["save_entry_scoring"].allow(["sqs:SendMessage"], [stores.entry_retries.queue_arn])


def _settings(stores: ScoresStores, services: Services, stage: Stage) -> dict[str, Settings]:
    table, bucket = stores.table.table_name, stores.bucket.bucket_name
    verdicts, secret = stores.verdicts.queue_url, stores.tokens.secret_arn
    scoring, campaigns = stage.scoring, services.campaign_service_url
    return {
        "load_scores_to_stream": LoadScoresToStreamSettings(
            scores_table=table,
            scores_stream=stores.scores_stream.stream_name,
            scoring_bucket=bucket,
            files_queue_url=stores.files.queue_url,
            verdict_queue_url=verdicts,
        ),
        "load_scores_to_dynamodb": LoadScoresToDynamodbSettings(scores_table=table, scoring_bucket=bucket),
        "process_saved_scores": ProcessSavedScoresSettings(scores_table=table),
        "reconcile_counts": ReconcileCountsSettings(scores_table=table, quiet_seconds=str(scoring.reconcile_seconds)),
        "verdict_reporter": VerdictReporterSettings(
            scores_table=table,
            verdict_queue_url=verdicts,
            services_secret=secret,
            campaign_service_url=campaigns,
            slack_url=services.slack_url,
            slack_channel=services.slack_channel,
            environment=stage.name,
            retry_seconds=str(scoring.retry_seconds),
            deadline_seconds=str(scoring.deadline_seconds),
            quiet_seconds=str(scoring.quiet_seconds),
        ),
        "save_fanlist_scores": SaveFanlistScoresSettings(
            scores_table=table,
            campaign_data_stream=stores.campaign_data_stream.stream_name,
            scoring_bucket=bucket,
            files_queue_url=stores.fanlists.queue_url,
            verdict_queue_url=verdicts,
            services_secret=secret,
            campaign_service_url=campaigns,
        ),
        "save_entry_scoring": SaveEntryScoringSettings(
            scores_table=table,
            scoring_bucket=bucket,
            entry_retry_queue_url=stores.entry_retries.queue_url,
            services_secret=secret,
            campaign_service_url=campaigns,
            entry_service_url=services.entry_service_url,
            entry_path=services.entry_path,
        ),
    }

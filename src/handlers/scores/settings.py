"""The settings of the functions of scores, and what their metrics go under."""

from dataclasses import dataclass

from handlers.settings import Settings

NAMESPACE = "Ovation/Scores"  # of the metrics


@dataclass(frozen=True)
class LoadScoresToStreamSettings(Settings):
    """`files_queue_url`: where the event of a file waits again while it is not loaded to its end."""

    scores_table: str
    scores_stream: str
    scoring_bucket: str
    files_queue_url: str
    verdict_queue_url: str
    chunk_rows: str = "5000"


@dataclass(frozen=True)
class LoadScoresToDynamodbSettings(Settings):
    scores_table: str
    scoring_bucket: str


@dataclass(frozen=True)
class ProcessSavedScoresSettings(Settings):
    scores_table: str


@dataclass(frozen=True)
class ReconcileCountsSettings(Settings):
    """`quiet_seconds`: between the two readings of the table, for whose time nothing may have moved."""

    scores_table: str
    quiet_seconds: str = "20"


@dataclass(frozen=True)
class VerdictReporterSettings(Settings):
    """`retry_seconds`: until a verdict that is not settled is looked at again; `deadline_seconds`: since its file was read;
    `quiet_seconds`: for so long the counts must stand still; `environment`: the stage, as Slack is told.
    """

    scores_table: str
    verdict_queue_url: str
    services_secret: str
    campaign_service_url: str
    slack_url: str
    slack_channel: str
    environment: str
    retry_seconds: str = "30"
    deadline_seconds: str = "3600"
    quiet_seconds: str = "5"


@dataclass(frozen=True)
class SaveFanlistScoresSettings(Settings):
    scores_table: str
    campaign_data_stream: str
    scoring_bucket: str
    files_queue_url: str
    verdict_queue_url: str
    services_secret: str
    campaign_service_url: str


@dataclass(frozen=True)
class SaveEntryScoringSettings(Settings):
    """`entry_path`: documents differ on it, so it can be set."""

    scores_table: str
    scoring_bucket: str
    entry_retry_queue_url: str
    services_secret: str
    campaign_service_url: str
    entry_service_url: str
    entry_path: str = "/campaigns/{campaignId}/scoring"

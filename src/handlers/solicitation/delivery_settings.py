"""The settings of the functions that serve, send, collect answers and run the day's jobs."""

from dataclasses import dataclass

from handlers.settings import Settings
from handlers.solicitation.settings import BatchSettings


@dataclass(frozen=True)
class ServeSettings(Settings):
    """`programs` is the folder of compiled programs inside the asset."""

    candidates_table: str
    customers_table: str
    deliveries_table: str
    responses_table: str
    subjects_table: str
    score_cache_table: str
    programs: str = "programs"


@dataclass(frozen=True)
class ScheduleSettings(Settings):
    """How one-time schedules are made: their group, the role they run with, what they call, and where lost ones go."""

    schedule_group: str
    schedule_role: str
    release_function: str
    lost_schedules_queue: str


@dataclass(frozen=True)
class CampaignSettings(ScheduleSettings, BatchSettings):
    candidates_table: str
    customers_table: str
    deliveries_table: str


@dataclass(frozen=True)
class ReleaseSettings(Settings):
    """`outbox_url` is the queue of chunks that `send` reads."""

    work_bucket: str
    deliveries_table: str
    outbox_url: str


@dataclass(frozen=True)
class SendSettings(ScheduleSettings):
    """`links_secret` is the ARN of the signing keys, `engage_url` the pages' address without a slash at its end."""

    work_bucket: str
    candidates_table: str
    customers_table: str
    deliveries_table: str
    controls_table: str
    outbox_url: str
    configuration_set: str
    links_secret: str
    engage_url: str
    templates: str = "templates"


@dataclass(frozen=True)
class MailEventsSettings(Settings):
    candidates_table: str
    customers_table: str
    deliveries_table: str


@dataclass(frozen=True)
class EngageSettings(Settings):
    """`photos_origin` is where browsers upload to, for the page's content security policy."""

    candidates_table: str
    customers_table: str
    deliveries_table: str
    responses_table: str
    subjects_table: str
    photos_bucket: str
    photos_origin: str
    links_secret: str
    programs: str = "programs"
    templates: str = "templates"


@dataclass(frozen=True)
class PublishResponsesSettings(Settings):
    responses_table: str
    photos_bucket: str
    event_bus: str


@dataclass(frozen=True)
class ExportSettings(BatchSettings):
    """`workgroup` and `glue_database` are Ovation's own, not a program's warehouse."""

    candidates_table: str
    deliveries_table: str
    responses_table: str
    outputs_bucket: str
    glue_database: str
    workgroup: str


@dataclass(frozen=True)
class PlaylistsSettings(Settings):
    responses_table: str
    subjects_table: str
    outputs_bucket: str
    event_bus: str
    programs: str = "programs"


@dataclass(frozen=True)
class ReportSettings(BatchSettings):
    deliveries_table: str
    responses_table: str
    subjects_table: str
    outputs_bucket: str
    programs: str = "programs"
    templates: str = "templates"


@dataclass(frozen=True)
class CleanupSettings(Settings):
    """`expiring_tables` are the names, separated by commas, of the tables whose items expire by `expiresAt`."""

    expiring_tables: str


@dataclass(frozen=True)
class RetrainSettings(Settings):
    """`training_image` is the container that trains, `training_role` what it and the models run with; `training` the folder
    of its code inside the asset."""

    deliveries_table: str
    controls_table: str
    work_bucket: str
    outputs_bucket: str
    training_image: str
    training_role: str
    programs: str = "programs"
    training: str = "training"

"""A program file as its owner writes it: every key, its type, its limits and what it means."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic.json_schema import GenerateJsonSchema

from adapters.files.program_chain import Filter
from adapters.files.program_connectors import Connector, Contacts
from adapters.files.program_delivery import Channel, EarliestStarts, Marketplace, Schedules
from adapters.files.program_fields import Count, Cron, Id, Json, OneOf, Part, Share, Text, unique
from adapters.files.program_scoring import FeatureGroup, Model

CONTEXTS = ("program", "marketplace", "genre", "artist", "subjectName")
Context = Annotated[str, OneOf(CONTEXTS)]
DedupeKey = Annotated[str, OneOf(("customer", "subject"))]


def _by_customer(keys: list[str]) -> list[str]:
    if "customer" not in keys:
        raise ValueError("must name customer: a bucket of the run holds all rows of its customers, not of a subject")
    return keys


def _of_model(threshold: float) -> float:
    if threshold >= HIGH:
        raise ValueError(f"should be below {HIGH}: a candidate no model has judged must not count as high")
    return threshold


HIGH = 0.7  # lower end of the high band, seed 001


class ProgramFile(Part):
    program_id: Id
    """Name of the program, in keys and file names; never changed."""
    program_name: Text
    """Name for people."""
    enabled: bool = True
    """A disabled program is not scheduled; what it stored stays."""
    subject_type: Id = "subject"
    """What is asked about: product, track …"""
    marketplaces: Annotated[list[Marketplace], Field(min_length=1), AfterValidator(unique("id"))]
    """Where it runs; a bare id for a known marketplace, else with time zone, locale and sender."""
    context: Annotated[list[Context], AfterValidator(unique())] = Field(
        default_factory=lambda: ["marketplace", "program"]
    )
    """What is kept with a candidate as its context."""
    data_connectors: Annotated[list[Connector], Field(min_length=1), AfterValidator(unique("connector_id"))]
    """Where candidates come from."""
    dedupe_keys: Annotated[list[DedupeKey], AfterValidator(unique()), AfterValidator(_by_customer)] = Field(
        default_factory=lambda: ["customer", "subject"]
    )
    """Of the rows that agree in these, the one with the latest event stays."""
    contacts: Contacts | None = None
    """Where addresses come from; without it nobody can be mailed."""
    feature_groups: Annotated[list[FeatureGroup], AfterValidator(unique("name"))] = Field(default_factory=list)
    """Where the models' features are read."""
    scoring_models: Annotated[list[Model], Field(min_length=1), AfterValidator(unique("model_id", "endpoint"))]
    """Who scores; their answers are combined by weight."""
    model_batch_size: Annotated[Count, Field(le=10_000)] = 1_000
    """Rows a model is sent in one call."""
    model_timeout_seconds: Annotated[Count, Field(le=60)] = 20
    """Seconds until a call counts as failed; SageMaker itself gives up after 60."""
    model_max_attempts: Annotated[Count, Field(le=10)] = 3
    """Calls made for one batch of rows, the first included."""
    model_concurrency: Annotated[Count, Field(le=64)] = 4
    """Calls under way at once, in one bucket."""
    fallback_score: Annotated[Share, AfterValidator(_of_model)] = 0.5
    """Stands in when no model answers."""
    score_cache_ttl_days: Annotated[Count, Field(alias="scoreCacheTTLDays")] = 7
    """Days a score is used again."""
    cap_group: Id | None = None
    """Programs of one group share their frequency caps; the program alone when left out."""
    filter_chain: Annotated[list[Filter], Field(min_length=1), AfterValidator(unique("filter_id", "order"))]
    """Who may be asked."""
    max_event_age_days: Count = 30
    """A row with an older event is rejected."""
    max_rejected_share: Share = 0.05
    """A larger share of rejected rows fails the run."""
    channels: Annotated[list[Channel], Field(min_length=1), AfterValidator(unique("channel_id"))]
    """How people are asked."""
    min_score: Share = 0.7
    """Lowest score that is asked, inclusive."""
    limit: Count = 50_000
    """Most people asked a day."""
    limit_per_subject: Count | None = None
    """Most people asked a day about one subject."""
    holdout_share: Share = 0.0
    """Share of those who could be asked that is left unasked, to measure against."""
    candidate_ttl_days: Annotated[Count, Field(alias="candidateTTLDays")] = 30
    """Days a candidate is kept, from the first start of its run."""
    buckets: Annotated[Count, Field(le=1_000)] = 32
    """Parts a run's customers are divided into; each is worked on by one function."""
    serving_shards: Annotated[Count, Field(le=100)] = 4
    """Keys a channel's candidates are spread over; each takes 1,000 writes a second."""
    date_index_by_subject: bool = False
    """Whether candidates are found by date (false) or by subject and date (true)."""
    batch_schedule: Cron = "cron(0 2 * * ? *)"
    """When the batch starts, UTC."""
    earliest_starts: EarliestStarts = EarliestStarts()
    """What follows the batch, and not before when."""
    schedules: Schedules = Schedules()
    """The jobs around the batch."""


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a program file, for editors; `schemas/json/program.schema.json` is its copy."""
    schema = ProgramFile.model_json_schema(by_alias=True, schema_generator=_Untitled)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Ovation program"}


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes of field names: they say nothing the name does not."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

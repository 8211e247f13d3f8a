"""A compiled program document in, the values every stage reads out: what to ask whom, from which rows, how often, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal

Engine = Literal["athena", "redshift"]


@dataclass(frozen=True, slots=True)
class Marketplace:
    """Where the customer bought. `time_zone` (IANA), `locale` (BCP 47) and `sender` (a mailbox) are the defaults there."""

    id: str
    time_zone: str
    locale: str
    sender: str


@dataclass(frozen=True, slots=True)
class Query:
    """One extract: `sql` as the owner wrote it, and which of its columns becomes which target (`listener_id` -> `customer`)."""

    name: str
    connector: str
    sql: str
    mapping: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Connector:
    """How to reach one warehouse. Athena has a workgroup, and a results bucket if that insists on one of its own;
    Redshift has a cluster or workgroup, a secret and the role UNLOAD writes with."""

    id: str
    engine: Engine
    database: str
    workgroup: str | None = None
    cluster: str | None = None
    secret_arn: str | None = None
    unload_role_arn: str | None = None
    data_buckets: tuple[str, ...] = ()
    glue_databases: tuple[str, ...] = ()
    timeout_minutes: int = 30
    results_bucket: str | None = None


@dataclass(frozen=True, slots=True)
class FeatureGroup:
    """One online feature group; `record` is the candidate's field that names a record (`customer` or `subject`)."""

    name: str
    record: Literal["customer", "subject"]
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """One SageMaker endpoint; `weight` is its share in the combined score."""

    id: str
    endpoint: str
    version: str
    features: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Scoring:
    """How candidates are scored: rows a call, days a score is kept, and what stands in when no model answers."""

    models: tuple[Model, ...]
    groups: tuple[FeatureGroup, ...]
    batch_size: int
    cache_days: int
    fallback: float
    timeout_seconds: int
    max_attempts: int
    concurrency: int


@dataclass(frozen=True, slots=True)
class FilterStep:
    """One filter of the chain, known by its id; parameters are already checked and complete."""

    id: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to ask; `config` is the channel's own (templateId, sendTime, timezone, prompt …)."""

    id: str
    kind: str
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Program:
    """One solicitation program, as compiled from its YAML. Days are whole days; shares lie in [0, 1]."""

    id: str
    name: str
    enabled: bool
    subject_type: str
    marketplaces: tuple[Marketplace, ...]
    connectors: tuple[Connector, ...]
    queries: tuple[Query, ...]
    contacts: Query | None
    context: tuple[str, ...]
    dedupe_keys: tuple[str, ...]
    filters: tuple[FilterStep, ...]
    cap_group: str
    scoring: Scoring
    channels: tuple[Channel, ...]
    buckets: int
    serving_shards: int
    date_index_by_subject: bool
    candidate_days: int
    max_event_age_days: int
    max_rejected_share: float
    min_score: float
    limit: int
    limit_per_subject: int | None
    holdout_share: float
    schedules: Mapping[str, str]
    earliest: Mapping[str, str]

    def connector(self, id: str) -> Connector:
        return next(connector for connector in self.connectors if connector.id == id)

    def to_json(self) -> dict[str, Any]:
        """The compiled document; `from_json` reads it back to an equal program."""
        document: dict[str, Any] = _plain(self)
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Program":
        scoring = document["scoring"]
        return cls(
            **{
                **document,
                "marketplaces": _each(Marketplace, document["marketplaces"]),
                "connectors": _each(Connector, document["connectors"]),
                "queries": tuple(_query(query) for query in document["queries"]),
                "contacts": _query(document["contacts"]) if document["contacts"] else None,
                "context": tuple(document["context"]),
                "dedupe_keys": tuple(document["dedupe_keys"]),
                "filters": _each(FilterStep, document["filters"]),
                "channels": _each(Channel, document["channels"]),
                "scoring": Scoring(
                    **{
                        **scoring,
                        "models": _each(Model, scoring["models"]),
                        "groups": _each(FeatureGroup, scoring["groups"]),
                    }
                ),
            }
        )


def day_before(day: date) -> date:
    """D-1: what `?` and YESTERDAY stand for in a program's query."""
    return day - timedelta(days=1)


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _each(kind: Any, documents: list[Mapping[str, Any]]) -> tuple[Any, ...]:
    return tuple(
        kind(**{key: tuple(item) if isinstance(item, list) else item for key, item in document.items()})
        for document in documents
    )


def _query(document: Mapping[str, Any]) -> Query:
    return Query(**{**document, "mapping": tuple((source, target) for source, target in document["mapping"])})

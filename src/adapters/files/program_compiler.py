"""A checked program file in, the `Program` that the stages read out: defaults settled, disabled parts left out, filters in order."""

from typing import Any

from adapters.files.program_connectors import AthenaConnector, RedshiftConnector
from adapters.files.program_schema import ProgramFile
from domain.solicitation.program import (
    Channel,
    Connector,
    FeatureGroup,
    FilterStep,
    Marketplace,
    Model,
    Program,
    Query,
    Scoring,
)


def compiled(file: ProgramFile) -> Program:
    """The program of a file that has passed all checks."""
    connectors = [
        connector for connector in file.data_connectors if connector.enabled or _has_contacts(file, connector)
    ]
    return Program(
        id=file.program_id,
        name=file.program_name,
        enabled=file.enabled,
        subject_type=file.subject_type,
        marketplaces=tuple(
            Marketplace(place.id, place.time_zone, place.locale, place.sender or f"{file.program_id}@example.com")
            for place in file.marketplaces
        ),
        connectors=tuple(_connector(connector) for connector in connectors),
        queries=tuple(
            _query(connector.connector_id, connector.connector_id, connector.config.query, connector.field_mapping)
            for connector in file.data_connectors
            if connector.enabled
        ),
        contacts=_contacts(file),
        context=tuple(file.context),
        dedupe_keys=tuple(file.dedupe_keys),
        filters=_filters(file),
        cap_group=file.cap_group or file.program_id,
        scoring=_scoring(file),
        channels=tuple(
            Channel(
                channel.channel_id,
                channel.type,
                {**channel.config.model_dump(by_alias=True), "shadowMode": channel.shadow_mode},
            )
            for channel in file.channels
            if channel.enabled
        ),
        buckets=file.buckets,
        serving_shards=file.serving_shards,
        date_index_by_subject=file.date_index_by_subject,
        candidate_days=file.candidate_ttl_days,
        max_event_age_days=file.max_event_age_days,
        max_rejected_share=file.max_rejected_share,
        min_score=file.min_score,
        limit=file.limit,
        limit_per_subject=file.limit_per_subject,
        holdout_share=file.holdout_share,
        schedules={"batch": file.batch_schedule, **file.schedules.model_dump(exclude_none=True)},
        earliest=file.earliest_starts.model_dump(),
    )


def _has_contacts(file: ProgramFile, connector: AthenaConnector | RedshiftConnector) -> bool:
    return file.contacts is not None and file.contacts.connector_id == connector.connector_id


def _connector(connector: AthenaConnector | RedshiftConnector) -> Connector:
    common: dict[str, Any] = {
        "id": connector.connector_id,
        "engine": connector.type,
        "database": connector.config.database,
        "workgroup": connector.config.workgroup,
        "timeout_minutes": connector.timeout_minutes,
    }
    if isinstance(connector, AthenaConnector):
        athena = connector.config
        return Connector(
            **common,
            data_buckets=tuple(athena.data_buckets),
            glue_databases=tuple(athena.glue_databases or [athena.database]),
            results_bucket=athena.results_bucket,
        )
    rights = connector.config
    return Connector(
        **common, cluster=rights.cluster, secret_arn=rights.secret_arn, unload_role_arn=rights.unload_role_arn
    )


def _query(name: str, connector: str, sql: str, mapping: dict[str, str]) -> Query:
    return Query(name, connector, sql, tuple(mapping.items()))


def _contacts(file: ProgramFile) -> Query | None:
    contacts = file.contacts
    if contacts is None:
        return None
    return _query("contacts", contacts.connector_id, contacts.query, contacts.field_mapping)


def _filters(file: ProgramFile) -> tuple[FilterStep, ...]:
    chain = sorted((step for step in file.filter_chain if step.enabled), key=lambda step: step.order)
    return tuple(
        FilterStep(step.filter_id, step.parameters.model_dump(by_alias=True, exclude_none=True)) for step in chain
    )


def _scoring(file: ProgramFile) -> Scoring:
    models = [model for model in file.scoring_models if model.enabled]
    return Scoring(
        models=tuple(
            Model(model.model_id, model.endpoint, model.version, tuple(model.features), model.weight or 1 / len(models))
            for model in models
        ),
        groups=tuple(FeatureGroup(group.name, group.record, tuple(group.features)) for group in file.feature_groups),
        batch_size=file.model_batch_size,
        cache_days=file.score_cache_ttl_days,
        fallback=file.fallback_score,
        timeout_seconds=file.model_timeout_seconds,
        max_attempts=file.model_max_attempts,
        concurrency=file.model_concurrency,
    )

"""A program file whose every key is right on its own in, what does not fit together in it out."""

from collections.abc import Iterator
from datetime import date
from math import isclose
from typing import NamedTuple

from sqlglot import exp

from adapters.aws.query_sql import bind, parse
from adapters.files.nearest import nearest
from adapters.files.program_connectors import AthenaConnector, RedshiftConnector
from adapters.files.program_schema import ProgramFile
from adapters.files.yaml_source import Path
from domain.errors import Rejected
from domain.solicitation.program import Engine, Query

ANY_DAY = date(2026, 11, 20)  # a query can be bound to one day as to any other


class Misfit(NamedTuple):
    """Where, and what. A `warning` does not keep the program from being used."""

    path: Path
    reason: str
    warning: bool = False


def check(program: ProgramFile, mapped_by_default: frozenset[int] = frozenset()) -> list[Misfit]:
    """All misfits. `mapped_by_default`: connectors whose field mapping is none of the owner's writing, so it only warns."""
    return [
        *_enabled(program),
        *_weights(program),
        *_features(program),
        *_targets(program),
        *_contacts(program),
        *_names(program),
        *(
            misfit
            for index, connector in enumerate(program.data_connectors)
            for misfit in _query(connector, index, index in mapped_by_default)
        ),
    ]


def _enabled(program: ProgramFile) -> Iterator[Misfit]:
    if not any(connector.enabled for connector in program.data_connectors):
        yield Misfit(("dataConnectors",), "has none that is enabled")
    if not any(model.enabled for model in program.scoring_models):
        yield Misfit(("scoringModels",), "has none that is enabled")
    if not any(channel.enabled for channel in program.channels):
        yield Misfit(("channels",), "has none that is enabled")


def _weights(program: ProgramFile) -> Iterator[Misfit]:
    weights = [model.weight for model in program.scoring_models if model.enabled]
    given = [weight for weight in weights if weight is not None]
    if given and len(given) < len(weights):
        yield Misfit(("scoringModels",), "gives a weight to some enabled models but not to all")
    elif given and not isclose(sum(given), 1.0, abs_tol=1e-9):
        yield Misfit(("scoringModels",), f"has weights that add up to {sum(given):g}, not 1")


def _features(program: ProgramFile) -> Iterator[Misfit]:
    known = [feature for group in program.feature_groups for feature in group.features]
    twice = sorted({feature for feature in known if known.count(feature) > 1})
    if twice:
        yield Misfit(("featureGroups",), f"has {', '.join(twice)} in more than one group; models know features by name")
    for index, model in enumerate(program.scoring_models):
        for position, feature in enumerate(model.features):
            if feature not in known:
                hint = nearest(feature, known) or "; there are no featureGroups"
                yield Misfit(("scoringModels", index, "features", position), f"is in no feature group{hint}")


def _targets(program: ProgramFile) -> Iterator[Misfit]:
    mapped = [set(connector.field_mapping.values()) for connector in program.data_connectors if connector.enabled]
    if not mapped:
        return
    for position, kind in enumerate(program.context):
        if kind != "program" and not any(kind in targets for targets in mapped):
            yield Misfit(("context", position), "is mapped by no connector")
    for index, step in enumerate(program.filter_chain):
        if step.filter_id == "engagement" and step.enabled and not all("engagement" in targets for targets in mapped):
            yield Misfit(("filterChain", index), "judges by engagement, which not every connector's fieldMapping has")


def _contacts(program: ProgramFile) -> Iterator[Misfit]:
    if program.contacts is None:
        return
    ids = {connector.connector_id: connector for connector in program.data_connectors}
    connector = ids.get(program.contacts.connector_id)
    if connector is None:
        hint = nearest(program.contacts.connector_id, ids)
        yield Misfit(("contacts", "connectorId"), f"is no connector of this program{hint}")
        return
    query = Query("contacts", connector.connector_id, program.contacts.query, ())
    try:
        tree = _bound(query, connector.type)
    except Rejected as reason:
        yield Misfit(("contacts", "query"), str(reason))
    else:
        yield from _columns(tree, program.contacts.field_mapping, ("contacts",))


def _names(program: ProgramFile) -> Iterator[Misfit]:
    for index, connector in enumerate(program.data_connectors):
        if connector.connector_id == "contacts":
            yield Misfit(("dataConnectors", index, "connectorId"), "is the name of the contacts query; take another")


def _query(connector: AthenaConnector | RedshiftConnector, index: int, by_default: bool) -> Iterator[Misfit]:
    base: Path = ("dataConnectors", index)
    config = connector.config
    query = Query(connector.connector_id, connector.connector_id, config.query, ())
    try:
        tree = _bound(query, connector.type)
    except Rejected as reason:
        yield Misfit((*base, "config", "query"), str(reason))
        return
    read = {found.name.lower() for found in tree.find_all(exp.Table)}
    if config.table and config.table.lower().rpartition(".")[2] not in read:
        yield Misfit((*base, "config", "table"), f"is not read by the query{nearest(config.table, read)}")
    yield from _columns(tree, connector.field_mapping, base, by_default)


def _bound(query: Query, engine: Engine) -> exp.Query:
    """The query's tree, once it can be bound to a day. Rejected: it cannot; the text says where and why."""
    try:
        bind(query, engine, ANY_DAY)
    except Rejected as reason:
        raise Rejected(str(reason).removeprefix(f"query {query.name}").lstrip(":, ")) from reason
    return parse(query, engine)


def _columns(tree: exp.Query, mapping: dict[str, str], base: Path, by_default: bool = False) -> Iterator[Misfit]:
    """Mapped columns that the select list does not name; behind a `*` only the warehouse knows."""
    named = [name.lower() for name in tree.named_selects]
    if tree.is_star:
        return
    for column, target in mapping.items():
        if column.lower() not in named:
            reason = f"column {column}, mapped to {target}, is not selected by the query{nearest(column, named)}"
            place = (*base, "config", "query") if by_default else (*base, "fieldMapping", column)
            yield Misfit(place, reason, by_default)

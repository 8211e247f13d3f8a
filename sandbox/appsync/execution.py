"""A document and who asks in, data and errors as AppSync tells them out: each field that has a resolver is asked by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    default_field_resolver,
    execute_sync,
    located_error,
)

from sandbox.appsync.api import Api
from sandbox.appsync.calling import FunctionFailed, Invoke
from sandbox.appsync.query import fields_of
from sandbox.appsync.scripts import ResolverError, Scripts

Json = dict[str, Any]


@dataclass(frozen=True)
class Asker:
    """Who asks, by which headers, and when."""

    identity: Mapping[str, Any]
    headers: Mapping[str, str]
    now: datetime


@dataclass(frozen=True)
class Execution:
    """One API's way to answer. `invoke` calls a function, or raises FunctionFailed."""

    api: Api
    schema: GraphQLSchema
    scripts: Scripts
    invoke: Invoke

    def answer(self, document: DocumentNode, variables: Any, operation: str | None, asker: Asker) -> Json:
        """{data, errors?}"""
        beside: list[Json] = []

        def resolve(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
            if (info.parent_type.name, info.field_name) not in self.api.resolvers:
                return default_field_resolver(source, info, **arguments)
            value, told = self._resolve(source, info, arguments, asker)
            beside.extend(error_of(located_error(it, info.field_nodes, info.path.as_list())) for it in told)
            return value

        done = execute_sync(
            self.schema, document, variable_values=variables, operation_name=operation, field_resolver=resolve
        )
        errors = [*(error_of(it) for it in done.errors or ()), *beside]
        return {"data": done.data, **({"errors": errors} if errors else {})}

    def _resolve(
        self, source: Any, info: GraphQLResolveInfo, arguments: Json, asker: Asker
    ) -> tuple[Any, list[ResolverError]]:
        resolver = self.api.resolvers[info.parent_type.name, info.field_name]
        context = _context(source, info, arguments, asker)
        now = asker.now.isoformat()
        asked, told = self.scripts.run(resolver.code, "request", context, now)
        try:
            result: Json = {"result": self.invoke(resolver.function, _payload(asked))}
        except FunctionFailed as failure:
            result = {"result": None, "error": {"message": str(failure), "type": "Lambda:Unhandled"}}
        value, more = self.scripts.run(resolver.code, "response", {**context, **result}, now)
        return value, [*told, *more]


def error_of(error: GraphQLError) -> Json:
    """As AppSync writes it; what no resolver told has no type."""
    raised = error.original_error
    told = raised if isinstance(raised, ResolverError) else None
    if raised is not None and told is None and not isinstance(raised, GraphQLError):
        raise raised  # a bug of ours
    locations = [{"line": it.line, "column": it.column, "sourceName": None} for it in error.locations or ()]
    return {
        "path": error.path,
        "data": told.data if told else None,
        "errorType": told.type if told else None,
        "errorInfo": told.info if told else None,
        "locations": locations or None,
        "message": told.message if told else error.message,
    }


def _payload(asked: Any) -> Any:
    """ResolverError: the resolver asks for what a function cannot do."""
    if not isinstance(asked, dict) or asked.get("operation") != "Invoke":
        raise ResolverError("Unsupported operation", "BadRequest")
    return asked.get("payload")


def _context(source: Any, info: GraphQLResolveInfo, arguments: Json, asker: Asker) -> Json:
    return {
        "arguments": arguments,
        "args": arguments,
        "identity": asker.identity,
        "source": source,
        "stash": {},
        "request": {"headers": dict(asker.headers), "domainName": None},
        "info": {
            "fieldName": info.field_name,
            "parentTypeName": info.parent_type.name,
            "variables": info.variable_values,
            "selectionSetList": sorted(_selected(info)),
        },
    }


def _selected(info: GraphQLResolveInfo) -> set[str]:
    """Paths below the field: `venue`, `venue/name`."""
    found, level = set(), [("", it.selection_set) for it in info.field_nodes if it.selection_set]
    while level:
        above, selections = level.pop()
        for name, field in fields_of(selections, info.fragments):
            found.add(above + name)
            if field.selection_set:
                level.append((f"{above}{name}/", field.selection_set))
    return found

"""An Avro schema in, the columns of its table out, as Glue (Hive) and as Athena (Trino) name their types."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SIMPLE: Mapping[str, tuple[str, str]] = {
    "string": ("string", "varchar"),
    "boolean": ("boolean", "boolean"),
    "int": ("int", "integer"),
    "long": ("bigint", "bigint"),
    "float": ("float", "real"),
    "double": ("double", "double"),
    "bytes": ("binary", "varbinary"),
}
Types = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is in lower case, as Glue keeps it; so are the names inside of `hive` and `trino`."""

    name: str
    hive: str
    trino: str


def columns(schema: Mapping[str, Any]) -> list[Column]:
    """In the schema's order. ValueError: a type that is no column's, such as a union of two types that are not null."""
    named: dict[str, Any] = {}
    return [Column(field["name"].lower(), *_types(field["type"], named)) for field in schema["fields"]]


def _types(type: Any, named: dict[str, Any]) -> Types:
    match type:
        case str() if type in SIMPLE:
            return SIMPLE[type]
        case str() if type in named:
            return _record(named[type], named)
        case ["null", other]:
            return _types(other, named)
        case {"type": "record", "name": name}:
            named[name] = type
            return _record(type, named)
        case {"type": "array", "items": items}:
            hive, trino = _types(items, named)
            return f"array<{hive}>", f"array({trino})"
    raise ValueError(f"{type!r} has no column type")


def _record(record: Mapping[str, Any], named: dict[str, Any]) -> Types:
    fields = [(field["name"].lower(), *_types(field["type"], named)) for field in record["fields"]]
    hive = ",".join(f"{name}:{inner}" for name, inner, _ in fields)
    trino = ", ".join(f'"{name}" {inner}' for name, _, inner in fields)
    return f"struct<{hive}>", f"row({trino})"

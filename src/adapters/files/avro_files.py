"""Avro container files in, plain rows out, and back: for all that reads or rewrites the archive; new rows come from the encoder."""

import json
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import md5
from io import BytesIO
from typing import Any

import fastavro
from fastavro.schema import to_parsing_canonical_form as _form

from adapters.files.avro_schemas import schema
from domain.errors import Rejected

Row = dict[str, Any]

# What fastavro raises of bytes that are no container of a schema that today's can read.
UNREADABLE = (
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,  # a schema that is JSON, and no schema
    zlib.error,
    fastavro.read.SchemaResolutionError,
    fastavro.schema.SchemaParseException,
)


@cache
def todays(kind: str, written_by: str) -> bool:
    """Whether a schema, as JSON, has the same fields and types as today's: then nothing needs to be resolved."""
    try:
        return bool(_form(fastavro.parse_schema(json.loads(written_by))) == _form(parsed(kind)))
    except UNREADABLE:
        return False


@cache
def beyond(kind: str, written_by: str) -> list[str]:
    """The fields of a schema, as JSON, that today's has not: rows read as today's lose them."""
    try:
        return sorted(_fields(json.loads(written_by)) - _fields(schema(kind)))
    except UNREADABLE:  # whoever reads the rows says so
        return []


def _fields(schema: Any) -> set[str]:
    """`record.field`, under each of its names, however deep the record."""
    match schema:
        case {"fields": [*fields], "name": str(name)}:
            record = name.rpartition(".")[2]  # fastavro writes full names
            names = {f"{record}.{each}" for field in fields for each in (field["name"], *field.get("aliases", ()))}
            return names.union(*(_fields(field["type"]) for field in fields))
        case {"type": inner, **rest}:
            return _fields(inner) | _fields(rest.get("items")) | _fields(rest.get("values"))
        case [*branches]:
            return set().union(*map(_fields, branches))
    return set()


@cache
def parsed(kind: str) -> Any:
    """Today's schema as fastavro takes it."""
    return fastavro.parse_schema(dict(schema(kind)))


def read(body: bytes, kind: str, name: str = "file") -> Iterator[Row]:
    """The rows of one container as today's schema has them, whatever wrote it. Rejected: it is no such file, or is cut short."""
    try:
        rows: Any = fastavro.reader(BytesIO(body))
        if not todays(kind, rows.metadata["avro.schema"]):
            rows = fastavro.reader(BytesIO(body), reader_schema=parsed(kind))
        yield from rows
    except UNREADABLE as error:
        raise Rejected(f"{name} cannot be read as {kind} rows: {error}") from error


def write(kind: str, rows: Iterable[Row]) -> bytes:
    """One container, deflated; equal rows give equal bytes. The rows must be as `read` gives them: nothing is checked."""
    body = BytesIO()
    marker = md5(kind.encode(), usedforsecurity=False).digest()
    fastavro.writer(body, parsed(kind), rows, codec="deflate", sync_marker=marker)
    return body.getvalue()

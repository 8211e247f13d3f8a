"""Avro container files in, plain rows out, and back: for all that reads or rewrites the archive; new rows come from the encoder."""

import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import md5
from io import BytesIO
from typing import Any

import fastavro

from adapters.files.avro_schemas import schema
from domain.errors import Rejected

Row = dict[str, Any]

# What fastavro raises of bytes that are no container of a schema that today's can read.
UNREADABLE = (
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    zlib.error,
    fastavro.read.SchemaResolutionError,
    fastavro.schema.SchemaParseException,
)


@cache
def _parsed(kind: str) -> Any:
    return fastavro.parse_schema(dict(schema(kind)))


def read(body: bytes, kind: str, name: str = "file") -> Iterator[Row]:
    """The rows of one container as today's schema has them, whatever wrote it. Rejected: it is no such file, or is cut short."""
    try:
        yield from fastavro.reader(BytesIO(body), reader_schema=_parsed(kind))  # type: ignore[misc]
    except UNREADABLE as error:
        raise Rejected(f"{name} cannot be read as {kind} rows: {error}") from error


def write(kind: str, rows: Iterable[Row]) -> bytes:
    """One container, deflated; equal rows give equal bytes. The rows must be as `read` gives them: nothing is checked."""
    body = BytesIO()
    marker = md5(kind.encode(), usedforsecurity=False).digest()
    fastavro.writer(body, _parsed(kind), rows, codec="deflate", sync_marker=marker)
    return body.getvalue()

"""Avro containers in, each row as bytes with what it is sorted and known by out."""

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Any, NamedTuple

import fastavro

from adapters.files.avro_files import read
from adapters.files.avro_schemas import schema


class PackedRow(NamedTuple):
    """In the order in which rows lie in a compacted file."""

    at: str
    event_id: str
    deleted: bool
    packed: bytes  # as today's schema encodes the row

    def outdoes(self, other: "PackedRow") -> bool:
        """Which of two rows of one event id is kept: the one that the views would take; the bytes decide where they do not care."""
        return (self.at, self.deleted, self.packed) > (other.at, other.deleted, other.packed)


def rows(body: bytes, kind: str, name: str) -> Iterator[PackedRow]:
    """Rejected: it cannot be read."""
    parsed, buffer = _parsed(kind), BytesIO()
    for row in read(body, kind, name):
        buffer.seek(0)
        buffer.truncate()
        fastavro.schemaless_writer(buffer, parsed, row)
        change = row["change"]
        yield PackedRow(change["at"], change["eventId"], row["isDeleted"], buffer.getvalue())


@cache
def _parsed(kind: str) -> Any:
    return fastavro.parse_schema(dict(schema(kind)))

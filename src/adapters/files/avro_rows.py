"""Avro containers in, each row as bytes with what it is sorted and known by out."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, NamedTuple

import fastavro

from adapters.files.avro_blocks import Block, blocks, schema_in
from adapters.files.avro_files import UNREADABLE, Row, beyond, parsed, read, todays
from domain.errors import Rejected


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
    """Of today's schema a row's bytes are passed on as they are, three times as fast.

    Rejected: it cannot be read, or has fields that today's rows have not (the code was newer once, and will be again).
    """
    written_by = schema_in(body, name)
    if todays(kind, written_by):
        for block in blocks(body, name):
            yield from (_packed(row, packed) for row, packed in apart(block, parsed(kind), name))
    elif more := beyond(kind, written_by):
        raise Rejected(f"{name} has more fields than today's rows: {', '.join(more)}")
    else:
        yield from _encoded(body, kind, name)


def apart(block: Block, schema: Any, name: str) -> Iterator[tuple[Row, bytes]]:
    """A block's rows, each with its bytes: where one ends is known once it is read. `schema` is what they were written by, parsed."""
    reading, begin = BytesIO(block.rows), 0
    for _ in range(block.number):
        try:
            row: Any = fastavro.schemaless_reader(reading, schema, None)
        except UNREADABLE as error:
            raise Rejected(f"{name} cannot be read: {error}") from error
        end = reading.tell()
        yield row, block.rows[begin:end]
        begin = end
    if begin != len(block.rows):
        raise Rejected(f"{name} has more in a block than its rows")


def _encoded(body: bytes, kind: str, name: str) -> Iterator[PackedRow]:
    buffer = BytesIO()
    for row in read(body, kind, name):
        buffer.seek(0)
        buffer.truncate()
        fastavro.schemaless_writer(buffer, parsed(kind), row)
        yield _packed(row, buffer.getvalue())


def _packed(row: Any, packed: bytes) -> PackedRow:
    change = row["change"]
    return PackedRow(change["at"], change["eventId"], row["isDeleted"], packed)

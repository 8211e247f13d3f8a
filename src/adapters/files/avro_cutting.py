"""An Avro container and whose rows shall go in, the container without them out, all else in it byte for byte as it was."""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import fastavro

from adapters.files.avro_blocks import Block, blocks, header_in, schema_in
from adapters.files.avro_files import UNREADABLE, Row
from adapters.files.avro_rows import apart
from domain.archive.avro_bytes import varint
from domain.archive.container import MARKER, container
from domain.errors import Rejected


class _Changed(NamedTuple):
    """A block that loses rows, and what stands in its place."""

    begin: int
    end: int
    gone: int
    instead: bytes


def without(body: bytes, sign: bytes, theirs: Callable[[Row], bool], name: str) -> tuple[int, bytes]:
    """How many rows went, and what is left, nothing where no row is. Only blocks with the `sign` in their bytes are read.

    Rejected: it cannot be read.
    """
    changed: list[_Changed] = []
    rows = 0
    for block in blocks(body, name):
        rows += block.number
        if sign in block.rows:
            rest = [packed for row, packed in apart(block, _schema(schema_in(body)), name) if not theirs(row)]
            changed.append(_Changed(block.begin, block.end, block.number - len(rest), _block(rest, block, body)))
    gone = sum(one.gone for one in changed)
    return gone, _with(body, changed) if gone < rows else b""


def _with(body: bytes, changed: list[_Changed]) -> bytes:
    whole, at = bytearray(), 0
    for one in changed:
        if one.gone:
            whole += body[at : one.begin] + one.instead
            at = one.end
    return bytes(whole + body[at:]) if at else body


def _block(rows: list[bytes], was: Block, body: bytes) -> bytes:
    header = header_in(body)
    if was.deflated or not rows:
        return container(header, rows)[len(header) :]
    joined = b"".join(rows)  # none of ours is like that, but somebody's may be
    return varint(len(rows)) + varint(len(joined)) + joined + header[-MARKER:]


@lru_cache(maxsize=16)
def _schema(written_by: str) -> Any:
    try:
        return fastavro.parse_schema(json.loads(written_by))
    except UNREADABLE as error:
        raise Rejected(f"a schema cannot be read: {error}") from error

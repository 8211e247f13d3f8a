"""Encoded rows in, the bytes of one Avro container file out; equal rows give equal bytes."""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from hashlib import md5
from typing import Any

from domain.archive.avro_bytes import size, string, varint

BLOCK = 64 * 1024  # bytes of rows in a block, before they are deflated; twice what deflate looks back on
LEVEL = 4  # on change records: 3 % larger than at 6, for two thirds of its time; compaction writes them anew
MARKER = 16  # bytes between blocks, the same in all files of a schema


def header(schema: Mapping[str, Any]) -> bytes:
    """What such a file begins with; it ends with the marker. https://avro.apache.org/docs/1.12.0/specification/#object-container-files"""
    text = json.dumps(schema, separators=(",", ":"), ensure_ascii=False).encode()
    entries = [("avro.codec", b"deflate"), ("avro.schema", text)]
    meta = b"".join(string(key) + size(len(value)) + value for key, value in entries)
    return b"Obj\x01" + size(len(entries)) + meta + b"\0" + md5(text, usedforsecurity=False).digest()


def container(header: bytes, rows: Iterable[bytes]) -> bytes:
    """The rows may be an iterator: only one block of them is held. No rows make a file without blocks, and a valid one."""
    marker = header[-MARKER:]
    return b"".join([header, *(_block(block) + marker for block in _blocks(rows))])


def _blocks(rows: Iterable[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    held = 0
    for row in rows:
        block.append(row)
        held += len(row)
        if held >= BLOCK:
            yield block
            block, held = [], 0
    if block:
        yield block


def _block(rows: list[bytes]) -> bytes:
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)  # negative: without zlib's own frame
    content = deflate.compress(b"".join(rows)) + deflate.flush()
    return varint(len(rows)) + varint(len(content)) + content

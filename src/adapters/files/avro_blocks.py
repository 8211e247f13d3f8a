"""Avro containers in, their blocks of rows laid open out; rows' bytes in, containers out: rows pass through that nobody has to read."""

import zlib
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from adapters.files.avro_schemas import schema
from domain.archive.container import MARKER, container, header
from domain.errors import Rejected

MAGIC = b"Obj\x01"  # Avro 1.12, "Object Container Files"
AT_ONCE = 256 * 1024  # bytes of rows that wait to be deflated
RAW = -15  # zlib: without a header, as Avro has it


class Block(NamedTuple):
    """So many rows, their bytes laid open, and where in the container the block begins and ends."""

    number: int
    rows: bytes
    begin: int
    end: int
    deflated: bool


def blocks(body: bytes, name: str = "file") -> Iterator[Block]:
    """Rejected: it is no container, is cut short, or has another codec than ours."""
    try:
        yield from _blocks(body)
    except (ValueError, IndexError, zlib.error) as error:
        raise Rejected(f"{name} is no Avro container that we know: {error}") from error


def count(body: bytes, name: str = "file") -> int:
    """How many rows its blocks say they have."""
    return sum(block.number for block in blocks(body, name))


def schema_in(body: bytes, name: str = "file") -> str:
    """The schema that its rows were written by. Rejected: it does not begin as a container does."""
    try:
        return _header_of(body)[0][b"avro.schema"].decode()
    except (ValueError, IndexError, KeyError) as error:
        raise Rejected(f"{name} is no Avro container that we know: {error!r}") from error


def header_in(body: bytes) -> bytes:
    """All before the first block; it ends in the marker that ends each. The container must be one."""
    end = _header_of(body)[1] + MARKER
    return body[:end]


class Container:
    """One container in the making. Equal rows in equal order give equal bytes."""

    def __init__(self, kind: str) -> None:
        self._header = _header(kind)
        self._body = bytearray(self._header)
        self._open: list[bytes] = []
        self._waiting = self.rows = 0

    @property
    def size(self) -> int:
        """Bytes so far, but for the rows that wait."""
        return len(self._body)

    def add(self, row: bytes) -> None:
        """`row`: as today's schema encodes it."""
        self._open.append(row)
        self._waiting += len(row)
        self.rows += 1
        if self._waiting >= AT_ONCE:
            self._close()

    def body(self) -> bytearray:
        """The container itself and no copy of it, for it may be as large as all else together."""
        if self._open:
            self._close()
        return self._body

    def _close(self) -> None:
        self._body += container(self._header, self._open)[len(self._header) :]
        self._open, self._waiting = [], 0


@cache
def _header(kind: str) -> bytes:
    return header(schema(kind))


def _blocks(body: bytes) -> Iterator[Block]:
    said, at = _header_of(body)
    codec = said.get(b"avro.codec", b"null")
    if codec not in (b"null", b"deflate"):
        raise ValueError(f"its codec is {codec.decode('ascii', 'replace')}")
    marker, at = body[at : at + MARKER], at + MARKER
    while (begin := at) < len(body):
        number, at = _long(body, at)
        length, at = _long(body, at)
        end = at + length
        if length < 0 or number < 0 or body[end : end + MARKER] != marker or len(marker) < MARKER:
            raise ValueError("a block does not end where it should")
        packed = memoryview(body)[at:end]
        at = end + MARKER
        deflated = codec == b"deflate"
        yield Block(number, zlib.decompress(packed, RAW) if deflated else bytes(packed), begin, at, deflated)


def _header_of(body: bytes) -> tuple[dict[bytes, bytes], int]:
    """What the header's map says, and where it ends."""
    if not body.startswith(MAGIC):
        raise ValueError("it does not begin as one")
    said: dict[bytes, bytes] = {}
    at = len(MAGIC)
    while True:
        pairs, at = _long(body, at)
        if pairs < 0:  # then its size in bytes follows
            pairs, (_, at) = -pairs, _long(body, at)
        if not pairs:
            return said, at
        for _ in range(pairs):
            name, at = _text(body, at)
            said[name], at = _text(body, at)


def _text(body: bytes, at: int) -> tuple[bytes, int]:
    length, at = _long(body, at)
    if length < 0 or at + length > len(body):
        raise ValueError("a text ends behind its end")
    return body[at : at + length], at + length


def _long(body: bytes, at: int) -> tuple[int, int]:
    """Zigzag, seven bits a byte, the lowest first."""
    value = shift = 0
    while True:
        byte = body[at]
        value, at, shift = value | (byte & 0x7F) << shift, at + 1, shift + 7
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at
        if shift > 63:
            raise ValueError("a number has no end")

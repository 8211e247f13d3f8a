"""The bytes of a file in, its lines out, in bounded memory: also of a gzip file, and from any place on."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from domain.errors import Rejected

BLOCK = 1 << 18  # bytes at a time
LONGEST = 1 << 18  # bytes: a longer line comes in pieces of this length, of which only the last ends a line
LARGEST = (
    10 << 30
)  # bytes of an unpacked file, forty million rows: reading a bomb would outlast every call, each time anew


def lines(raw: BinaryIO, *, gz: bool, skip: int = 0) -> Iterator[bytes]:
    """Lines with their ends (LF, CRLF or CR); all of them together are the file. `skip`: so many bytes were read before.

    Rejected, after the last line that is whole: the gzip file is cut short, garbled, none, or a bomb.
    """
    blocks = iter(lambda: raw.read(BLOCK), b"")
    return _split(_behind(_unpacked(blocks) if gz else blocks, skip))


def _behind(blocks: Iterator[bytes], skip: int) -> Iterator[bytes]:
    for block in blocks:
        if skip < len(block):
            yield block[skip:]
        skip = max(0, skip - len(block))


def _unpacked(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Also of several gzip files one behind the other, and of zeros behind the last (RFC 1952, 2.2)."""
    unpacking, size = None, 0
    try:
        for block in blocks:
            while block := block if unpacking else block.lstrip(b"\0"):
                unpacking = unpacking or zlib.decompressobj(wbits=31)  # gzip, and its sums are checked
                yield (unpacked := unpacking.decompress(block, BLOCK))
                if (size := size + len(unpacked)) > LARGEST:
                    raise Rejected(f"the gzip file unpacks to more than {LARGEST:,} bytes")
                block = unpacking.unconsumed_tail
                if unpacking.eof:
                    block, unpacking = unpacking.unused_data, None
        if unpacking:
            yield unpacking.flush()
    except zlib.error as error:
        raise Rejected(f"not gzip, or garbled: {error}") from error
    if unpacking and not unpacking.eof:
        raise Rejected("the gzip file is truncated")


def _split(blocks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        if not block:
            continue
        found = (rest + block).splitlines(keepends=True)
        rest = found.pop()  # whether it ends here is not known: even a CR may have its LF in the next block
        if rest.endswith(b"\n"):
            found.append(rest)
            rest = b""
        if found and len(found[0]) > LONGEST:  # the others are of one block
            found[:1] = _pieces(found[0])
        yield from found
        *pieces, rest = _pieces(rest)
        yield from pieces
    if rest:
        yield rest


def _pieces(line: bytes) -> list[bytes]:
    """The same ones wherever a block has ended in it, so that a load which goes on reads what it has read; no CR without its LF."""
    pieces = []
    while len(line) > LONGEST and line[LONGEST - 1 :] != b"\r\n":
        pieces.append(line[:LONGEST])
        line = line[LONGEST:]
    return [*pieces, line]

"""The bytes of a file in, its lines out, in bounded memory: also of a gzip file, and from any place on."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from domain.errors import Rejected

BLOCK = 1 << 18  # bytes at a time
LONGEST = 1 << 20  # bytes: a longer line comes in pieces of this length, of which only the last ends a line


def lines(raw: BinaryIO, *, gz: bool, skip: int = 0) -> Iterator[bytes]:
    """Lines with their ends (LF, CRLF or CR); all of them together are the file. `skip`: so many bytes were read before.

    Rejected, after the last line that is whole: the gzip file is cut short, garbled, or none.
    """
    if not gz:
        return _split(_blocks(raw.read, skip))
    # read1, for read() would withhold what it has when it comes upon the end of a file that was cut
    return _split(_unpacked(_blocks(gzip.GzipFile(fileobj=raw, mode="rb").read1, skip)))


def _blocks(read: Callable[[int], bytes], skip: int) -> Iterator[bytes]:
    while block := read(BLOCK):
        if skip < len(block):
            yield block[skip:]
        skip = max(0, skip - len(block))


def _unpacked(blocks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from blocks
    except EOFError as error:
        raise Rejected("the gzip file is truncated") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise Rejected(f"not gzip, or garbled: {error}") from error


def _split(blocks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        found = (rest + block).splitlines(keepends=True)
        rest = found.pop()  # whether it ends here is not known: even a CR may have its LF in the next block
        if rest.endswith(b"\n"):
            found.append(rest)
            rest = b""
        yield from found
        while len(rest) > LONGEST:
            yield rest[:LONGEST]
            rest = rest[LONGEST:]
    if rest:
        yield rest

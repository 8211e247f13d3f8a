"""A query's result in, in how many of its lines a fan is shown out: packed or not, and a little of it at a time."""

import gzip
import zlib
from collections.abc import Iterator
from io import BytesIO

from domain.archive.fan import Fan
from domain.errors import Rejected

PACKED = b"\x1f\x8b"  # gzip (RFC 1952), as UNLOAD has it
PIECE = 1024**2  # bytes in work, for what is packed may be a hundred times as large when it is laid open
LONGEST = 16 * 1024**2  # bytes of a line: a longer one is none


def shown(body: bytes, fan: Fan) -> int:
    """Rejected: it is no text of lines to look into."""
    if "\n" in fan.id:
        raise Rejected("an id of two lines is shown in no line")
    try:
        return sum(_shown(text, fan) for text in _lines(body))
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise Rejected(f"it is no text: {error}") from error


def _shown(text: str, fan: Fan) -> int:
    return sum(map(fan.shown_in, text.split("\n"))) if fan.shown_in(text) else 0


def _lines(body: bytes) -> Iterator[str]:
    """Whole lines, some at a time."""
    laid_open = gzip.GzipFile(fileobj=BytesIO(body)) if body.startswith(PACKED) else BytesIO(body)
    begun = b""
    while piece := laid_open.read(PIECE):
        whole, end, rest = piece.rpartition(b"\n")
        if end:
            yield (begun + whole).decode()
            begun = b""
        begun += rest
        if len(begun) > LONGEST:
            raise ValueError("a line has no end")
    yield begun.decode()

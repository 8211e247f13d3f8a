"""Physical lines of a CSV file in, its records out, line by line; what is no record says why, and costs only its own line."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from domain.errors import Rejected

RECORD = 64 * 1024  # bytes
LINES = 50  # that a quoted cell may go on over; the bound of what is read again after a quote that is never closed


@dataclass(frozen=True, slots=True)
class Line:
    """`number` is the physical line's, from 1. Either cells or the code of what is wrong."""

    number: int
    cells: list[str]
    wrong: str | None = None


def header(lines: Iterator[bytes]) -> list[str]:
    """Takes the first line. Rejected: there is none, or it is no text of UTF-8."""
    first = next(lines, b"").removeprefix(b"\xef\xbb\xbf")
    if first[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Rejected("the file is UTF-16; it must be UTF-8")
    if not first.strip():
        raise Rejected("the file is empty, or has no header")
    found = _read(1, first, iter(()))
    if found.wrong:
        raise Rejected(f"the header cannot be read: {found.wrong}")
    return found.cells


def records(lines: Iterable[bytes]) -> Iterator[Line]:
    """All behind the header; empty lines are none."""
    rest, again, number = iter(lines), deque[bytes](), 1
    while raw := again.popleft() if again else next(rest, b""):
        number += 1
        following = _Following(rest, again, len(raw))
        found = _read(number, raw, following)
        if len(raw) > RECORD:
            _pass_over(raw, rest)
        if found.wrong:
            again.extendleft(reversed(following.taken))
        else:
            number += len(following.taken)
        if found.cells or found.wrong:
            yield found


def _pass_over(raw: bytes, rest: Iterator[bytes]) -> None:
    """A line may be so long that it comes in pieces, and its end is no line of its own."""
    while raw and not raw.endswith((b"\n", b"\r")):
        raw = next(rest, b"")


class _Following:
    """The lines behind one, as far as its record may reach; what was `taken` of them can be given back."""

    def __init__(self, rest: Iterator[bytes], again: deque[bytes], size: int) -> None:
        self.rest, self.again, self.size = rest, again, size
        self.taken: list[bytes] = []

    def __iter__(self) -> Iterator[bytes]:
        while self.size <= RECORD and len(self.taken) < LINES:
            raw = self.again.popleft() if self.again else next(self.rest, b"")
            if not raw:
                return
            self.size += len(raw)
            self.taken.append(raw)
            yield raw


def _read(number: int, raw: bytes, following: Iterable[bytes]) -> Line:
    if len(raw) > RECORD:
        return Line(number, [], "too_long")
    if b"\0" in raw:
        return Line(number, [], "nul_byte")
    try:
        text = raw.decode().rstrip("\r\n")
        if '"' not in text:
            return Line(number, text.split(",") if text else [])
        # Strict: a quote that closes no cell is an error here, and not a part of some cell three lines on.
        more = (it.decode() for it in following)
        cells = next(csv.reader(chain([raw.decode()], more), strict=True, skipinitialspace=True))
        return Line(number, cells)
    except UnicodeDecodeError:
        return Line(number, [], "not_utf8")
    except csv.Error:
        return Line(number, [], "unclosed_quote")

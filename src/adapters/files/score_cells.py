"""Lines of a scored file in, rows as cells out, and what is no row named as such: one bad row takes no other with it.

Most lines need no CSV reader: printable ASCII without quotes, backslashes, or blanks beside a comma. Their cells need no
trimming, and no escaping in JSON.
"""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from adapters.files.file_lines import LONGEST
from domain.errors import Rejected
from domain.scores.row_rules import LONGEST_CELL, NOT_UTF8, NUL, TOO_LONG, UNCLOSED, WRONG_CELLS

BATCH = 64  # lines looked at together; few, for each may be long
BLANKS = (b" ,", b", ")
PLAIN = bytes(byte for byte in (10, 13, *range(32, 127)) if chr(byte) not in '"\\')
CONTROLS = [bytes([byte]) for byte in range(127) if byte not in PLAIN]
HARMLESS = PLAIN + b'"' + bytes(range(127, 256))  # in JSON, but for a quote that is part of a cell
SHOWN_CELLS, SHOWN = 100, 256  # of a row that is refused; characters a cell
AHEAD = 1 << 20  # bytes that a row with quotes may have
PATIENCE = 2 * AHEAD  # bytes a chunk that are read in vain for the ends of quoted cells


@dataclass(slots=True)
class Odd:
    """A row that is not plain: its trimmed cells, what is wrong with it already, and whether JSON needs characters of it escaped.

    Of what is no row at all there is one cell, with its beginning.
    """

    cells: list[str]
    reasons: tuple[str, ...] = ()
    escape: bool = True


@dataclass(slots=True)
class Cells:
    """`offset` and `line`: bytes and lines of the file that the rows taken so far take up. `width`: cells of a good row."""

    lines: Iterator[bytes]
    width: int
    offset: int
    line: int
    began: int = 0  # line of the row that was taken last
    broken: Rejected | None = None  # the file breaks off behind the lines that there are
    _waiting: deque[bytes] = field(default_factory=deque)
    _plain: bool = False  # all that wait
    _patience: int = PATIENCE

    def take(self, most: int, size: int) -> Iterator[list[str] | Odd]:
        """So many rows, or as many as begin within `size` bytes; fewer at the end. A list is a plain row. Empty lines are none."""
        csv.field_size_limit(2 * AHEAD)  # of the process; cells that are too long are refused here, by row
        self._patience = PATIENCE  # anew, so that a chunk reads the same when a load goes on with it
        end = self.offset + size
        while most and self.offset < end and (line := self._next()) is not None:
            self.offset += len(line)
            self.line = self.began = self.line + 1
            row: list[str] | Odd | None
            if self._plain or not (oddities := _oddities(line)):
                text = line.decode("ascii").strip()
                row = text.split(",") if text else None
            else:
                row = self._odd(line, oddities)
            if row:
                most -= 1
                yield row

    def _next(self) -> bytes | None:
        """The next line. None: there are no more."""
        if not self._waiting:
            try:
                self._waiting.extend(islice(self.lines, BATCH))
            except Rejected as error:
                self.broken = error
            self._plain = _are_plain(self._waiting)
        return self._waiting.popleft() if self._waiting else None

    def _odd(self, line: bytes, oddities: bytes) -> Odd | None:
        if len(line) > LONGEST or _is_piece(line):
            self._pass_over(line)
            return Odd([_shown(line)], (TOO_LONG,))
        if b'"' in oddities:
            whole, cells = self._quoted(line)
            return Odd([_shown(line)], (UNCLOSED,)) if cells is None else _row(whole, cells, self.width)
        return _row(line, _text(line).strip("\r\n").split(","), self.width)

    def _pass_over(self, line: bytes | None) -> None:
        """What is left of a line that is too long."""
        while line and _is_piece(line) and (line := self._next()):
            self.offset += len(line)

    def _quoted(self, line: bytes) -> tuple[bytes, list[str] | None]:
        """A row with quotes, which may go on over further lines. None: a quote is not closed, or what it closes is no row.

        Then only the first line is used up: a stray quote must not swallow the good rows behind it.
        """
        read = [line]
        try:
            cells = next(csv.reader(self._reading(read), skipinitialspace=True, strict=True), None)
        except csv.Error:
            cells = None
        if len(further := read[1:]) and (cells is None or len(cells) != self.width or any(map(_is_piece, further))):
            self._patience -= sum(map(len, further))
            self._waiting.extendleft(reversed(further))
            self._plain = False
            return line, None
        self.offset += sum(map(len, further))
        self.line += len(further)
        return b"".join(read), cells

    def _reading(self, read: list[bytes]) -> Iterator[str]:
        """The first of `read`, and the lines behind it as long as they are asked for."""
        yield _text(read[0])
        room = min(AHEAD, self._patience)
        while room > 0 and (line := self._next()) is not None:
            read.append(line)
            room -= len(line)
            yield _text(line)


def _are_plain(lines: Sequence[bytes]) -> bool:
    """The same as no oddities in any line; asked for all together, and each by each, it takes a tenth of the time."""
    if max(map(len, lines), default=0) > LONGEST_CELL:
        return False
    together = b"".join(lines)
    return (
        together.isascii()
        and not any(byte in together for byte in CONTROLS)
        and not any(blanks in together for blanks in BLANKS)
    )


def _oddities(line: bytes) -> bytes:
    """Bytes that a plain line has none of, and commas where it is not plain otherwise."""
    if found := line.translate(None, PLAIN):
        return found
    return b"," if b" ," in line or b", " in line or len(line) > LONGEST_CELL else b""


def _row(record: bytes, cells: list[str], width: int) -> Odd | None:
    """None: it is an empty line."""
    if len(cells) < 2 and not record.strip():
        return None
    reasons = [WRONG_CELLS] if len(cells) != width else []
    if b"\0" in record:
        reasons.append(NUL)
    text = "".join(cells)
    if not text.isascii() and not _is_utf8(record):
        reasons.append(NOT_UTF8)
    if reasons:
        cells = [_told(cell) for cell in cells[: max(SHOWN_CELLS, width)]]
    escape = any(char in text for char in '"\n\r') or bool(record.translate(None, HARMLESS))
    return Odd([*map(str.strip, cells)], tuple(reasons), escape)


def _is_piece(line: bytes) -> bool:
    return len(line) >= LONGEST and not line.endswith((b"\n", b"\r"))


def _is_utf8(record: bytes) -> bool:
    try:
        record.decode()
    except UnicodeDecodeError:
        return False
    return True


def _told(text: str) -> str:
    return text.encode(errors="surrogateescape").decode(errors="backslashreplace")


def _text(line: bytes) -> str:
    """Bytes that are no UTF-8 stay apart, as lone surrogates, so that the rest can be told."""
    return line.decode(errors="surrogateescape")


def _shown(line: bytes) -> str:
    return line[: 4 * SHOWN].decode(errors="backslashreplace")[:SHOWN]

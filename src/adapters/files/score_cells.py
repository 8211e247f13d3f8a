"""Lines of a scored file in, rows as cells out, and what is no row named as such: one bad row takes no other with it.

Most lines need no CSV reader: printable ASCII without quotes, backslashes, or blanks beside a comma. Their cells need no
trimming, and no escaping in JSON.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from adapters.files.file_lines import LONGEST
from domain.errors import Rejected
from domain.scores.row_rules import LONGEST_CELL, NOT_UTF8, NUL, TOO_LONG, UNCLOSED, WRONG_CELLS

BATCH = 256  # lines looked at together
ODD = re.compile(rb"[^ !#-\[\]-~\r\n]| ,|, ").search  # what a line has that is not plain
CONTROLS = [bytes([byte]) for byte in (*range(10), 11, 12, *range(14, 32))]
ODDITIES = (*CONTROLS, b'"', b"\\", b" ,", b", ")  # the same; asked for one by one it takes a tenth of the time
SHOWN_CELLS, SHOWN = 100, 256  # of a row that is refused; characters a cell
PATIENCE = 4 * LONGEST  # bytes a chunk that are read in vain for the ends of quoted cells


@dataclass(slots=True)
class Odd:
    """A row that was not plain: its trimmed cells, and what is wrong with it already. Less is shown of what is no row at all."""

    cells: list[str]
    reasons: tuple[str, ...] = ()


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
        csv.field_size_limit(2 * LONGEST)  # of the process; cells that are too long are refused here, by row
        self._patience = PATIENCE  # anew, so that a chunk reads the same when a load goes on with it
        end = self.offset + size
        while most and self.offset < end and (line := self._next()) is not None:
            self.offset += len(line)
            self.line = self.began = self.line + 1
            if self._plain or _is_plain(line):
                text = line.decode("ascii").strip()
                row: list[str] | Odd | None = text.split(",") if text else None
            else:
                row = self._odd(line)
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

    def _odd(self, line: bytes) -> Odd | None:
        if len(line) > LONGEST or _is_piece(line):
            self._pass_over(line)
            return Odd([_shown(line)], (TOO_LONG,))
        if b'"' not in line:
            return _row(line, _text(line).strip("\r\n").split(","), self.width)
        whole, cells = self._quoted(line)
        return Odd([_shown(line)], (UNCLOSED,)) if cells is None else _row(whole, cells, self.width)

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
        room = min(LONGEST, self._patience)
        while room > 0 and (line := self._next()) is not None:
            read.append(line)
            room -= len(line)
            yield _text(line)


def _are_plain(lines: Sequence[bytes]) -> bool:
    together = b"".join(lines)
    return (
        together.isascii()
        and not any(oddity in together for oddity in ODDITIES)
        and max(map(len, lines), default=0) <= LONGEST_CELL
    )


def _is_plain(line: bytes) -> bool:
    return len(line) <= LONGEST_CELL and not ODD(line)


def _row(record: bytes, cells: list[str], width: int) -> Odd | None:
    """None: it is an empty line."""
    if not record.strip():
        return None
    checks = {WRONG_CELLS: len(cells) != width, NUL: b"\0" in record, NOT_UTF8: not _is_utf8(record)}
    reasons = tuple(reason for reason, wrong in checks.items() if wrong)
    shown = [_told(cell) for cell in cells[: max(SHOWN_CELLS, width)]] if reasons else cells
    return Odd([cell.strip() for cell in shown], reasons)


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

"""The lines of a fanlist in; what each of its rows says, or why it says nothing, out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapters.files.score_cells import SHOWN, Cells, Odd
from adapters.files.score_header import Header, read_names
from domain.scores.fanlist import Columns, Entry, Reasons, columns, judge

ROWS, BYTES = 5000, 4 << 20  # between two breaths of the reader, which bound what is read again after quotes left open


@dataclass(frozen=True, slots=True)
class Row:
    """`number` and `line` count from 1, the header being no row, but a line. `cells` are trimmed, and cut short."""

    number: int
    line: int
    cells: Sequence[str]
    says: Entry | Reasons

    def told(self) -> dict[str, object]:
        """Of a row that is refused."""
        return {"row": self.number, "line": self.line, "reasons": self.says, "cells": self.cells}


def read_columns(lines: Iterator[bytes], identifier: str | None) -> tuple[Header, Columns]:
    """`identifier` is the campaign's. Rejected: this is no CSV file, or none with scores of its fans."""
    header = read_names(lines)
    return header, columns(header.names, identifier)


def rows(lines: Iterator[bytes], header: Header, where: Columns) -> Iterator[Row]:
    """Of the lines behind the header. Rejected, after what could be read: the file breaks off."""
    cells = Cells(lines, where.width, header.begin.offset, header.begin.line)
    number, offset = 0, -1
    while offset < cells.offset:
        offset = cells.offset
        for taken in cells.take(ROWS, BYTES):
            number += 1
            if isinstance(taken, Odd):
                shown = [it[:SHOWN] for it in taken.cells]
                yield Row(number, cells.began, shown, taken.reasons or judge(taken.cells, where))
            else:
                yield Row(number, cells.began, taken, judge(taken, where))  # no longer than a cell may be
    if cells.broken:
        raise cells.broken

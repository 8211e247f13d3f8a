"""The lines of a scored file in, its columns out, and where its rows begin; or why it is no such file at all."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.errors import Rejected
from domain.scores.load import START, Place
from domain.scores.row_rules import COLUMNS, LONGEST_RECORD, REQUIRED

BOM = "\ufeff"
FOREIGN = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x1f\x8b": "gzip, though its name does not end in .gz"}


@dataclass(frozen=True, slots=True)
class Header:
    """Trimmed names of the columns; of all, also of those that are passed over. `begin`: of the first row."""

    names: tuple[str, ...]
    begin: Place


def read_header(lines: Iterator[bytes]) -> Header:
    """As `read_names`. Rejected, too: a column that is needed is missing, or one of those we know is there twice."""
    header = read_names(lines)
    _check(header.names)
    return header


def read_names(lines: Iterator[bytes]) -> Header:
    """Takes the header off the lines, and the empty ones before it, whatever its columns. It may be quoted.

    Rejected: there is none, or the file is no CSV in UTF-8. What is in the file is not in the text: it may be a fan's row.
    """
    begin = START
    try:
        for read, names in _records(lines):
            begin = Place(begin.offset + sum(map(len, read)), 0, begin.line + len(read), 0)
            if any(names):
                return Header(tuple(names), begin)
    except csv.Error as error:
        raise Rejected(f"the header is no CSV: {error}") from error
    raise Rejected("the file is empty")


def _records(lines: Iterator[bytes]) -> Iterator[tuple[list[bytes], list[str]]]:
    """CSV records with the lines that they take up, and no line further."""
    read: list[bytes] = []
    for cells in csv.reader(_texts(lines, read), skipinitialspace=True, strict=True):
        yield read, [cell.strip() for cell in cells]
        read.clear()


def _texts(lines: Iterator[bytes], read: list[bytes]) -> Iterator[str]:
    size = 0
    for number, line in enumerate(lines):
        size += len(line)
        if size > LONGEST_RECORD:
            raise Rejected(f"the header takes up more than {LONGEST_RECORD:,} bytes")
        read.append(line)
        yield _text(line, first=number == 0)


def _text(line: bytes, first: bool) -> str:
    if first and (kind := FOREIGN.get(line[:2])):
        raise Rejected(f"not CSV in UTF-8 but {kind}")
    if b"\0" in line:
        raise Rejected("not text: there are NUL bytes in the header")
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise Rejected("the header is not UTF-8") from error
    return text.removeprefix(BOM) if first else text


def _check(names: Sequence[str]) -> None:
    if missing := [name for name in REQUIRED if name not in names]:
        raise Rejected(f"the header lacks {', '.join(missing)}")
    if twice := sorted(name for name, times in Counter(names).items() if times > 1 and name in COLUMNS):
        raise Rejected(f"the header has {', '.join(twice)} more than once")

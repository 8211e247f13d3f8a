"""Rows in, gzip JSON lines out, and back; the same rows always give the same bytes."""

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any

import orjson

from domain.errors import Rejected

Row = Mapping[str, Any]
Instead = Callable[[str], dict[str, Any]]
BUFFER = 1 << 16  # bytes handed to gzip at a time: its Python layer costs more than the lines it is given


def encode(rows: Iterable[Row]) -> bytes:
    """One object a line, gzip with no timestamp."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=4, mtime=0) as file,
        io.BufferedWriter(file, BUFFER) as lines,
    ):
        for row in rows:
            lines.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
    return buffer.getvalue()


def decode(stream: IO[bytes], name: str, instead: Instead | None = None) -> Iterator[dict[str, Any]]:
    """The rows of one gzip file, streamed, and its checksum checked at the end.

    Rejected: the file is cut short or garbled, or a line is no JSON object; the text names file and line, never what is
    in it. With `instead`, such a line is the row that this makes of its place (`name line n`).
    """
    number = 0
    try:
        with gzip.GzipFile(fileobj=stream, mode="rb") as file, io.BufferedReader(file, BUFFER) as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    row, flaw = orjson.loads(line), "not an object"
                except json.JSONDecodeError as error:
                    row, flaw = None, f"not JSON ({error})"
                if isinstance(row, dict):
                    yield row
                elif instead:
                    yield instead(f"{name} line {number}")
                else:
                    raise Rejected(f"{name} line {number}: {flaw}")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Rejected(f"{name} after line {number}: cut short or garbled ({error})") from error

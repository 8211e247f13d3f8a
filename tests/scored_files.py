"""A scored file's bytes in, everything that reading it gives out: for the tests of the reader."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from adapters.files.file_lines import lines
from adapters.files.score_csv import Chunk, Place, Refused, chunks, read_header
from domain.scores.drop import Arrival, dropped

COLUMNS = ("globalUserId", "id", "score", "isVerified", "email", "hbase")
HEADER = (",".join(COLUMNS) + "\n").encode()
AT = datetime(2026, 2, 13, 10, 5, tzinfo=UTC)
DROP = dropped(Arrival("scoring", "scrubbed/registrants.c1.tay.2026-02-13T10:00:00.csv", "v1", "0A", AT))


class Slowly(BytesIO):
    """A file that gives a few bytes at a time, as a connection may."""

    def __init__(self, body: bytes, at_once: int) -> None:
        super().__init__(body)
        self.at_once = at_once

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self.at_once if size is None or size < 0 else min(size, self.at_once))


@dataclass(frozen=True)
class Read:
    chunks: list[Chunk]

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(data) for chunk in self.chunks for _, data in chunk.records]

    @property
    def keys(self) -> list[str]:
        return [key for chunk in self.chunks for key, _ in chunk.records]

    @property
    def fans(self) -> list[str]:
        return [record["globalUserId"] for record in self.records]

    @property
    def refused(self) -> list[Refused]:
        return [row for chunk in self.chunks for row in chunk.rejected]

    @property
    def reasons(self) -> list[tuple[str, ...]]:
        return [row.reasons for row in self.refused]


def read(body: bytes, *, rows: int = 5_000, at: Place | None = None, gz: bool = False, at_once: int = 1 << 20) -> Read:
    """All of it, or from a place on. Each chunk's sums hold."""
    return Read([*checked(reading(body, rows=rows, at=at, gz=gz, at_once=at_once))])


def reading(
    body: bytes, *, rows: int = 5_000, at: Place | None = None, gz: bool = False, at_once: int = 1 << 20
) -> Iterator[Chunk]:
    content = gzip.compress(body, mtime=0) if gz else body
    found = lines(Slowly(content, at_once), gz=gz)
    header = read_header(found)
    if at is not None:
        found = lines(Slowly(content, at_once), gz=gz, skip=at.offset)
    return chunks(found, header, drop=DROP, at=at or header.begin, chunk_rows=rows)


def checked(found: Iterator[Chunk]) -> Iterator[Chunk]:
    for chunk in found:
        assert chunk.rows == chunk.valid + chunk.invalid
        assert chunk.valid == len(chunk.records) + chunk.combined
        assert chunk.invalid == len(chunk.rejected)
        assert sum(chunk.reasons.values()) == sum(len(row.reasons) for row in chunk.rejected)
        assert all(row.reasons for row in chunk.rejected)
        assert chunk.end.part == chunk.part + 1
        yield chunk


def row(fan: str = "f1", score: str = "0.5", verified: str = "true", **more: str) -> str:
    """Of COLUMNS, with a line end."""
    cells = {"globalUserId": fan, "id": fan, "score": score, "isVerified": verified, **more}
    return ",".join(cells.get(name, "") for name in COLUMNS) + "\n"


def file_of(*rows: str | bytes) -> bytes:
    """A header, and the rows."""
    return HEADER + b"".join(it.encode() if isinstance(it, str) else it for it in rows)

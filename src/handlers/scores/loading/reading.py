"""A file that was dropped in; its records on the stream, its refused rows in the bucket, and how far it has come out."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO

from adapters.aws.load_ledger import LoadLedger
from adapters.aws.score_files import ScoreFiles, is_gzip
from adapters.aws.score_stream import ScoreStream
from adapters.aws.verdict_queue import VerdictQueue
from adapters.files.file_lines import lines
from adapters.files.score_csv import Chunk, Refused, chunks, read_header
from domain.errors import Unavailable
from domain.scores.drop import Drop
from domain.scores.load import START, Progress
from domain.scores.places import rejected_rows
from handlers.scores.loading.messages import Paused

MARGIN = 60_000  # milliseconds of a call that the next chunk and the file's end may take


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a call works with. `put_off` lets the message of a receipt come again after so many seconds."""

    files: ScoreFiles
    stream: ScoreStream
    ledger: LoadLedger
    verdicts: VerdictQueue
    put_off: Callable[[str, float], object]
    bucket: str  # for rows that are refused
    chunk_rows: int
    clock: Callable[[], datetime] = utc_now


@dataclass(frozen=True, slots=True)
class Turn:
    """One call at work on one file. `remaining` are milliseconds of the call."""

    desk: Desk
    drop: Drop
    holder: str
    remaining: Callable[[], int]

    def read(self, progress: Progress) -> Iterator[Progress]:
        """Each chunk from `progress` on, when all of it is in and written down; and after the last the file is LOADED.

        Paused: the call's time is over. Unavailable: it goes on from the last that came out. Rejected: it can never be loaded.
        """
        with self._chunks(progress) as found:
            for chunk in found:
                self._put(chunk)
                progress = progress.plus(figures(chunk), chunk.reasons, chunk.end)
                self.desk.ledger.checkpoint(self.drop, self.holder, progress, self.desk.clock())
                yield progress
                if self.remaining() < MARGIN:
                    raise Paused(f"load {self.drop.load} goes on at row {progress.place.row:,}")
        self.desk.ledger.loaded(self.drop, self.holder, progress, self.desk.clock())

    def reject(self, why: str, progress: Progress) -> None:
        self.desk.ledger.reject(self.drop, self.holder, why, self.desk.clock(), progress)

    @contextmanager
    def given_back(self) -> Iterator[None]:
        """Whoever comes after a call that could not go on need not wait for its lease to run out."""
        try:
            yield
        except Unavailable:
            with suppress(Unavailable):
                self.desk.ledger.release(self.drop, self.holder)
            raise

    def tell(self, progress: Progress) -> None:
        """The verdict is due. Told twice where nobody came to know of the first time."""
        self.desk.verdicts.tell(self.drop.campaign, progress.figures["out"], self.drop.load)
        self.desk.ledger.told(self.drop, self.desk.clock())

    def _put(self, chunk: Chunk) -> None:
        """In this order: what is noted as done has been done, and a chunk done twice is the same chunk."""
        self.desk.stream.put(chunk.records)
        if chunk.rejected:
            key = rejected_rows(self.drop.campaign, self.drop.load, chunk.part)
            self.desk.files.keep(self.desk.bucket, key, map(refused, chunk.rejected))

    @contextmanager
    def _chunks(self, progress: Progress) -> Iterator[Iterator[Chunk]]:
        """From the progress' place on. The header is read anew each time."""
        with ExitStack() as open_files:
            raw = open_files.enter_context(self._opened())
            found = lines(raw, gz=(gz := is_gzip(raw)))
            header = read_header(found)
            at = header.begin if progress.place == START else progress.place
            if at == header.begin:
                if gz:
                    self._check_gzip()
            elif gz:
                found = lines(open_files.enter_context(self._opened()), gz=True, skip=at.offset)
            else:
                found = lines(open_files.enter_context(self._opened(at.offset)), gz=False)
            yield chunks(found, header, drop=self.drop, at=at, chunk_rows=self.desk.chunk_rows)

    def _check_gzip(self) -> None:
        """Rejected: it is broken. So it is found out before any row of it is taken."""
        with self._opened() as raw:
            for _ in lines(raw, gz=True):
                pass

    def _opened(self, offset: int = 0) -> AbstractContextManager[BinaryIO]:
        return self.desk.files.open(self.drop.arrival, offset)


def figures(chunk: Chunk) -> dict[str, int]:
    assert chunk.rows == chunk.valid + chunk.invalid
    assert chunk.valid == len(chunk.records) + chunk.combined
    return {
        "in": chunk.rows,
        "valid": chunk.valid,
        "invalid": chunk.invalid,
        "combined": chunk.combined,
        "out": len(chunk.records),
    }


def refused(row: Refused) -> dict[str, Any]:
    return {"row": row.row, "line": row.line, "reasons": row.reasons, "cells": row.cells}

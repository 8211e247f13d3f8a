"""A fanlist's file in; each fan's highest score on disk, what the rows came to, and the refused rows beside the file out."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.aws.score_files import ScoreFiles, is_gzip
from adapters.files.fanlist_csv import header, records
from adapters.files.file_lines import lines
from adapters.files.highest_scores import HighestScores
from domain.scores.drop import Drop
from domain.scores.fanlist import Columns, Entry, columns, judge
from domain.scores.places import rejected_rows

ROWS_A_TURN = 50_000  # about a second's; the lease is kept up between them
REFUSED_A_FILE = 5000
SHOWN = 256  # characters of a cell


@dataclass
class Rows:
    """What the rows of one file came to so far."""

    read: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    refused: list[dict[str, Any]] = field(default_factory=list)
    invalid: int = 0
    parts: int = 0  # files of refused rows

    def figures(self, highest: HighestScores) -> Mapping[str, int]:
        """in = valid + invalid + duplicate: valid are the fans, each once."""
        valid = highest.distinct()
        return {"in": self.read, "valid": valid, "invalid": self.invalid, "duplicate": highest.taken - valid}


def read(
    drop: Drop,
    identifier: str | None,
    highest: HighestScores,
    *,
    files: ScoreFiles,
    bucket: str,
    turn: Callable[[], None],
) -> tuple[Columns, Rows]:
    """`turn` is called now and then. Reading again leaves the same. Rejected: the file is none; Unavailable: it broke off."""
    rows = Rows()
    with files.open(drop.arrival) as raw:
        file = lines(raw, gz=is_gzip(raw), skip=0)
        where = columns(header(file), identifier)
        highest.add(_entries(file, where, rows, lambda: _keep(rows, drop, files, bucket), turn))
    if rows.refused:
        _keep(rows, drop, files, bucket)
    return where, rows


def _entries(
    file: Iterator[bytes], where: Columns, rows: Rows, keep: Callable[[], None], turn: Callable[[], None]
) -> Iterator[Entry]:
    for line in records(file):
        rows.read += 1
        if rows.read % ROWS_A_TURN == 0:
            turn()
        found = (line.wrong,) if line.wrong else judge(line.cells, where)
        if isinstance(found, Entry):
            yield found
            continue
        rows.invalid += 1
        rows.reasons.update(found)
        rows.refused.append(
            {"row": rows.read, "line": line.number, "reasons": found, "cells": [it[:SHOWN] for it in line.cells]}
        )
        if len(rows.refused) == REFUSED_A_FILE:
            keep()


def _keep(rows: Rows, drop: Drop, files: ScoreFiles, bucket: str) -> None:
    files.keep(bucket, rejected_rows(drop.campaign, drop.load, rows.parts), rows.refused)
    rows.parts += 1
    rows.refused.clear()

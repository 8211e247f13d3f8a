"""CPU a row of a scored file costs until its records are bytes, ours against csv.DictReader + pydantic; and peak memory."""

import gc
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from time import process_time
from typing import Any, BinaryIO

from adapters.files.file_lines import lines
from adapters.files.score_csv import Chunk, chunks, read_header
from benchmarks import scores_file
from benchmarks.result import Line, paired
from domain.scores.drop import Arrival, dropped

ROWS, ROUNDS = 30_000, 7
SIZES = (100_000, 1_000_000)  # rows, of the files that are read in fresh processes
GOAL, MEMORY_GOAL, FLAT = 2.5, 80, 1.2
KEY = f"scrubbed/registrants.{scores_file.CAMPAIGN_ID}.presale.2026-02-13T10:00:00.csv"
DROP = dropped(Arrival("scoring", KEY, "v1", "00", datetime(2026, 2, 13, 10, 5, tzinfo=UTC)))


def measure() -> list[Line]:
    from benchmarks import scores_peer  # pydantic would count into the children's memory

    body = b"".join(scores_file.lines(ROWS))
    _same_records(body, scores_peer)
    mine, theirs = _rounds(
        partial(_consume, ours, body), partial(_consume, partial(scores_peer.records, drop=DROP), body)
    )
    peaks = [_peak(rows) for rows in SIZES]
    return [
        paired("scores: rows of a file to records", "CPU µs per row", mine, theirs, goal=GOAL),
        *(_memory(f"{rows:,} rows", peak) for rows, peak in zip(SIZES, peaks, strict=True)),
        Line(
            "scores, peak memory of the larger to the smaller",
            "MB",
            peaks[1],
            peaks[0],
            peaks[1] / peaks[0],
            FLAT,
            below=True,
        ),
    ]


def check(rows: int = 10_000) -> None:
    """Only compare what both sides make of a file."""
    from benchmarks import scores_peer

    _same_records(b"".join(scores_file.lines(rows)), scores_peer)


def ours(file: BinaryIO) -> Iterator[Chunk]:
    found = lines(file, gz=False)
    header = read_header(found)
    return chunks(found, header, drop=DROP, at=header.begin)


def _consume(read: Callable[[BinaryIO], Iterator[Any]], body: bytes) -> None:
    for _ in read(BytesIO(body)):
        pass


def _rounds(*sides: Callable[[], None]) -> list[list[float]]:
    seconds: list[list[float]] = [[] for _ in sides]
    gc.collect()
    gc.freeze()  # or either side would pay for collections among the other's modules
    for round in range(ROUNDS):
        turns = [*zip(seconds, sides, strict=True)]
        for taken, run in turns if round % 2 else reversed(turns):
            begun = process_time()
            run()
            taken.append((process_time() - begun) / ROWS * 1e6)
    gc.unfreeze()
    return seconds


def _same_records(body: bytes, peer: Any) -> None:
    """Both sides must make the same records under the same keys and refuse the same rows, or the comparison says nothing."""
    pairs = zip(ours(BytesIO(body)), peer.records(BytesIO(body), drop=DROP), strict=True)
    for chunk, (records, refused) in pairs:
        assert [row.row for row in chunk.rejected] == refused, "the two sides refuse different rows"
        assert len(chunk.records) == len(records)
        for (fan, mine), (other, theirs) in zip(chunk.records, records, strict=True):
            assert (fan, json.loads(mine)) == (other, json.loads(theirs)), (
                f"{fan}: the two sides write different records"
            )
        assert chunk.invalid == chunk.rows // 100
        assert chunk.combined


def _memory(name: str, peak: float) -> Line:
    return Line(f"scores, peak memory, {name}", "MB", peak, None, peak, MEMORY_GOAL, below=True)


def _peak(rows: int) -> float:
    """Resident MB of a fresh process that reads a file of so many rows, and drops each chunk when it has it."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "registrants.csv"
        with given.open("wb") as file:
            file.writelines(scores_file.lines(rows))
        command = [sys.executable, "-m", "benchmarks.scores", str(given)]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _child(path: Path) -> None:
    with path.open("rb") as file:
        for chunk in ours(file):
            assert chunk.records
    with open("/proc/self/status") as status:
        print(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024)


if __name__ == "__main__":
    _child(Path(sys.argv[1]))

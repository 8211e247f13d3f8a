"""CPU a change record costs from Kinesis to a deflated file, ours against boto3 + fastavro and against the floor; and peak memory."""

import gc
import json
import subprocess
import sys
import tempfile
import zlib
from base64 import b64decode
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import orjson

from adapters.files.kind_writers import kind_writers
from benchmarks.archive_records import SHARD, records
from benchmarks.result import Line, paired
from domain.archive.batch import Batch, sort_out
from domain.archive.container import LEVEL
from domain.archive.kinesis import arrived

Records = Sequence[dict[str, Any]]
SIZES = (1_000, 10_000)
ROUNDS = {1_000: 15, 10_000: 9}
CPU = "CPU µs per record"
GOAL, FLOOR_GOAL, MEMORY_GOAL = 3.5, 0.4, 80


def measure() -> list[Line]:
    from benchmarks.archive_peer import Peer  # boto3 and fastavro would count into the children's memory

    peer = Peer()
    _same_rows([*records(SIZES[0])], peer)
    return [line for size in SIZES for line in _cpu(size, peer)] + [_memory(size) for size in SIZES]


def check(size: int = 1_000) -> None:
    """Only compare what both sides write."""
    from benchmarks.archive_peer import Peer

    _same_rows([*records(size)], Peer())


def _cpu(size: int, peer: Any) -> list[Line]:
    given = [*records(size)]
    _, bad = peer.archive(given)
    good = [record for record in given if record["kinesis"]["sequenceNumber"] not in bad]
    rows = peer.raw(file.body for file in sort(given).files)
    sides = [partial(sort, given), partial(peer.archive, given), partial(least, good, rows)]
    gc.collect()
    gc.freeze()  # or either side would pay for collections among the other's modules
    mine, theirs, floor = _rounds(size, sides)
    gc.unfreeze()
    return [
        paired(f"archive, batch of {size:,}", CPU, mine, theirs, goal=GOAL),
        paired(f"archive, batch of {size:,}, the floor", CPU, mine, floor, goal=FLOOR_GOAL),
    ]


def sort(given: Records) -> Batch:
    return sort_out(arrived(given), source=SHARD, parse=orjson.loads, writers=kind_writers())


def least(given: Records, rows: list[bytes]) -> None:
    """What nobody can leave out: decoding, parsing, and deflating what is written."""
    for record in given:
        orjson.loads(b64decode(record["kinesis"]["data"]))
    for content in rows:
        zlib.compress(content, LEVEL)


def _rounds(size: int, sides: Sequence[Callable[[], Any]]) -> list[list[float]]:
    seconds: list[list[float]] = [[] for _ in sides]
    for round in range(ROUNDS[size]):
        turns = [*zip(seconds, sides, strict=True)]
        for taken, run in turns if round % 2 else reversed(turns):
            begun = process_time()
            run()
            taken.append((process_time() - begun) / size * 1e6)
    return seconds


def _same_rows(given: Records, peer: Any) -> None:
    """Both sides must put the same rows into the same files and refuse the same records, or the comparison says nothing."""
    batch, (files, bad) = sort(given), peer.archive(given)
    assert len(files) == 8
    assert {number for parked in batch.parked for number in parked.numbers} == {*bad}
    assert len(bad) == len(given) * 4 // 1_000
    assert {(file.kind, file.day) for file in batch.files} == {*files}
    for file in batch.files:
        assert peer.read(file.body) == peer.read(files[file.kind, file.day]), (
            f"{file.key}: the two sides write different rows"
        )


def _memory(size: int) -> Line:
    """Peak resident MB of a fresh process that holds the batch's records, as Lambda hands them over, and archives them."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "records.jsonl"
        with given.open("w") as lines:
            lines.writelines(json.dumps(record) + "\n" for record in records(size))
        command = [sys.executable, "-m", "benchmarks.archive", str(given)]
        child = subprocess.run(command, capture_output=True, text=True, check=True)
    peak = float(child.stdout)
    return Line(f"archive, peak memory, batch of {size:,}", "MB", peak, None, peak, MEMORY_GOAL, below=True)


def _child(path: Path) -> None:
    with path.open() as lines:
        given = [json.loads(line) for line in lines]
    batch = sort(given)
    assert len(batch.files) == 8
    with open("/proc/self/status") as status:
        print(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024)


if __name__ == "__main__":
    _child(Path(sys.argv[1]))

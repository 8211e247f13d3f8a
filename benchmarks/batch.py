"""CPU a stored candidate costs from unloaded rows to items, ours against pandas + pydantic + batch_writer; and peak memory."""

import gc
import subprocess
import sys
from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Any

from benchmarks import facts, ours
from benchmarks.result import Line, paired
from benchmarks.wire import Wire

ROWS = 5_000  # of one bucket, extracted; two fifths are stored
ROUNDS = 5
CPU = "CPU µs per stored candidate"
MEMORY_GOAL = 1.1  # the allocator's own noise


def measure() -> list[Line]:
    return [*_cpu(), _memory()]


def _cpu() -> list[Line]:
    from benchmarks.peer import Peer  # pandas would count into the children's memory

    standing: dict[Any, Any] = {}
    wire = Wire(_finder(ROWS, standing), facts.features, facts.answer)
    mine, theirs = ours.Ours(wire), Peer(wire)
    key = ours.unload(wire, "00", facts.rows(0, ROWS))
    _same_items(wire, lambda: mine.run("00"), lambda: theirs.run(key))
    gc.freeze()  # or either side would pay for collections among the other's modules
    first, peer, again = [], [], []
    for round in range(ROUNDS):
        sides = [(first, lambda: mine.run("00")["out"]), (peer, lambda: theirs.run(key))]
        for seconds, run in sides if round % 2 else reversed(sides):
            seconds.append(_cost(wire, run))
    mine.run("00")
    standing.update(wire.items("Candidates") | wire.items("ScoreCache"))
    again = [_cost(wire, lambda: mine.run("00")["out"]) for _ in range(3)]
    return [
        paired(f"batch, first run of {ROWS} rows", CPU, first, peer, goal=2),
        Line("batch, the same run again", CPU, median(again)),
    ]


def check(rows: int = 300) -> None:
    """Only compare what both sides store."""
    from benchmarks.peer import Peer

    wire = Wire(_finder(rows), facts.features, facts.answer)
    mine, theirs = ours.Ours(wire), Peer(wire)
    key = ours.unload(wire, "00", facts.rows(0, rows))
    _same_items(wire, lambda: mine.run("00"), lambda: theirs.run(key))


def _finder(rows: int, standing: dict[Any, Any] | None = None, bucket: int = 0) -> Callable[[str, dict[str, str]], Any]:
    bought, run_row = facts.subjects(bucket, rows), ours.run_row()

    def find(table: str, key: dict[str, str]) -> Any:
        if table == "Customers":
            return facts.customer_item(key, bought)
        return run_row if table == "Runs" else (standing or {}).get((key["PK"], key["SK"]))

    return find


def _same_items(wire: Wire, mine: Callable[[], Any], theirs: Callable[[], Any]) -> None:
    """Both sides must store the same candidates as the same items, or the comparison says nothing."""
    written = []
    for run in (mine, theirs):
        wire.writes.clear()
        run()
        written.append(wire.items("Candidates"))
    assert written[0], "nothing was stored"
    assert written[0] == written[1], _difference(*written)


def _difference(mine: dict[Any, Any], theirs: dict[Any, Any]) -> str:
    if mine.keys() != theirs.keys():
        return f"only ours: {sorted(mine.keys() - theirs.keys())[:3]}, only theirs: {sorted(theirs.keys() - mine.keys())[:3]}"
    key = next(key for key in mine if mine[key] != theirs[key])
    pairs = {name: (mine[key].get(name), theirs[key].get(name)) for name in mine[key] | theirs[key]}
    return f"{key}: { {name: both for name, both in pairs.items() if both[0] != both[1]} }"


def _cost(wire: Wire, run: Callable[[], int]) -> float:
    """CPU microseconds a candidate, without what the stubbed wire took."""
    wire.writes.clear()
    begun, outside = process_time(), wire.seconds
    stored = run()
    return (process_time() - begun - (wire.seconds - outside)) / stored * 1e6


def _memory() -> Line:
    """Peak resident MB of a fresh process: ten buckets against one of the same size."""
    ten, one = _peak(10), _peak(1)
    return Line(
        "peak memory, 10 x the rows in 10 x the buckets",
        "MB, against 1 bucket",
        ten,
        one,
        ten / one,
        MEMORY_GOAL,
        below=True,
    )


def _peak(buckets: int) -> float:
    child = subprocess.run(
        [sys.executable, "-m", "benchmarks.batch", str(buckets)], capture_output=True, text=True, check=True
    )
    return float(child.stdout)


def _child(buckets: int) -> None:
    """Run some buckets one after the other, as one Lambda does, and print the peak in MB."""
    finders = {}
    wire = Wire(lambda table, key: finders["now"](table, key), facts.features, facts.answer)
    wire.keeps_writes = False
    side = ours.Ours(wire)
    for bucket in range(buckets):
        finders.clear()
        wire.forget()
        finders["now"] = _finder(ROWS, bucket=bucket)
        side.keep_program()
        ours.unload(wire, f"{bucket:02}", facts.rows(bucket, ROWS))
        assert side.run(f"{bucket:02}")["out"] > ROWS / 4
    with open("/proc/self/status") as status:
        print(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024)


if __name__ == "__main__":
    _child(int(sys.argv[1]))

"""`make bench`: every benchmark, one table on stdout and in build/bench.md; exit 1 where a goal is missed.

With `--check` nothing is timed: it only compares what both sides store, write and answer.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import archive, attribute_values, batch, notifications, render, scores, serving, upsert
from benchmarks.result import Line

BENCHMARKS = (attribute_values, batch, render, serving, archive, scores, upsert, notifications)
HEADS = ("benchmark", "unit", "ours", "peer", "ratio", "goal", "")
REPORT = Path(__file__).parents[1] / "build/bench.md"


def main() -> int:
    if "--check" in sys.argv:
        batch.check()
        render.check()
        serving.check()
        archive.check()
        scores.check()
        upsert.check()
        notifications.check()
        return 0
    lines = [line for benchmark in BENCHMARKS for line in benchmark.measure()]
    text = table(lines)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(text)
    print(text, end="")
    return 0 if all(line.met for line in lines) else 1


def table(lines: Sequence[Line]) -> str:
    rows = [HEADS, *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    text = [f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in rows]
    text.insert(1, f"|{'|'.join('-' * (width + 2) for width in widths)}|")
    return "\n".join(text) + "\n"


if __name__ == "__main__":
    sys.exit(main())

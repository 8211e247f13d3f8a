"""One day's batch of every program, lived on this machine: `ovation demo`, which `make demo` runs."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from cli.console import FAILED, err, give_up, out
from cli.funnel import funnel
from cli.kept_runs import keep
from cli.program_choice import chosen
from cli.run import watched
from cli.sandboxes import COULD_NOT_START, load
from sandbox.batch import BatchFailed
from sandbox.olist import is_olist
from sandbox.runtime import Sandbox
from sandbox.sample import write_sample
from sandbox.synth import ROOT

SAMPLES = {"product-reviews": 20_000, "music-feedback": 50_000}  # rows
SAMPLE_DAY, SEED = date(2026, 11, 20), 1
REAL_ORDERS, REAL_PROGRAM, REAL_DAY = ROOT.parent / "shared" / "data" / "olist", "olist-reviews-week", date(2018, 6, 2)
COMPARED = ("extracted", "rejected", "duplicates", "candidates", "eligible", "filters")


def demo() -> None:
    """Run every program on sample data, and on real orders where they are at hand. Exit code 1: a funnel is not what it must be."""
    began = monotonic()
    try:
        with TemporaryDirectory(prefix="ovation-") as scratch:
            with err.status("starting") as status:
                sandbox = Sandbox.start(state_dir=Path(scratch) / "state", on_step=status.update)
            with sandbox:
                for program, day, folder, expected in _jobs():
                    load(sandbox, folder, day, Path(scratch))
                    _lived(sandbox, program, day, expected)
    except (BatchFailed, *COULD_NOT_START) as reason:
        give_up(reason, FAILED)
    out.print(f"All programs ran as expected in {monotonic() - began:.0f} s, sandbox included.")


def _jobs() -> Iterator[tuple[str, date, Path, dict[str, Any] | None]]:
    """Program, day, data folder, and the funnel the data was made for (None for real data)."""
    for program, rows in SAMPLES.items():
        folder = ROOT / "build" / "samples" / f"{program}-{rows}-{SEED}"
        with err.status(f"sampling {rows:,} rows for {program}"):
            yield program, SAMPLE_DAY, folder, _sampled(program, rows, folder)
    if is_olist(REAL_ORDERS):
        yield REAL_PROGRAM, REAL_DAY, REAL_ORDERS, None
    else:
        out.print(f"The real orders are not at hand ({REAL_PROGRAM} is skipped).")


def _sampled(program: str, rows: int, folder: Path) -> dict[str, Any]:
    """What the sample was made for; the same seed gives the same bytes, so one that is there serves again."""
    kept = folder / "expected.json"
    expected: dict[str, Any] = (
        json.loads(kept.read_text()) if kept.is_file() else write_sample(program, rows, SEED, SAMPLE_DAY, folder)
    )
    return expected


def _lived(sandbox: Sandbox, name: str, day: date, expected: dict[str, Any] | None) -> None:
    program = chosen(name)
    result = watched(sandbox, program, day)
    kept = keep(sandbox, program.id, day)
    out.print(funnel(result))
    out.print(f"ledger: {kept.folder / 'ledger.json'}\n", soft_wrap=True)
    for part in COMPARED if expected else ():
        if expected and result[part] != expected[part]:
            give_up(f"{name}: {part} is {result[part]}, the sample was made for {expected[part]}", FAILED)

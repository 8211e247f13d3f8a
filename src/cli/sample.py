"""A program, or scores, and a number of rows in, a folder with a synthetic warehouse or a file of scores out: `ovation sample`."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domain.errors import Rejected
from sandbox.sample import write_sample
from sandbox.sample.campaigns import CAMPAIGN
from sandbox.sample.registrants import mixed, write_registrants

DAY = datetime.fromisoformat("2026-11-20")
SCORES = "scores"
SHOWN = {"out": "records", "first": "fans with a row of rank 0"}
STEPS = {
    "people": "Gathering customers",
    "warehouse": "Writing warehouse tables",
    "history": "Writing what was asked before",
    "features": "Writing features",
    "training": "Writing training data",
}


def sample(
    program: Annotated[
        str, typer.Argument(help="product-reviews or music-feedback; or scores: a file of registrants.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder to write; a new one, or that of an earlier sample. Scores: here, if not told."
        ),
    ] = None,
    rows: Annotated[
        int, typer.Option("--rows", min=1, help="Rows that the program's query extracts, or of the file.")
    ] = 20_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes.")] = 1,
    date: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The run's day.")] = DAY,
    as_json: Annotated[bool, typer.Option("--json", help="Print what a run is to find, as JSON.")] = False,
) -> None:
    """Write a synthetic warehouse whose funnel is known to the candidate, or a file of scores whose counts are known.

    Exit code 2: it cannot be written, and why.
    """
    console = Console(stderr=True)
    if program == SCORES:
        _scores(rows, seed, out or Path(), as_json)
        return
    if out is None:
        raise typer.BadParameter("say where to write it", param_hint="--out")
    try:
        with console.status("Sampling") as status:
            expected = write_sample(program, rows, seed, date.date(), out, lambda step: status.update(STEPS[step]))
    except Rejected as reason:
        console.print(str(reason), style="red", markup=False)
        raise typer.Exit(2) from reason
    if as_json:
        typer.echo(json.dumps({**expected, "folder": str(out)}))
    else:
        Console().print(_table(expected, out))


def _scores(rows: int, seed: int, folder: Path, as_json: bool) -> None:
    """Some of everything: fans of several ranks, rows that come twice, invalid and unranked ones."""
    file = folder / f"registrants.{CAMPAIGN}.sample.csv"
    expected = {**write_registrants(file, seed=seed, campaign=CAMPAIGN, **mixed(rows)), "file": str(file)}
    if as_json:
        typer.echo(json.dumps(expected))
        return
    table = Table(title=f"A file of scores for {CAMPAIGN}", caption=escape(str(file)))
    table.add_column("a load will find")
    table.add_column("figure", justify="right")
    for name in ("rows", "valid", "invalid", "combined", "out", "fans", "verified", "rejected", "first"):
        table.add_row(SHOWN.get(name, name), f"{expected[name]:,}")
    for reason, count in sorted(expected["reasons"].items()):
        table.add_row(f"  {reason}", f"{count:,}")
    Console().print(table)


def _table(expected: dict[str, Any], out: Path) -> Table:
    table = Table(title=f"{expected['program']} sample for {expected['date']}", caption=escape(f"in {out}"))
    table.add_column("a run will find")
    table.add_column("candidates", justify="right")
    table.add_row("extracted", f"{expected['extracted']:,}")
    table.add_row("  duplicates", f"{-expected['duplicates']:,}")
    for step in expected["filters"]:
        table.add_row(f"  {step['filter']}", f"{-step['removed']:,}")
    table.add_row("eligible", f"{expected['eligible']:,}", end_section=True)
    for band, count in expected["scores"].items():
        table.add_row(f"  {band}", f"{count:,}")
    return table

"""`ovation archive`: fill the archive from the table, and prove that it is complete."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer
from botocore.exceptions import ClientError
from rich.table import Table

from cli.backfilling import filled, found, wanted
from cli.console import BAD_INPUT, FAILED, AsJson, err, give_up, out, print_json
from cli.deployment import Deployment, Stack
from cli.proving import proven
from domain.archive.kinds import KINDS
from domain.archive.verification import Findings
from domain.errors import OvationError, Rejected, Unavailable

app = typer.Typer(
    name="archive", help="Fill the archive from the table, and prove that it is complete.", no_args_is_help=True
)
Kinds = Annotated[
    list[str] | None, typer.Option("--kind", help="demand, notification, event or sale; without it, all.")
]
Day = Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The partition to look at.")]


@app.command()
def backfill(
    kind: Kinds = None,
    export: Annotated[
        str | None,
        typer.Option("--export", help="A DynamoDB export instead of a scan: s3://bucket/…/AWSDynamoDB/<id>/"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it the command only counts.")] = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Archive every item of the Demand table as it stands; the views drop what comes twice.

    Exit code 2: nothing was done; 1: not all of it.
    """
    try:
        kinds, deployment = checked(kind), Deployment.reached(stack, "archive")
        since, items = found(deployment, export)
        with err.status("reading the table"):
            counts = filled(deployment, wanted(items, kinds), since, dry=not yes)
    except Unavailable as reason:
        give_up(reason, FAILED)
    except (OvationError, ClientError) as reason:  # also what AWS does not allow, in its words
        give_up(reason, BAD_INPUT)
    if as_json:
        print_json({"done": yes, **counts})
    else:
        out.print(_counts(counts, yes))


@app.command()
def verify(date: Day, kind: Kinds = None, stack: Stack = None, as_json: AsJson = False) -> None:
    """Hold the table's items of one date against the archive and errors/, naming every key.

    Exit code 1: they differ, or one of them does not answer.
    """
    try:
        kinds, deployment, day = checked(kind), Deployment.reached(stack, "archive"), date.date().isoformat()
        with err.status("reading table and archive"):
            findings = proven(deployment, day, kinds)
    except Unavailable as reason:
        give_up(reason, FAILED)
    except (OvationError, ClientError) as reason:  # also what AWS does not allow, in its words
        give_up(reason, BAD_INPUT)
    if as_json:
        print_json({name: {**asdict(it), "complete": it.complete} for name, it in findings.items()})
    else:
        out.print(_findings(day, findings))
        for line in _lines(findings):
            out.print(line, markup=False, highlight=False, soft_wrap=True)
    if not all(it.complete for it in findings.values()):
        raise typer.Exit(FAILED)


def checked(kinds: list[str] | None) -> list[str]:
    """Rejected: one of them is no kind of row."""
    for kind in kinds or ():
        if kind not in KINDS:
            raise Rejected(f"--kind {kind}: there are {', '.join(KINDS)}")
    return kinds or list(KINDS)


def _counts(counts: Mapping[str, int], done: bool) -> Table:
    table = Table(title="Backfilled" if done else "A backfill would do (give --yes to do it)", title_justify="left")
    table.add_column("what")
    table.add_column("count", justify="right")
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    return table


def _findings(day: str, findings: Mapping[str, Findings]) -> Table:
    table = Table(title=f"Table and archive, {day}", title_justify="left")
    table.add_column("kind")
    for name in ("equal", "missing", "parked", "stale", "left over"):
        table.add_column(name, justify="right")
    for kind, it in findings.items():
        table.add_row(kind, *(f"{count:,}" for count in (it.equal, *map(len, _sorts(it).values()))))
    return table


def _sorts(it: Findings) -> dict[str, tuple[tuple[str, ...], ...]]:
    return {"missing": it.missing, "parked": it.parked, "stale": it.stale, "left over": it.left_over}


def _lines(findings: Mapping[str, Findings]) -> Iterator[str]:
    for kind, it in findings.items():
        for sort, keys in _sorts(it).items():
            yield from (f"{sort}: {kind} {' '.join(key)}" for key in keys)

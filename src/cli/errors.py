"""`ovation errors`: what could not be archived, by its cause; and archiving it after all."""

from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cli.console import BAD_INPUT, FAILED, AsJson, err, give_up, out, print_json
from cli.deployment import Deployment, Stack
from cli.quarantined import bucket_of, opened_at, quarantined
from cli.replays import Replayed, replayed
from domain.archive.clusters import Cluster, clusters
from domain.archive.places import ERRORS, LOST
from domain.archive.quarantine import Quarantined
from domain.archive.showing import shown
from domain.errors import OvationError, Rejected

app = typer.Typer(
    name="errors", help="What could not be archived, by its cause; and archiving it after all.", no_args_is_help=True
)
Cause = Annotated[
    str | None,
    typer.Option("--cause", help="As `ovation errors list` names it, or how that begins: missing_field."),
]


@app.command("list")
def list_(stack: Stack = None, as_json: AsJson = False) -> None:
    """Count what lies in errors/ and among the batches that Lambda gave up on, cause by cause.

    Exit code 1: the bucket does not answer. Exit code 2: nothing to look at.
    """
    try:
        with err.status("reading errors/"):
            found = clusters(quarantined(bucket_of(Deployment.reached(stack, "archive"))))
    except OvationError as reason:
        give_up(reason, _code(reason))
    print_json([asdict(cluster) for cluster in found]) if as_json else out.print(_clusters(found))


@app.command()
def show(
    target: Annotated[str, typer.Argument(metavar="CAUSE|KEY", help="A cause, or the key of one object.")],
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many objects, and records of each.")] = 3,
    raw: Annotated[
        bool, typer.Option("--raw", help="With phone numbers, e-mail addresses and texts of messages.")
    ] = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Print error documents, personal fields redacted.

    Exit code 1: the bucket does not answer. Exit code 2: there is none of that cause or key.
    """
    try:
        found = _documents(Deployment.reached(stack, "archive"), target, limit)
    except OvationError as reason:
        give_up(reason, _code(reason))
    documents = [shown(one, limit, raw) for one in found]
    print_json(documents) if as_json else out.print_json(data=documents)


@app.command()
def replay(
    cause: Cause = None,
    patch: Annotated[
        Path | None,
        typer.Option(
            "--patch",
            help="A file with `def patch(event: dict) -> dict | None`, which is given every record; None drops it.",
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="path=value in items that are rejected without it: saleId=s1, date.requested=2026-01-01, id='\"7\"' for a text.",
        ),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply/--plan", help="Do it; without it the command only says what would become of what.")
    ] = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Archive what could not be, patched if need be. Doing it again changes nothing.

    Exit code 1: it has not come to its end, run it again. Exit code 2: it cannot be done.
    """
    try:
        with err.status("replaying" if apply else "reading errors/"):
            told = replayed(Deployment.reached(stack, "archive"), cause, patch, set_ or [], apply)
    except OvationError as reason:
        give_up(reason, _code(reason))
    print_json(asdict(told)) if as_json else out.print(_plan(told))


def _code(reason: OvationError) -> int:
    return BAD_INPUT if isinstance(reason, Rejected) else FAILED


def _documents(deployment: Deployment, target: str, limit: int) -> list[Quarantined]:
    bucket = bucket_of(deployment)
    if not target.startswith((ERRORS, LOST)):
        found = list(islice(quarantined(bucket, target), limit))
    else:
        found = [one for one in [opened_at(bucket, target)] if one]
    if not found:
        raise Rejected(f"there is nothing of {target}: see `ovation errors list`")
    return found


def _clusters(found: list[Cluster]) -> Table:
    table = Table("cause, and an object of it", title="What could not be archived", title_justify="left")
    for name in ("events", "objects"):
        table.add_column(name, justify="right")
    for name in ("first", "last"):
        table.add_column(name)
    for it in found:
        times = (at[:19].replace("T", " ") for at in (it.first, it.last))
        table.add_row(_with_sample(it.cause, it.sample), f"{it.events:,}", f"{it.objects:,}", *times)
    table.caption = "`ovation errors show CAUSE` for the records" if found else "Nothing: all is archived."
    return table


def _plan(replayed: Replayed) -> Table:
    table = Table("cause, and a change of it", title=f"Plan {replayed.plan}", title_justify="left")
    table.add_column("would become" if replayed.done is None else "became")
    table.add_column("why", overflow="fold")
    table.add_column("events", justify="right")
    for it in replayed.tallies:
        table.add_row(_with_sample(it.cause, it.sample), it.outcome, Text(it.why), f"{it.events:,}")
    table.caption = _caption(replayed)
    return table


def _with_sample(cause: str, sample: str) -> Text:
    return Text.assemble(cause, "\n", (sample, "dim"), overflow="fold")


def _caption(replayed: Replayed) -> str:
    if replayed.done is not None:
        return "Done: " + (", ".join(f"{n:,} {outcome}" for outcome, n in replayed.done.items()) or "nothing") + "."
    begun = f"{len(replayed.begun)} plans were begun and are not done. " if replayed.begun else ""
    return begun + ("Nothing is changed; --apply does it." if replayed.parts else "There is nothing new to replay.")

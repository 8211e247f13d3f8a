"""A program and a day in, its funnel out: `ovation run`, for real, dry, or with another setting."""

from datetime import date as UtcDate
from secrets import token_hex
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.console import ALREADY_DONE, BAD_INPUT, FAILED, AsJson, err, give_up, out, print_json
from cli.funnel import changes, difference, funnel
from cli.kept_runs import keep
from cli.program_choice import Day, ProgramName, chosen
from cli.sandboxes import COULD_NOT_START, Warehouse, opened
from domain.errors import OvationError, Rejected
from domain.solicitation.program import Program
from sandbox.batch import BatchFailed
from sandbox.batch import Progress as Done
from sandbox.control import NotRunning
from sandbox.runtime import Sandbox

DryRun = Annotated[bool, typer.Option("--dry-run", help="Do everything but write candidates.")]
Rerun = Annotated[bool, typer.Option("--rerun", help="Run again although the run is done; the extract is made anew.")]
WHAT_IF = "What if: path=value, e.g. filterChain.frequency-cap.maxRequestsPerMonth=2. Runs dry, twice."
Settings = Annotated[list[str] | None, typer.Option("--set", help=WHAT_IF)]
BUCKET_STAGES = ("etl", "filter", "score", "store")


def run(
    program: ProgramName,
    date: Day,
    warehouse: Warehouse = None,
    dry_run: DryRun = False,
    rerun: Rerun = False,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Run one batch. Exit codes: 0 done, 1 the run failed, 2 bad input, 3 that run is done already (see --rerun)."""
    day = date.date()
    try:
        as_it_stands, with_it = chosen(program), chosen(program, settings or ())
        if not (as_it_stands.enabled and with_it.enabled):
            raise Rejected(f"{with_it.id} is disabled: a run needs it enabled in its file, and --set must leave it so")
        with opened(warehouse, day) as sandbox:
            if settings:
                _what_if(sandbox, as_it_stands, with_it, day, settings, as_json)
            else:
                _run(sandbox, as_it_stands, day, dry_run, rerun, as_json)
    except (BatchFailed, NotRunning, *COULD_NOT_START) as reason:
        give_up(reason, FAILED)
    except OvationError as reason:
        give_up(reason, BAD_INPUT)


def watched(
    sandbox: Sandbox, program: Program, day: UtcDate, *, dry_run: str | None = None, rerun: bool = False
) -> dict[str, Any]:
    """Run a batch under a progress bar; its result, or claim's answer where there was nothing to do. Raises BatchFailed."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(program.id, total=program.buckets * len(BUCKET_STAGES))

        def show(done: Done) -> None:
            progress.update(task, completed=sum(done.done.get(stage, 0) for stage in BUCKET_STAGES))

        return sandbox.run_batch(program, day, rerun=rerun, dry_run=dry_run, deployed=False, on_progress=show)


def _run(sandbox: Sandbox, program: Program, day: UtcDate, dry_run: bool, rerun: bool, as_json: bool) -> None:
    name = token_hex(4) if dry_run else None
    result = watched(sandbox, program, day, dry_run=name, rerun=rerun)
    kept = keep(sandbox, program.id, day, name)
    done_before = result.get("outcome") == "duplicate"
    if done_before and kept.ledger["status"] != "DONE":
        give_up(f"{program.id} on {day} is being run by another execution just now", ALREADY_DONE)
    shown = kept.ledger["result"] if done_before else result
    if as_json:
        print_json(shown)
    else:
        out.print(funnel(shown))
        err.print(f"ledger and work files: {kept.folder}", soft_wrap=True)
    if done_before:
        give_up(f"{program.id} on {day} was run before; this is what came of it. --rerun runs it again", ALREADY_DONE)


def _what_if(
    sandbox: Sandbox, as_it_stands: Program, with_it: Program, day: UtcDate, settings: list[str], as_json: bool
) -> None:
    before = watched(sandbox, as_it_stands, day, dry_run=token_hex(4))
    after = watched(sandbox, with_it, day, dry_run=token_hex(4))
    if as_json:
        steps = [
            {"step": step, "before": was, "after": now, "difference": now - was}
            for step, was, now in changes(before, after)
        ]
        print_json({"set": settings, "before": before, "after": after, "difference": steps})
    else:
        out.print(difference(before, after, settings))

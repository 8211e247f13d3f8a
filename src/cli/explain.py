"""A customer of one run in, what became of each of its candidates and why out: `ovation explain`."""

from contextlib import suppress
from datetime import date as UtcDate
from typing import Annotated

import typer
from rich.table import Table

from cli.console import BAD_INPUT, AsJson, give_up, out, print_json
from cli.kept_runs import KeptRun, found, keep
from cli.program_choice import Day, ProgramName, chosen
from domain.errors import OvationError, Rejected
from domain.solicitation.story import Story, tell
from sandbox.control import NotRunning
from sandbox.runtime import Sandbox


def explain(
    program: ProgramName,
    customer: Annotated[str, typer.Argument(help="The customer's id, as in the warehouse.")],
    date: Day,
    subject: Annotated[str | None, typer.Argument(help="One subject only.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every step a candidate went through in that run, and the one reason it ended with. Exit code 2: not in that run."""
    try:
        kept = _kept(chosen(program).id, date.date())
        told = tell(kept.program, customer, kept.rows_of(customer))
    except OvationError as reason:
        give_up(reason, BAD_INPUT)
    stories = [story for story in told if subject in (None, story.subject)]
    if not stories:
        who = f"customer {customer}{f' with {subject}' if subject else ''}"
        give_up(f"{who} was not in the rows of {kept.ledger['run']['id']}", BAD_INPUT)
    if as_json:
        print_json([story.to_json() for story in stories])
    else:
        out.print(*map(_table, stories), sep="\n")


def _kept(program: str, day: UtcDate) -> KeptRun:
    """The run's files; those of the running sandbox, where there is one that knows the run, before any kept earlier."""
    with suppress(NotRunning, Rejected):
        keep(Sandbox.attach(), program, day)
    return found(program, day)


def _table(story: Story) -> Table:
    table = Table(title=f"{story.customer}, {story.subject or 'no subject'}: {story.reason}", title_justify="left")
    for heading in ("stage", "outcome", "detail"):
        table.add_column(heading, overflow="fold")
    for step in story.steps:
        table.add_row(step.stage, step.outcome, step.detail)
    return table

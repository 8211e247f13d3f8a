"""A customer of one run in, what became of each of its candidates and why out: `ovation explain`."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from cli.console import BAD_INPUT, AsJson, give_up, out, print_json
from cli.kept_runs import found, keep
from cli.program_choice import chosen
from domain.errors import OvationError, Rejected
from domain.solicitation.story import Story, tell
from sandbox.control import NotRunning
from sandbox.runtime import Sandbox


def explain(
    program: Annotated[str, typer.Argument(help="A program's id, or its file.")],
    customer: Annotated[str, typer.Argument(help="The customer's id, as in the warehouse.")],
    date: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="D, the run's UTC date.")],
    subject: Annotated[str | None, typer.Argument(help="One subject only.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every step a candidate went through in that run, and the one reason it ended with. Exit code 2: not in that run."""
    try:
        id = chosen(program).id
        with suppress(NotRunning, Rejected):  # a run that only the running sandbox knows
            keep(Sandbox.attach(), id, date.date())
        kept = found(id, date.date())
        stories = [
            story for story in tell(kept.program, customer, kept.rows_of(customer)) if subject in (None, story.subject)
        ]
    except OvationError as reason:
        give_up(reason, BAD_INPUT)
    if not stories:
        give_up(
            f"customer {customer}{f' with {subject}' if subject else ''} was not in the rows of {kept.ledger['run']['id']}",
            BAD_INPUT,
        )
    if as_json:
        print_json([story.to_json() for story in stories])
        return
    for story in stories:
        out.print(_table(story))


def _table(story: Story) -> Table:
    table = Table(title=f"{story.customer}, {story.subject or 'no subject'}: {story.reason}", title_justify="left")
    for heading in ("stage", "outcome", "detail"):
        table.add_column(heading, overflow="fold")
    for step in story.steps:
        table.add_row(step.stage, step.outcome, step.detail)
    return table

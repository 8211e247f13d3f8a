"""A program and a day in, the whole day lived on the sandbox out: `ovation day`, from batch to report."""

from datetime import UTC
from datetime import date as UtcDate
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.console import BAD_INPUT, FAILED, AsJson, err, give_up, out, print_json
from cli.day_tables import document, mails_by_hour, what_came_of_it
from cli.program_choice import Day, ProgramName, chosen
from cli.run import watched
from cli.sandboxes import COULD_NOT_START, Warehouse, opened
from domain.errors import OvationError, Rejected
from domain.solicitation.program import Program
from sandbox.batch import BatchFailed
from sandbox.control import NotRunning
from sandbox.day import Moment, begin, live_day
from sandbox.day_books import DayBooks
from sandbox.runtime import STATE, Sandbox

Settings = Annotated[
    list[str] | None, typer.Option("--set", help="Live it with another setting: path=value, e.g. limit=200.")
]


def day(
    program: ProgramName, date: Day, warehouse: Warehouse = None, settings: Settings = None, as_json: AsJson = False
) -> None:
    """Live a day: batch, mails at 10:00 local, people who open and answer, jobs, report. Exit codes: 0 lived, 1 it failed, 2 bad input."""
    when = date.date()
    try:
        wanted = chosen(program, settings or ())
        if not wanted.enabled:
            raise Rejected(f"{wanted.id} is disabled: a day needs it enabled in its file")
        with opened(warehouse, when) as sandbox:
            begin(sandbox, wanted, when)
            watched(sandbox, wanted, when)
            books, page = lived_out(sandbox, wanted, when)
    except (BatchFailed, NotRunning, RuntimeError, *COULD_NOT_START) as reason:
        give_up(reason, FAILED)
    except OvationError as reason:
        give_up(reason, BAD_INPUT)
    if as_json:
        print_json(document(books, page))
    else:
        show(books, page)


def lived_out(sandbox: Sandbox, program: Program, when: UtcDate, folder: Path = STATE) -> tuple[DayBooks, Path]:
    """The day after its batch, told moment by moment on standard error; its books, and the report's copy on this machine."""
    with err.status(f"{program.id}: planning mails") as status:

        def told(moment: Moment) -> None:
            status.update(f"{program.id}: {moment.at.astimezone(UTC):%b %d %H:%M} UTC, {moment.mails} mails")

        books = live_day(sandbox, program, when, told=told, batch=False)
    return books, _kept_report(sandbox, program.id, when, folder)


def show(books: DayBooks, page: Path) -> None:
    out.print(mails_by_hour(books))
    out.print(what_came_of_it(books))
    out.print(f"report: {page}\n", soft_wrap=True, markup=False)


def _kept_report(sandbox: Sandbox, program: str, when: UtcDate, folder: Path) -> Path:
    page = folder / "reports" / program / f"{when}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    bucket: Any = sandbox.address.names["outputs_bucket"]
    found = sandbox.client("s3").get_object(Bucket=bucket, Key=f"reports/{program}/{when}.html")
    page.write_bytes(found["Body"].read())
    return page

"""`ovation notifications rehearse`: a sale and its fans in, lived on the running sandbox, what became of every reminder out."""

from typing import Annotated

import typer

from cli.console import BAD_INPUT, FAILED, AsJson, err, give_up, out, print_json
from cli.notifications import instant
from cli.reminded import document, reminded, table
from sandbox.control import NotRunning
from sandbox.runtime import Sandbox


def rehearse(
    fans: Annotated[
        int, typer.Option("--fans", min=3, max=2_400, help="Who want to be reminded, by SMS, mail or both.")
    ] = 200,
    at: Annotated[str, typer.Option("--at", metavar="T", help="When the sale begins.")] = "2026-12-04T18:00:00Z",
    as_json: AsJson = False,
) -> None:
    """Live the half hour before a sale on the running sandbox, by its deployed schedules: no account, nobody is told.

    Exit code 1: a reminder has not come to an end, or was sent twice. Exit code 2: no sandbox is running.
    """
    starts = instant(at)
    try:
        with err.status(f"{fans:,} fans are reminded"):
            found = reminded(Sandbox.attach(), fans, starts)
    except NotRunning:
        give_up("no sandbox is running: start one with `ovation up`", BAD_INPUT)
    except RuntimeError as reason:
        give_up(reason, FAILED)
    print_json(document(found)) if as_json else out.print(table(found))
    if not found.as_wanted:
        raise typer.Exit(FAILED)

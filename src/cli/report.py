"""`ovation report`: a day's report of every program, or of one, made and kept beside the other outputs."""

from pathlib import Path
from typing import Annotated

import typer

from adapters.files.programs import load_programs
from cli.console import BAD_INPUT, AsJson, give_up, out, print_json
from cli.deployment import Deployment, Stack
from cli.program_choice import FOLDERS, Day, chosen
from domain.errors import OvationError
from sandbox.runtime import STATE


def report(
    date: Day,
    program: Annotated[str | None, typer.Option("--program", help="Of this program only.")] = None,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Make the day's report, publish its metrics, and copy the page here. Exit code 2: nothing to report on."""
    try:
        deployment, day = Deployment.reached(stack), date.date().isoformat()
        ids = [chosen(program).id] if program else [known.id for known in load_programs(FOLDERS[0]) if known.enabled]
        made = {id: _made(deployment, id, day) for id in ids}
    except OvationError as reason:
        give_up(reason, BAD_INPUT)
    if as_json:
        print_json({id: str(path) for id, path in made.items()})
    else:
        for id, path in made.items():
            out.print(f"{id}: {path}", markup=False, soft_wrap=True)


def _made(deployment: Deployment, program: str, day: str) -> Path:
    """The page's copy on this machine."""
    deployment.call("report", {"program": program, "scheduledTime": f"{day}T23:59:00Z"})
    path = STATE / "reports" / program / f"{day}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    found = deployment.client("s3").get_object(
        Bucket=deployment.names["outputs_bucket"], Key=f"reports/{program}/{day}.html"
    )
    path.write_bytes(found["Body"].read())
    return path

"""`ovation rollback`: the model that served before, put back in the place of the one that retraining brought."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import sleep
from typing import Annotated, Any

import typer

from cli.console import BAD_INPUT, FAILED, AsJson, err, give_up, out, print_json
from cli.deployment import Deployment, Stack
from cli.program_choice import ProgramName, chosen
from domain.errors import OvationError
from domain.solicitation.stored import iso

LOOKS = 240  # an endpoint's update takes minutes, and an hour at most
PAUSE_SECONDS = 15.0
SANDBOX_PAUSE_SECONDS = 0.2

Model = Annotated[str, typer.Argument(help="The model's id, as in the program file.")]


def rollback(program: ProgramName, model: Model, stack: Stack = None, as_json: AsJson = False) -> None:
    """Put a model's predecessor back and wait till it serves. Exit code 2: there is none. Exit code 1: it did not come to serve."""
    try:
        deployment, id = Deployment.reached(stack), chosen(program).id
        with err.status(f"rolling {model} back"):
            said = rolled_back(deployment, id, model, pause=SANDBOX_PAUSE_SECONDS if stack is None else PAUSE_SECONDS)
    except OvationError as reason:
        give_up(reason, BAD_INPUT)
    if said["outcome"] != "DONE":
        give_up(f"{model} is still being changed; run the command again to go on", FAILED)
    if as_json:
        print_json(said)
    else:
        out.print(f"{model} is served by {said['serving']} again.", markup=False)


def rolled_back(
    deployment: Deployment, program: str, model: str, *, pause: float, wait: Callable[[float], None] = sleep
) -> dict[str, Any]:
    """What the function said last. Rejected: there is no predecessor, or another change is under way."""
    event = {"step": "rollback", "program": program, "model": model, "scheduledTime": iso(datetime.now(UTC))}
    said: dict[str, Any] = deployment.call("retrain", event)
    for _ in range(LOOKS):
        if said["outcome"] != "RUNNING":
            break
        wait(pause)
        said = deployment.call("retrain", event)
    return said

"""`ovation stop` and `ovation go`: all mails held back and let go again, or one campaign ended for good."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from adapters.aws.deliveries import Deliveries
from adapters.aws.kill_switch import KillSwitch
from cli.console import BAD_INPUT, AsJson, give_up, out, print_json
from cli.deployment import Deployment, Stack
from domain.errors import OvationError, Rejected


def stop(
    campaign: Annotated[
        str | None, typer.Argument(help="End this campaign for good; without it, hold all mails back.")
    ] = None,
    why: Annotated[str, typer.Option("--why", help="For whoever finds it stopped.")] = "by the operator",
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Send no more mails: from the next call on, within a minute. Exit code 2: nothing to work on."""
    try:
        held(Deployment.reached(stack), campaign, why, datetime.now(UTC))
    except OvationError as reason:
        give_up(reason, BAD_INPUT)
    if as_json:
        print_json({"stopped": campaign or "everything", "why": why})
    elif campaign:
        out.print(f"{campaign} is stopped for good: what is not sent yet stays unsent.", markup=False)
    else:
        out.print("All mails are held back, none is lost; `ovation go` lets them go on.", markup=False)


def go(stack: Stack = None, as_json: AsJson = False) -> None:
    """Let mails go on; held chunks are looked at again within a quarter of an hour. Exit code 2: nothing to work on."""
    try:
        was = let_go(Deployment.reached(stack), datetime.now(UTC))
    except OvationError as reason:
        give_up(reason, BAD_INPUT)
    if as_json:
        print_json({"stopped": False, "was": was.get("stopped", False)})
    else:
        out.print(
            f"Mails go on. They had been stopped: {was.get('why')}." if was.get("stopped") else "Nothing was stopped."
        )


def held(deployment: Deployment, campaign: str | None, why: str, at: datetime) -> None:
    """Rejected: there is no such campaign, or it is done."""
    dynamodb, names = deployment.client("dynamodb"), deployment.names
    if campaign is None:
        KillSwitch(dynamodb, names["controls_table"]).throw(True, why, at)
    elif not Deliveries(dynamodb, names["deliveries_table"]).move_campaign(campaign, "STOPPED"):
        raise Rejected(f"there is no campaign {campaign} that could be stopped")


def let_go(deployment: Deployment, at: datetime) -> dict[str, Any]:
    """How the switch stood before: `stopped` and `why`, or nothing."""
    switch = KillSwitch(deployment.client("dynamodb"), deployment.names["controls_table"])
    was = switch.standing()
    switch.throw(False, "by the operator", at)
    return was

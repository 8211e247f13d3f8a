"""`ovation optout`: a customer who does not want to be asked, by one program or by any."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from adapters.aws.opt_outs import OptOuts
from cli.console import BAD_INPUT, AsJson, give_up, out, print_json
from cli.deployment import Deployment, Stack
from cli.program_choice import chosen
from domain.errors import OvationError

Customer = Annotated[str, typer.Argument(help="The customer's id, as in the warehouse.")]


def optout(
    customer: Customer,
    program: Annotated[str | None, typer.Option("--program", help="Of this program only; without it, of all.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Let the customer be asked again.")] = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Opt a customer out at once: what is planned is not sent any more. Exit code 2: nothing to work on."""
    try:
        program = chosen(program).id if program else None  # an opt-out of a misspelt program would stop no mail
        withdrawn = _changed(Deployment.reached(stack), customer, program, undo)
    except OvationError as reason:
        give_up(reason, BAD_INPUT)
    scope = program or "all programs"
    if as_json:
        print_json({"customer": customer, "program": program, "optedOut": not undo, "withdrawn": withdrawn})
    elif undo:
        out.print(f"{customer} may be asked again by {scope}.", markup=False)
    else:
        out.print(f"{customer} is opted out of {scope}; {withdrawn} candidates were withdrawn.", markup=False)


def _changed(deployment: Deployment, customer: str, program: str | None, undo: bool) -> int:
    """How many candidates were withdrawn."""
    names = deployment.names
    opt_outs = OptOuts(deployment.client("dynamodb"), names["customers_table"], names["candidates_table"])
    if undo:
        opt_outs.opt_in(customer, program)
        return 0
    return opt_outs.opt_out(customer, program, datetime.now(UTC))

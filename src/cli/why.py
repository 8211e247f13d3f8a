"""`ovation why`: one fan and one sale in, the whole story of the reminder in the order of time out."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from botocore.exceptions import ClientError
from rich.table import Table

from adapters.aws.fan_history import FanHistory
from cli.console import BAD_INPUT, FAILED, AsJson, give_up, out, print_json
from cli.deployment import Deployment, Stack
from domain.errors import OvationError, Unavailable
from domain.notifications.instants import moment
from domain.notifications.timeline import Known, timeline, verdicts

At = Annotated[
    str | None, typer.Option("--at", metavar="T", help="An instant like 2026-12-04T17:30:00Z; without it, now.")
]


def why(
    fan: Annotated[str, typer.Argument(metavar="FAN", help="The fan's id.")],
    sale: Annotated[str, typer.Argument(metavar="SALE", help="The sale's id.")],
    at: At = None,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Tell why a fan was reminded of a sale, or was not: wish, suppression, window, tries, statuses. No address is shown.

    Exit code 1: the tables do not answer. Exit code 2: nothing is known of them.
    """
    try:
        now = moment(at) if at else datetime.now(UTC)
        known = history(Deployment.reached(stack, "notifications")).of(fan, sale)
    except Unavailable as reason:
        give_up(reason, FAILED)
    except (OvationError, ClientError) as reason:
        give_up(reason, BAD_INPUT)
    if as_json:
        told = [{"at": it.at or None, "what": it.what, "detail": it.detail or None} for it in timeline(known)]
        print_json({"fan": fan, "sale": sale, "verdicts": verdicts(known, now), "timeline": told})
        return
    out.print(table(fan, sale, known))
    for sentence in verdicts(known, now):
        out.print(sentence, markup=False, soft_wrap=True)


def history(deployment: Deployment) -> FanHistory:
    names = deployment.names
    return FanHistory(deployment.client("dynamodb"), names["demand_table"], names["state_table"])


def table(fan: str, sale: str, known: Known) -> Table:
    shown = Table(title=f"{fan}, {sale}", title_justify="left")
    for head in ("when (UTC)", "what", "detail"):
        shown.add_column(head, overflow="fold")
    for it in timeline(known):
        shown.add_row(it.at.replace("T", " ").removesuffix("Z"), it.what, it.detail)
    return shown

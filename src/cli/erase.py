"""`ovation erase`: no version of any object of the archive holds a fan any more, and the receipt of it."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError
from rich.table import Table

from adapters.aws.archive_versions import ArchiveVersions
from adapters.aws.found_items import of_fan
from cli.archive_reading.copies import forget
from cli.console import BAD_INPUT, FAILED, AsJson, err, give_up, out, print_json
from cli.deployment import Deployment, Stack
from cli.query import COPIES
from domain.archive.fan import Fan
from domain.errors import OvationError, Rejected, Unavailable

PATIENCE, PAUSE = 300.0, 5.0  # seconds: a compaction may be at work, and lets go of the archive between two nights only
SHOWN = 20  # objects of a receipt that are printed; --json has them all

FanId = Annotated[str, typer.Argument(help="The fan's id, as `fanId` has it.")]


def erase(
    fan: FanId,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without it the command only says what it would do.")
    ] = False,
    stack: Stack = None,
    as_json: AsJson = False,
    copies: Annotated[
        Path,
        typer.Option(
            "--copies",
            help="Where `ovation query` keeps what it has read on this machine; it is emptied.",
            show_default="archive/ in the state folder",
        ),
    ] = COPIES,
) -> None:
    """Erase a fan from the archive and print the receipt. Exit code 2: nothing was done; 1: it is not done to its end, ask again."""
    try:
        if not yes:
            raise Rejected("this cannot be undone: give --yes to erase the fan from the archive")
        deployment = Deployment.reached(stack, "archive")
        left = of_fan(deployment.client("dynamodb"), deployment.names["demand_table"], Fan(fan).id)
    except (OvationError, ClientError) as reason:  # also what AWS does not allow, in its words
        give_up(reason, BAD_INPUT)
    try:
        with err.status("erasing"):
            receipt = erased(deployment, Fan(fan))
        forget(copies)
    except (OvationError, ClientError) as reason:  # some of it may be done, and done again it does no harm
        give_up(reason, FAILED)
    if left:
        err.print(f"The Demand table still has {left:,} items of the fan: whatever changes them is archived again.")
    print_json(receipt) if as_json else out.print(_table(receipt))


def erased(
    deployment: Deployment,
    fan: Fan,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """The receipt. The function is called until it is done; while another one rewrites the archive, it is waited for.

    Unavailable: that one does not come to an end. Rejected: the function failed; asked again, it goes on.
    """
    until, asked = clock() + PATIENCE, {"fanId": fan.id, "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    while not (answer := deployment.call("erase", asked))["done"]:
        if "heldBy" in answer:
            if clock() >= until:
                raise Unavailable(f"{answer['heldBy']} is still at work in the archive: try again later")
            sleep(PAUSE)
        else:
            until = clock() + PATIENCE
    files = ArchiveVersions(deployment.client("s3"), deployment.names["archive_bucket"])
    receipt: dict[str, Any] = json.loads(files.read(answer["receipt"]))
    return receipt


def _table(receipt: dict[str, Any]) -> Table:
    again = f", again at {', '.join(receipt['again'])}" if receipt["again"] else ""
    title = f"Erased at {receipt['at']}{again}; fan sha256 {receipt['fan'][:16]}…"
    table = Table(title=title, title_justify="left")
    table.add_column("object", overflow="fold")
    table.add_column("rows", justify="right")
    table.add_column("versions", justify="right")
    for one in receipt["objects"][:SHOWN]:
        table.add_row(one["key"], f"{one['rows']:,}", f"{one['versions']:,}")
    if (more := len(receipt["objects"]) - SHOWN) > 0:
        table.add_row(f"and {more:,} more (--json)", "", "")
    table.add_section()
    table.add_row("in all", f"{receipt['rows']:,}", f"{receipt['versions']:,}")
    unreadable = "".join(f" Not looked into, for it cannot be read: {key}." for key in receipt["unreadable"])
    table.caption = f"Kept: {receipt['kept']}.{unreadable}"
    return table

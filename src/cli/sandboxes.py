"""`ovation up` and `ovation down`, and the sandbox that any other command works on: the running one, else one of its own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.table import Table

from cli.console import BAD_INPUT, FAILED, AsJson, err, give_up, out, print_json
from domain.errors import Rejected
from sandbox.control import NotRunning
from sandbox.deploy import DeployError
from sandbox.olist import features, is_olist
from sandbox.repairs import RepairError
from sandbox.runtime import Sandbox
from sandbox.synth import SynthError

COULD_NOT_START = (SynthError, DeployError, RepairError)
Warehouse = Annotated[
    Path | None,
    typer.Option("--warehouse", exists=True, file_okay=False, help="Folder of CSV or Parquet files, one table a file."),
]
MEANING = {"engage": "engage: the pages that mails lead to", "serve": "serve: the serving API, signed (IAM)"}


def up(warehouse: Warehouse = None, as_json: AsJson = False) -> None:
    """Keep a sandbox running until Ctrl-C or `ovation down`; print its URLs. Exit code 1: it could not start, and why."""
    try:
        with err.status("starting") as status:
            sandbox = Sandbox.start(warehouse, on_step=status.update)
    except COULD_NOT_START as reason:
        give_up(reason, FAILED)
    with sandbox:
        address = asdict(sandbox.address)
        if as_json:
            typer.echo(json.dumps({name: address[name] for name in ("pid", "endpoints", "names", "region")}))
        else:
            out.print(_addresses(sandbox))
        try:
            sandbox.wait()
        except KeyboardInterrupt:
            err.print("stopping")


def down(as_json: AsJson = False) -> None:
    """Stop the running sandbox. Exit code 2: none is running."""
    try:
        Sandbox.attach().stop()
    except NotRunning as reason:
        give_up(reason, BAD_INPUT)
    if as_json:
        print_json({"stopped": True})


@contextmanager
def opened(warehouse: Path | None, day: date) -> Iterator[Sandbox]:
    """The running sandbox, else one that ends with the block; `warehouse` loaded, as it stood on the run's day."""
    with TemporaryDirectory(prefix="ovation-") as scratch:
        try:
            sandbox = Sandbox.attach()
        except NotRunning:
            if warehouse is None:
                raise Rejected("no sandbox is running: start one with `ovation up`, or give --warehouse DIR") from None
            with err.status("starting a sandbox") as status:
                sandbox = Sandbox.start(state_dir=Path(scratch) / "state", on_step=status.update)
        with sandbox:
            if warehouse is not None:
                load(sandbox, warehouse, day, Path(scratch))
            yield sandbox


def load(sandbox: Sandbox, warehouse: Path, day: date, scratch: Path) -> None:
    """Load a data folder. Real orders come without features, so those known on the day are made from them."""
    with err.status(f"loading {warehouse}"):
        try:
            sandbox.load(warehouse)
        except NotRunning:
            raise
        except (RuntimeError, OSError, ValueError) as reason:  # the sandbox's words, or a reader's here
            raise Rejected(f"{warehouse} cannot be loaded: {reason}") from reason
        if is_olist(warehouse):
            features(warehouse, day, scratch / "olist")
            sandbox.load(scratch / "olist")


def _addresses(sandbox: Sandbox) -> Table:
    table = Table(title="The sandbox is up; Ctrl-C or `ovation down` stops it", title_justify="left")
    table.add_column("what")
    table.add_column("where", overflow="fold")
    for service, url in sandbox.address.endpoints.items():
        table.add_row(MEANING.get(service, service), url)
    table.add_row("mails that went out", f"{sandbox.address.endpoints['sesv2']}/_sandbox/mails")
    for role, name in sandbox.address.names.items():
        table.add_row(role, name)
    return table

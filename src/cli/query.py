"""`ovation query`: an analyst's question about the archive in, its answer out, from this machine or from Athena."""

from pathlib import Path
from typing import Annotated

import boto3
import pyarrow as pa
import typer
from rich.markup import escape

from cli.archive_reading import remote
from cli.archive_reading.answers import Format, encoded, shown
from cli.archive_reading.local import LocalArchive
from cli.archive_reading.places import Bucket, Folder, Place
from cli.console import BAD_INPUT, FAILED, give_up, out
from cli.deployment import Deployment, Stack
from domain.archive.questions import QUESTIONS
from domain.errors import OvationError, Rejected, Unavailable
from sandbox.runtime import STATE

COPIES = STATE / "archive"


def query(
    sql: Annotated[
        str, typer.Argument(metavar="SQL", help="One query, in Athena's SQL or in Hive's; or the name of a question.")
    ],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Ask the files below this folder.", exists=True, file_okay=False)
    ] = None,
    bucket: Annotated[str | None, typer.Option("--bucket", help="Ask the files of this bucket.")] = None,
    stack: Stack = None,
    athena: Annotated[
        bool, typer.Option("--athena", help="Ask Athena instead, which reads where the files lie.")
    ] = False,
    form: Annotated[
        Format | None, typer.Option("--format", help="Without it, a table on a terminal and CSV elsewhere.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document: the same as --format json.")
    ] = False,
    to: Annotated[Path | None, typer.Option("--out", help="Write to this file, in the format of its ending.")] = None,
    copies: Annotated[
        Path,
        typer.Option(
            "--copies",
            help="Where what was read is kept as Parquet, so that it is read once.",
            show_default="archive/ in the state folder",
        ),
    ] = COPIES,
) -> None:
    """Ask the archive: tables demand, notification, event and sale, views <table>_events and <table>_current, and events.

    Questions with a name: top_events, deleted_in_quarter, notify_lag, event_on_a_day.
    Exit code 2: the query does not fit, or there is no such archive.
    """
    try:
        wanted = _form(form or (Format.JSON if as_json else None), to)
        sql = QUESTIONS[sql].sql if sql in QUESTIONS else sql
        if athena:
            rows = _athena(sql, stack, local=folder is not None or bucket is not None)
        else:
            rows = LocalArchive(_place(folder, bucket, stack), copies).ask(sql)
    except Unavailable as reason:
        give_up(reason, FAILED)
    except OvationError as reason:
        give_up(reason, BAD_INPUT)
    _deliver(rows, wanted, to)


def _form(form: Format | None, to: Path | None) -> Format:
    endings = {f".{each}": each for each in Format if each is not Format.TABLE}
    if form is None and to is not None:
        form = endings.get(to.suffix)
    if to is not None and form in (None, Format.TABLE):
        raise Rejected(f"{to.name} has no ending of a format: name one with --format")
    if to is None and form is Format.PARQUET:
        raise Rejected("parquet is not for reading here: name a file with --out")
    return form or (Format.TABLE if out.is_terminal else Format.CSV)


def _place(folder: Path | None, bucket: str | None, stack: str | None) -> Place:
    if [folder, bucket, stack].count(None) < 2:
        raise Rejected("--folder, --bucket and --stack name different archives: give one of them")
    if folder is not None:
        return Folder(folder)
    if bucket is not None:
        return Bucket(boto3.client("s3"), bucket)
    reached = Deployment.reached(stack, "archive")
    return Bucket(reached.client("s3"), reached.names["archive_bucket"])


def _athena(sql: str, stack: str | None, *, local: bool) -> pa.Table:
    if local:
        raise Rejected("--athena asks a stack's archive, not the files of a folder or bucket")
    reached = Deployment.reached(stack, "archive")
    names = {"workgroup": reached.names["athena_workgroup"], "database": reached.names["glue_database"]}
    return remote.ask(reached.client("athena"), sql, **names)


def _deliver(rows: pa.Table, form: Format, to: Path | None) -> None:
    if to is not None:
        try:
            to.write_bytes(encoded(rows, form))
        except OSError as error:
            give_up(f"{to} cannot be written: {error.strerror}", BAD_INPUT)
        out.print(f"{len(rows):,} rows in {escape(str(to))}", soft_wrap=True)
    elif form is Format.TABLE:
        out.print(shown(rows))
    else:
        typer.echo(encoded(rows, form), nl=False)

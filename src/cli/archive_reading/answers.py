"""The rows of an answer in, what is printed or kept of them out."""

import csv
import io
import json
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.table import Table

from sandbox.warehouse.rendering import text

SHOWN = 100  # rows on a screen


class Format(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def encoded(rows: pa.Table, form: Format) -> bytes:
    """CSV has names first and rows and arrays as Athena writes them; JSON is one array of objects."""
    if form is Format.PARQUET:
        body = io.BytesIO()
        pq.write_table(rows, body)
        return body.getvalue()
    if form is Format.JSON:
        return (json.dumps(rows.to_pylist(), indent=2, default=_plain, ensure_ascii=False) + "\n").encode()
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(rows.column_names)
    writer.writerows(_texts(rows))
    return written.getvalue().encode()


def shown(rows: pa.Table) -> Table:
    """For a screen: the first rows, and how many more there are."""
    left = len(rows) - SHOWN
    note = f"{SHOWN:,} of {len(rows):,} rows; --format csv prints them all" if left > 0 else None
    table = Table(caption=note, caption_justify="left")
    for field in rows.schema:
        number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        table.add_column(field.name, justify="right" if number else "left", overflow="fold")
    for line in _texts(rows.slice(0, SHOWN)):
        table.add_row(*("" if value is None else value for value in line))
    return table


def _texts(rows: pa.Table) -> list[tuple[str | None, ...]]:
    columns = [map(text, column.to_pylist()) for column in rows.columns]
    return list(zip(*columns, strict=True))


def _plain(value: Any) -> str:
    """Times as ISO 8601."""
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)

"""The engine's rows in, Athena's texts of their values out, for the API and for the file of results."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

Row = tuple[str | None, ...]
TIMES = {
    "TIMESTAMP": "%Y-%m-%d %H:%M:%S.%g",
    "TIMESTAMP WITH TIME ZONE": "%Y-%m-%d %H:%M:%S.%g UTC",
}  # by DuckDB's type


def text(value: Any) -> str | None:
    """A row is `{id=1, name=null}`, an array `[a, b]`; null on its own is nothing."""
    return None if value is None else _inner(value)


def as_text(column: str, kind: str, nested: bool) -> str:
    """The engine's expression for a column's texts; `nested`: leave rows and arrays as they are, for `text`."""
    if nested and kind[-1] in ")]" and not kind.startswith("DECIMAL"):
        return column
    if nested and kind in TIMES:
        return f"strftime({column}, '{TIMES[kind]}')"
    return f"CAST({column} AS VARCHAR)"


def csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Every value in quotes but null, which is nothing at all."""
    lines = [tuple(columns), *rows]
    return "".join(
        ",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in line) + "\n" for line in lines
    )


def _inner(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{name}={_inner(inner)}" for name, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_inner, value)) + "]"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}{' UTC' if value.tzinfo else ''}"
    return str(value)

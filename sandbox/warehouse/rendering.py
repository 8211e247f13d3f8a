"""The engine's rows in, Athena's texts of their values out, for the API and for the file of results."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

Row = tuple[str | None, ...]


def text(value: Any) -> str | None:
    """A row is `{id=1, name=null}`, an array `[a, b]`; null on its own is nothing."""
    return None if value is None else _inner(value)


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

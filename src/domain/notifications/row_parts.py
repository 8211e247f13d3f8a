"""A row of the Demand table, or what may lie in one, in, its nested parts out, and back: each of them may be missing."""

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]


def first(row: Row, name: str) -> Row:
    """Of a list of mappings that may be missing or empty."""
    return next(iter(row.get(name) or ()), {})


def inner(row: Row, outer: str, name: str) -> Any:
    found = row.get(outer)
    return found.get(name) if isinstance(found, Mapping) else None


def nested(name: str, value: str | None) -> dict[str, str] | None:
    return {name: value} if value else None


def known(told: Row) -> dict[str, Any]:
    """Without what is None, which no row holds."""
    return {name: value for name, value in told.items() if value is not None}

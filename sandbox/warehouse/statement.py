"""One statement of the warehouse, from its text to its rows: what both protocols report on."""

import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import duckdb

from sandbox.warehouse.output import Written
from sandbox.warehouse.rendering import Row
from sandbox.warehouse.unload import Unload

QUERY, DEFINITION = "DML", "DDL"  # Athena: StatementType


@dataclass
class Statement:
    """States are Athena's. `results`: where Athena's by-products go."""

    id: str
    dialect: str
    sql: str
    parameters: tuple[str, ...]
    database: str
    results: str | None
    request: dict[str, Any]
    kind: str = QUERY
    state: str = "QUEUED"
    message: str = ""
    submitted: datetime = field(default_factory=lambda: datetime.now(UTC))
    finished: datetime | None = None
    columns: list[tuple[str, str]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    row_count: int = 0
    unload: Unload | None = None
    files: list[Written] = field(default_factory=list)
    manifest: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    cursor: duckdb.DuckDBPyConnection | None = None

    @property
    def ended(self) -> bool:
        return self.state in ("SUCCEEDED", "FAILED", "CANCELLED")

    @property
    def output(self) -> str:
        """The address of Athena's file of results; nothing where it was told no place."""
        ending = "" if self.unload else {QUERY: ".csv", DEFINITION: ".txt"}[self.kind]
        return f"{self.results.rstrip('/')}/{self.id}{ending}" if self.results else ""


def new_id() -> str:
    return str(uuid.uuid4())

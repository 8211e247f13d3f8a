"""Accepted statements in, run in a thread each, their state and results out: what both protocols report on."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import duckdb
from botocore.exceptions import ClientError

from sandbox.warehouse.catalogue import Catalogue
from sandbox.warehouse.ddl import lines_of
from sandbox.warehouse.dialects import EngineError, quoted, to_duckdb
from sandbox.warehouse.faults import WarehouseFaults
from sandbox.warehouse.output import Output, columns_of
from sandbox.warehouse.rendering import as_text, csv, text
from sandbox.warehouse.statement import DEFINITION, Statement
from sandbox.warehouse.tables import Tables
from sandbox.warehouse.unload import Unload, parse_unload

STOP_SECONDS = 5
ROW_LIMIT = 100_000  # rows of a plain SELECT kept for paging; whoever wants more unloads


class Statements:
    """All statements of one warehouse."""

    def __init__(
        self, tables: Tables, output: Output, faults: WarehouseFaults, catalogue: Catalogue | None = None
    ) -> None:
        self._tables = tables
        self._catalogue = catalogue
        self._output = output
        self._faults = faults
        self._known: dict[str, Statement] = {}
        self._tokens: dict[tuple[str, str], Statement] = {}
        self._lock = threading.Lock()

    def start(self, statement: Statement, token: str | None) -> Statement:
        """Run it, or give back the statement that this token has started already."""
        with self._lock:
            held = self._tokens.get((statement.dialect, token)) if token else None
            if held is not None:
                return held
            self._known[statement.id] = statement
            if token:
                self._tokens[(statement.dialect, token)] = statement
        threading.Thread(target=self._run, args=(statement,), daemon=True).start()
        return statement

    def find(self, id: str, dialect: str) -> Statement | None:
        statement = self._known.get(id)
        return statement if statement and statement.dialect == dialect else None

    def cancel(self, statement: Statement) -> None:
        statement.stop.set()
        cursor = statement.cursor
        if cursor is not None and not statement.ended:
            with suppress(duckdb.ConnectionException):  # it has come to its end at this very moment
                cursor.interrupt()

    def all(self, dialect: str) -> list[Statement]:
        """Newest first."""
        return [statement for statement in reversed(self._known.values()) if statement.dialect == dialect]

    def forget(self) -> None:
        """Stop them all and know of none any more, as an engine does after hours or days; the token of each is free again."""
        with self._lock:
            known = list(self._known.values())
            self._known.clear()
            self._tokens.clear()
        for statement in known:
            self.cancel(statement)

    def texts(self) -> list[str]:
        return [statement.sql for statement in self._known.values()]

    def close(self) -> None:
        """Stop them all, and wait a moment for their threads to let go of the database."""
        for statement in list(self._known.values()):
            self.cancel(statement)
        for statement in list(self._known.values()):
            statement.over.wait(STOP_SECONDS)

    def _run(self, statement: Statement) -> None:
        outcome, statement.message = "FAILED", "INTERNAL_ERROR: the stand-in itself failed"
        try:
            statement.state = "RUNNING"
            self._spell(statement)
            self._execute(statement)
            outcome, statement.message = "SUCCEEDED", ""
        except EngineError as error:
            statement.message = str(error)
        except duckdb.Error as error:
            statement.message = _in_their_words(error)
        except ClientError as error:
            statement.message = f"S3: {error}"
        finally:
            if statement.stop.is_set() and outcome == "FAILED":
                outcome, statement.message = "CANCELLED", "Query was cancelled"
            statement.finished = datetime.now(UTC)
            statement.cursor = None
            statement.state = outcome  # last: whoever sees it sees the rest
            statement.over.set()

    def _spell(self, statement: Statement) -> None:
        if self._faults.is_endless(statement.sql):
            statement.stop.wait()
        if statement.stop.is_set():
            raise EngineError("cancelled")
        if message := self._faults.failure_of(statement.sql):
            raise EngineError(message)

    def _execute(self, statement: Statement) -> None:
        plan = parse_unload(statement.sql, statement.dialect)
        sql = plan.select if plan else statement.sql
        if self._catalogue and statement.dialect == "athena":
            lines = lines_of(sql, statement.database, self._catalogue)
            if lines is not None:
                self._define(statement, lines)
                return
            self._catalogue.refresh(sql, statement.database)
        select = to_duckdb(sql, statement.dialect, statement.parameters, self._tables.schemas())
        with self._tables.cursor(statement.database) as cursor:
            statement.cursor = cursor
            statement.columns = columns_of(cursor, select)
            statement.unload = plan
            if plan is None:
                self._select(statement, cursor, select)
            else:
                self._unload(statement, cursor, select, plan)

    def _define(self, statement: Statement, lines: list[str]) -> None:
        statement.kind, statement.columns, statement.rows = DEFINITION, [("result", "string")], [(it,) for it in lines]
        if statement.output:
            self._output.put(statement.output, "".join(f"{line}\n" for line in lines).encode())

    def _select(self, statement: Statement, cursor: duckdb.DuckDBPyConnection, select: str) -> None:
        names = ", ".join(quoted(name) for name, _ in statement.columns)
        texts = partial(as_text, nested=statement.dialect == "athena")
        wanted = ", ".join(texts(quoted(name), kind) for name, kind in statement.columns)
        cursor.execute(f"SELECT {wanted} FROM ({select}) AS selected({names})")
        statement.rows = [tuple(map(text, row)) for row in cursor.fetchmany(ROW_LIMIT)]
        statement.row_count = len(statement.rows)
        if statement.dialect == "athena" and statement.output:
            content = csv([name for name, _ in statement.columns], statement.rows)
            self._output.put(statement.output, content.encode())

    def _unload(self, statement: Statement, cursor: duckdb.DuckDBPyConnection, select: str, plan: Unload) -> None:
        statement.files = self._output.unload(cursor, select, plan, statement.id, statement.dialect)
        statement.row_count = sum(file.rows for file in statement.files)
        if statement.dialect == "athena" and statement.results:
            manifest = f"{statement.results.rstrip('/')}/{statement.id}-manifest.csv"
            statement.manifest = self._output.athena_manifest(manifest, statement.files)
        if plan.manifest and statement.files:
            columns = [column for column in statement.columns if column[0] not in plan.partition_by]
            statement.manifest = self._output.redshift_manifest(plan, statement.files, columns)


def _in_their_words(error: duckdb.Error) -> str:
    """DuckDB's message under the engines' name for such a failure."""
    text = str(error).splitlines()[0]
    kinds: Sequence[tuple[Callable[[], bool], str]] = (
        (lambda: isinstance(error, duckdb.CatalogException) and "Table with name" in text, "TABLE_NOT_FOUND"),
        (lambda: isinstance(error, duckdb.BinderException) and "column" in text, "COLUMN_NOT_FOUND"),
        (lambda: isinstance(error, duckdb.ConversionException), "INVALID_CAST_ARGUMENT"),
    )
    return f"{next((name for holds, name in kinds if holds()), 'GENERIC_USER_ERROR')}: {text}"

"""Folders of CSV and Parquet files in, tables of one DuckDB database out."""

from pathlib import Path
from typing import Any

import duckdb

from sandbox.warehouse.dialects import MACROS, quoted

MAIN = "main"

# Only ISO dates are dates: a CSV file on S3 has no types, and `10/10/2017 21:25` stays the text that it is.
CSV_TYPES = (
    "header = true, sample_size = -1, auto_type_candidates = ['BOOLEAN', 'BIGINT', 'DOUBLE', 'DATE', 'TIMESTAMP', 'VARCHAR'],"
    " dateformat = '%Y-%m-%d', timestampformat = '%Y-%m-%d %H:%M:%S'"
)


class Tables:
    """All that can be queried. One thread a statement, so that the same statement gives its rows in the same order."""

    def __init__(self) -> None:
        self._database = duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False})
        self._database.execute("SET GLOBAL TimeZone = 'UTC'")
        for macro in MACROS:
            self._database.execute(f"CREATE MACRO {macro}")

    def load(self, folder: Path, database: str = MAIN) -> list[str]:
        """One table a file, named by the file's stem; a table of that name is replaced. Returns the names."""
        files = sorted(file for file in folder.iterdir() if file.suffix in (".csv", ".parquet"))
        with self.cursor(MAIN) as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(database)}")
            for file in files:
                self._replace(cursor, database, file.stem, _reading(file))
        return [file.stem for file in files]

    def add(self, name: str, rows: Any, database: str = MAIN) -> None:
        """A table from an Arrow table, which is how Avro files and Glue tables come in."""
        with self.cursor(MAIN) as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(database)}")
            cursor.register("incoming", rows)
            self._replace(cursor, database, name, ("TABLE", "SELECT * FROM incoming"))

    def add_view(self, name: str, select: str, database: str = MAIN) -> None:
        """A view of that query, in DuckDB's SQL."""
        with self.cursor(MAIN) as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(database)}")
            self._replace(cursor, database, name, ("VIEW", select))

    def schemas(self) -> set[str]:
        with self.cursor(MAIN) as cursor:
            rows = cursor.execute("SELECT schema_name FROM duckdb_schemas() WHERE NOT internal").fetchall()
        return {name.lower() for (name,) in rows} | {MAIN}

    def cursor(self, database: str) -> duckdb.DuckDBPyConnection:
        """A connection of its own for one thread, which looks for tables in `database` first, if one was loaded."""
        cursor = self._database.cursor()
        if database != MAIN and database.lower() in self.schemas():
            cursor.execute(f"SET search_path = '{database.lower()},{MAIN}'")
        return cursor

    def close(self) -> None:
        """Let go of the database for good, also where an idle connection still holds on to this object."""
        self._database.close()
        del self._database

    def _replace(self, cursor: duckdb.DuckDBPyConnection, database: str, name: str, source: tuple[str, str]) -> None:
        kind, query = source
        target = f"{quoted(database)}.{quoted(name)}"
        found = cursor.execute(
            "SELECT table_type FROM information_schema.tables WHERE table_schema = ? AND table_name = ?",
            [database, name],
        ).fetchone()
        was = "VIEW" if found and found[0] == "VIEW" else "TABLE"
        if found and was != kind:
            cursor.execute(f"DROP {was} {target}")
        cursor.execute(f"CREATE OR REPLACE {kind} {target} AS {query}")  # at once: another statement may be reading it


def _reading(file: Path) -> tuple[str, str]:
    """CSV is parsed once; Parquet is read where it lies, so that big samples need no memory."""
    path = str(file.resolve()).replace("'", "''")
    if file.suffix == ".csv":
        return "TABLE", f"SELECT * FROM read_csv('{path}', {CSV_TYPES})"
    return "VIEW", f"SELECT * FROM read_parquet('{path}')"

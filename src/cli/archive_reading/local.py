"""An analyst's query and a place in, its answer from a database of this process out."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
from sqlglot import exp

from adapters.files.nearest import nearest
from cli.archive_reading.copies import Copies, table_schema
from cli.archive_reading.dates import needed
from cli.archive_reading.places import Place, Vanished
from cli.archive_reading.readings import ISO_EPOCH, Reading, readings
from domain.archive.kinds import KINDS
from domain.archive.places import PARTITION
from domain.archive.views import views
from domain.errors import Rejected
from sandbox.warehouse.dialects import MACROS, EngineError, in_duckdb

LISTINGS = 5  # a compaction replaces a partition's files at once: whoever finds one gone looks again
UNKNOWN = (  # as the engine says it, and what it is that nobody knows
    (re.compile(r'Referenced column "(.+?)" not found'), "column"),
    (re.compile(r'does not have a column named "(.+?)"'), "column"),
    (re.compile(r'Could not find key "(.+?)" in struct'), "field"),
    (re.compile(r'Referenced table "(.+?)" not found'), "table or column"),
)
Parquet = Mapping[str, list[Path]]


@dataclass(frozen=True)
class LocalArchive:
    """The tables and views of Athena's catalogue, by the same names; copies of what was read lie below `root`."""

    place: Place
    root: Path

    def ask(self, sql: str) -> pa.Table:
        """The rows, names of columns in lower case. Rejected: it is no single query, does not fit the tables, or fails; Unavailable."""
        reading = understood(sql)
        for _ in range(LISTINGS):
            try:
                return _run(reading, self._parquet(reading))
            except (Vanished, duckdb.IOException) as gone:
                missing = gone
        raise Rejected(f"files of the archive are removed while they are read: {missing}")

    def _parquet(self, reading: Reading) -> Parquet:
        holds, copies = needed(reading.query), Copies(self.place, self.root)
        made = {}
        for kind in kinds_of(reading.query):
            found = list(self.place.files(kind))
            made[kind] = copies.made(kind, [each for each in found if holds(each.day)])
            copies.drop(kind, found)
        return made


def understood(sql: str) -> Reading:
    """The first way to read it that fits the tables. Rejected: there is none; why the likeliest one does not."""
    refusals: list[tuple[bool, str]] = []
    try:
        for reading in readings(sql):
            try:
                with _connected({kind: [] for kind in kinds_of(reading.query)}) as database:
                    database.execute(f"DESCRIBE {reading.sql}")
                return reading
            except duckdb.Error as error:
                foreign = isinstance(
                    error, duckdb.CatalogException
                )  # a function that this way of reading does not have
                refusals.append((foreign, _in_our_words(error, reading.query)))
    except EngineError as error:
        raise Rejected(str(error)) from error
    raise Rejected(min(refusals, key=lambda refusal: refusal[0])[1])


def kinds_of(query: exp.Query) -> list[str]:
    """Of the tables and views it names. Rejected: one that is none of the archive's."""
    within = {each.alias_or_name.lower() for each in query.find_all(exp.CTE)}
    named = [table.name.lower() or table.sql() for table in query.find_all(exp.Table)]
    known = {relation: kind for kind in KINDS for relation in (kind, *_views(kind))}
    for name in named:
        if name not in known and name not in within:
            raise Rejected(f"there is no table {name}{nearest(name, known)}")
    return sorted({known[name] for name in named if name in known})


@cache
def _views(kind: str) -> dict[str, str]:
    """By name, in DuckDB's words."""
    names = [name for name in table_schema(kind).names if name != PARTITION]
    return {name: in_duckdb(sql, "athena") for name, sql in views({kind: names}).items()}


def _run(reading: Reading, parquet: Parquet) -> pa.Table:
    with _connected(parquet) as database:
        try:
            rows = database.sql(reading.sql).to_arrow_table()
        except duckdb.IOException:
            raise
        except duckdb.Error as error:
            raise Rejected(_in_our_words(error, reading.query)) from error
    return pa.table([_whole(column) for column in rows.columns], [name.lower() for name in rows.column_names])


def _connected(parquet: Parquet) -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(config={"autoinstall_known_extensions": False})
    database.execute("SET GLOBAL TimeZone = 'UTC'")
    for macro in (*MACROS, ISO_EPOCH):
        database.execute(f"CREATE MACRO {macro}")
    for kind, paths in parquet.items():
        if paths:
            files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
            database.execute(f"CREATE VIEW {kind} AS SELECT * FROM read_parquet([{files}])")  # noqa: S608
        else:
            database.register(kind, table_schema(kind).empty_table())
        for name, sql in _views(kind).items():
            database.execute(f"CREATE VIEW {name} AS {sql}")
    return database


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A sum of whole numbers is a `bigint` in Athena, and of more digits here."""
    return column.cast(pa.int64()) if pa.types.is_decimal(column.type) and column.type.scale == 0 else column


def _in_our_words(error: duckdb.Error, query: exp.Query) -> str:
    """Names nobody knows with the nearest one that somebody does; all else as the engine says it."""
    text = str(error).splitlines()[0]
    for pattern, what in UNKNOWN:
        if found := pattern.search(text):
            fields = [field for kind in kinds_of(query) for field in table_schema(kind)]
            return f"there is no {what} {found[1]}{nearest(found[1], set(_names(fields)))}"
    return text


def _names(fields: Iterable[pa.Field]) -> Iterable[str]:
    for field in fields:
        yield field.name
        kind = field.type.value_type if pa.types.is_list(field.type) else field.type
        if pa.types.is_struct(kind):
            yield from _names(kind)

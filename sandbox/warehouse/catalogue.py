"""A query in, the Glue tables and views that it names as tables and views of the stand-in's engine out."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
from botocore.exceptions import ClientError

from adapters.files.hive_types import arrow
from sandbox.warehouse.dialects import EngineError, in_duckdb, tables_of
from sandbox.warehouse.objects import LISTINGS, Found, Layout, Objects, Vanished
from sandbox.warehouse.partitions import files_of, keys_of
from sandbox.warehouse.presto_views import View, decoded
from sandbox.warehouse.tables import Tables

AVRO, PARQUET = "avro", "parquet"
Table = Mapping[str, Any]
Name = tuple[str, str]  # database and table


@dataclass
class Catalogue:
    """What a statement names is looked up anew before it runs; what has not changed is not loaded again."""

    glue: Any
    s3: Any
    tables: Tables
    _objects: dict[Name, Objects] = field(default_factory=dict)
    _loaded: dict[Name, Any] = field(default_factory=dict)  # what the engine's table or view was made of
    _lock: threading.Lock = field(default_factory=threading.Lock)  # no table is replaced by two statements at once

    def refresh(self, sql: str, database: str) -> None:
        """Load every Glue table that the query names. EngineError: a file is not what its table says, a view not what it promises."""
        with self._lock:
            for name in tables_of(sql, "athena", database):
                self._load(name)

    def table(self, database: str, name: str) -> Table | None:
        try:
            found: Table = self.glue.get_table(DatabaseName=database, Name=name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityNotFoundException":
                return None  # the engine says so itself, unless a folder gave it the table
            raise
        return found

    def _load(self, name: Name) -> None:
        table = self.table(*name)
        if table is None:
            return
        if view := decoded(table):
            for inner in tables_of(view.sql, "athena", view.database):
                self._load(inner)
            self._create(name, view)
        else:
            self._fill(name, table)

    def _create(self, name: Name, view: View) -> None:
        if self._loaded.get(name) == view:
            return
        sql = in_duckdb(view.sql, "athena", view.database)
        promised = ", ".join(f'CAST(NULL AS {kind}) AS "{column}"' for column, kind in view.columns)
        with self.tables.cursor(view.database) as cursor:
            try:
                found, wanted = (
                    [(column.lower(), kind) for column, kind, *_ in cursor.execute(f"DESCRIBE {text}").fetchall()]
                    for text in (sql, in_duckdb(f"SELECT {promised}", "athena"))
                )
            except duckdb.Error as error:
                raise EngineError(f"INVALID_VIEW: {name[1]}: {error}") from error
        if found != wanted:
            other = next(f"{has}, not {kind}" for has, kind in zip(found, wanted, strict=False) if has != kind)
            raise EngineError(f"INVALID_VIEW: View '{name[1]}' is stale or in invalid state: it has {other}")
        self.tables.add_view(name[1], sql, name[0])
        self._loaded[name] = view

    def _fill(self, name: Name, table: Table) -> None:
        layout = _layout(table)
        found, parts = self._files(name, table, layout)
        if self._loaded.get(name) == (found, layout):
            return
        keys = [pa.field(key, pa.string()) for key in keys_of(table)]
        whole = pa.schema([*layout.columns, *keys])
        filled = []
        for values, rows in parts:
            for key, value in zip(keys, values, strict=True):
                rows = rows.append_column(key, pa.repeat(pa.scalar(value, pa.string()), len(rows)))
            filled.append(rows.cast(whole))
        self.tables.add(name[1], pa.concat_tables(filled) if filled else whole.empty_table(), name[0])
        self._loaded[name] = (found, layout)

    def _files(self, name: Name, table: Table, layout: Layout) -> tuple[list[Found], Any]:
        objects = self._objects.setdefault(name, Objects(self.s3))
        for _ in range(LISTINGS):
            found = list(files_of(self.glue, self.s3, name[0], table))
            try:
                return found, objects.read(found, layout)
            except Vanished as gone:
                missing = gone
        raise EngineError(f"HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split {missing}: it is gone")


def _layout(table: Table) -> Layout:
    storage = table["StorageDescriptor"]
    try:
        columns = pa.schema([(it["Name"], arrow(it["Type"])) for it in storage["Columns"]])
    except ValueError as error:
        raise EngineError(f"HIVE_UNKNOWN_ERROR: {error}") from error
    form = next((form for form in (AVRO, PARQUET) if form in storage["InputFormat"].lower()), "json")
    literal = storage.get("SerdeInfo", {}).get("Parameters", {}).get("avro.schema.literal")
    return Layout(columns, form, json.loads(literal) if literal else None)

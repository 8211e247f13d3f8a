"""Glue tables over S3 in, tables that the stand-in's engine can query out: JSON lines and Parquet, partition by partition."""

import gzip
import io
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from botocore.exceptions import ClientError
from sqlglot import exp
from sqlglot.errors import SqlglotError

from sandbox.warehouse.dialects import EngineError
from sandbox.warehouse.tables import Tables

SIMPLE = {
    "string": pa.string(),
    "double": pa.float64(),
    "float": pa.float32(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("ms"),
}


@dataclass
class Catalogue:
    """What a statement names is read anew before it runs; an object that has not changed is not fetched again."""

    glue: Any
    s3: Any
    tables: Tables
    _objects: dict[tuple[str, str], pa.Table] = field(default_factory=dict)  # by address and ETag
    _lock: threading.Lock = field(default_factory=threading.Lock)  # no table is replaced by two statements at once

    def refresh(self, sql: str, database: str) -> None:
        """Load every Glue table that the query names. EngineError: a file is not what its table says."""
        try:
            tree = sqlglot.parse_one(sql, dialect="athena")
        except SqlglotError:
            return  # the engine says what is wrong with it
        named = {(table.db or database, table.name.lower()) for table in tree.find_all(exp.Table)}
        with self._lock:
            for schema, name in sorted(named):
                table = self._table(schema, name)
                if table is not None:
                    self.tables.add(name, self._rows(schema, table), schema)

    def _table(self, database: str, name: str) -> Any:
        try:
            return self.glue.get_table(DatabaseName=database, Name=name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityNotFoundException":
                return None  # the engine says so itself, unless a folder gave it the table
            raise

    def _rows(self, database: str, table: Mapping[str, Any]) -> pa.Table:
        columns = pa.schema([(it["Name"], arrow(it["Type"])) for it in table["StorageDescriptor"]["Columns"]])
        keys = [it["Name"] for it in table.get("PartitionKeys", ())]
        whole = pa.schema([*columns, *((key, pa.string()) for key in keys)])
        parts = []
        for values, storage in self._partitions(database, table, keys):
            for rows in self._files(storage, columns):
                for key, value in zip(keys, values, strict=True):
                    rows = rows.append_column(key, pa.array([value] * len(rows), pa.string()))
                parts.append(rows.cast(whole))
        return pa.concat_tables(parts) if parts else whole.empty_table()

    def _partitions(self, database: str, table: Mapping[str, Any], keys: list[str]) -> Iterator[tuple[list[str], Any]]:
        if not keys:
            yield [], table["StorageDescriptor"]
            return
        found = self.glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=table["Name"])
        for page in found:
            for partition in page["Partitions"]:
                yield partition["Values"], partition["StorageDescriptor"]

    def _files(self, storage: Mapping[str, Any], columns: pa.Schema) -> Iterator[pa.Table]:
        place = urlsplit(storage["Location"])
        parquet = "parquet" in storage["InputFormat"].lower()
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=place.netloc, Prefix=place.path[1:]):
            for item in page.get("Contents", ()):
                known = (f"{place.netloc}/{item['Key']}", item["ETag"])
                if known not in self._objects:
                    body = self.s3.get_object(Bucket=place.netloc, Key=item["Key"])["Body"].read()
                    read = _parquet if parquet else _json_lines
                    self._objects[known] = read(body, columns, item["Key"])
                yield self._objects[known]


def arrow(kind: str) -> pa.DataType:
    """A Hive type as Arrow's: the simple ones, arrays and structs. EngineError: another one."""
    kind = kind.strip().lower()
    if kind in SIMPLE:
        return SIMPLE[kind]
    if found := re.fullmatch(r"array<(.+)>", kind):
        return pa.list_(arrow(found[1]))
    if found := re.fullmatch(r"struct<(.+)>", kind):
        fields = (part.split(":", 1) for part in _outer_commas(found[1]))
        return pa.struct([(name.strip(), arrow(inner)) for name, inner in fields])
    raise EngineError(f"HIVE_UNKNOWN_ERROR: the type {kind} is not understood here")


def _outer_commas(text: str) -> Iterator[str]:
    depth, start = 0, 0
    for position, character in enumerate(text):
        depth += {"<": 1, ">": -1}.get(character, 0)
        if character == "," and depth == 0:
            yield text[start:position]
            start = position + 1
    yield text[start:]


def _json_lines(body: bytes, columns: pa.Schema, name: str) -> pa.Table:
    text = gzip.decompress(body) if name.endswith(".gz") else body
    try:
        rows = [_lower(orjson.loads(line)) for line in text.splitlines() if line.strip()]
        return pa.Table.from_pylist(rows, schema=columns)
    except (orjson.JSONDecodeError, pa.ArrowException) as error:
        raise EngineError(f"HIVE_CURSOR_ERROR: {name}: {error}") from error


def _lower(value: Any) -> Any:
    """Names folded to lower case, as the JSON SerDe does by default."""
    if isinstance(value, dict):
        return {name.lower(): _lower(inner) for name, inner in value.items()}
    return value


def _parquet(body: bytes, columns: pa.Schema, name: str) -> pa.Table:
    try:
        table = pq.read_table(io.BytesIO(body))
        return pa.table({column.name: table[column.name] for column in columns}).cast(columns)
    except (pa.ArrowException, KeyError) as error:
        raise EngineError(f"HIVE_BAD_DATA: {name}: {error}") from error

"""An unload plan in, the engine's files on S3 out: partition folders, gzip JSON lines or Parquet, and manifests."""

import gzip
import json
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pyarrow.parquet

from sandbox.warehouse.dialects import EngineError, quoted
from sandbox.warehouse.unload import Unload

PARTITION_LIMIT = 100  # Athena: considerations for UNLOAD
FORMATS = {"json": "json", "parquet": "parquet"}


@dataclass(frozen=True, slots=True)
class Written:
    """One object an UNLOAD left."""

    url: str
    rows: int
    size: int


@dataclass(frozen=True)
class Output:
    """S3 as the engines write to it."""

    s3: Any

    def unload(
        self, cursor: duckdb.DuckDBPyConnection, select: str, plan: Unload, name: str, dialect: str
    ) -> list[Written]:
        """Write the rows of `select` (DuckDB's SQL) and say what was written. EngineError: the engine would refuse to."""
        if plan.format not in FORMATS:
            raise EngineError(f"UNLOAD in the format {plan.format} is not understood here")
        self._refuse_used(plan, dialect)
        with tempfile.TemporaryDirectory(prefix="ovation-unload-") as folder:
            _copy(cursor, select, plan, Path(folder))
            files = sorted(file for file in Path(folder).rglob("*") if file.is_file())
            if dialect == "athena" and len({file.parent for file in files}) > PARTITION_LIMIT:
                raise EngineError(
                    f"HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of {PARTITION_LIMIT} open writers for partitions"
                )
            names = _names(files, Path(folder), plan, name, dialect)
            return [self._upload(file, plan, names[file]) for file in files]

    def put(self, url: str, body: bytes) -> str:
        self.s3.put_object(Bucket=urlsplit(url).netloc, Key=urlsplit(url).path[1:], Body=body)
        return url

    def athena_manifest(self, url: str, files: list[Written]) -> str:
        """One address a line."""
        return self.put(url, "".join(f"{file.url}\n" for file in files).encode())

    def redshift_manifest(self, plan: Unload, files: list[Written], columns: list[tuple[str, str]]) -> str:
        """The verbose form: every object with its rows, and the sum."""
        document = {
            "entries": [
                {"url": file.url, "meta": {"content_length": file.size, "record_count": file.rows}} for file in files
            ],
            "schema": {"elements": [{"name": name, "type": {"base": kind.lower()}} for name, kind in columns]},
            "meta": {
                "content_length": sum(file.size for file in files),
                "record_count": sum(file.rows for file in files),
            },
            "author": {"name": "Amazon Redshift", "version": "1.0.0"},
        }
        return self.put(f"{plan.location}manifest", json.dumps(document).encode())

    def _refuse_used(self, plan: Unload, dialect: str) -> None:
        place = urlsplit(plan.location)
        found = self.s3.list_objects_v2(Bucket=place.netloc, Prefix=place.path[1:], MaxKeys=1)
        if not found.get("KeyCount") or plan.overwrite:
            return
        if dialect == "athena":
            raise EngineError(f"HIVE_PATH_ALREADY_EXISTS: Target directory for table already exists: {plan.location}")
        raise EngineError("Specified unload destination on S3 is not empty. Consider a different bucket / prefix.")

    def _upload(self, file: Path, plan: Unload, key: str) -> Written:
        body = file.read_bytes()
        self.put(plan.location + key, body)
        return Written(plan.location + key, _rows(file, body, plan), len(body))


def columns_of(cursor: duckdb.DuckDBPyConnection, select: str) -> list[tuple[str, str]]:
    """Names and types of a query's columns, the names folded to lower case as both engines do. EngineError: two are the same."""
    described = [(name.lower(), kind) for name, kind, *_ in cursor.execute(f"DESCRIBE {select}").fetchall()]
    twice = [name for name, count in Counter(name for name, _ in described).items() if count > 1]
    if twice:
        raise EngineError(f"DUPLICATE_COLUMN_NAME: column {twice[0]} is named twice")
    return described


def _copy(cursor: duckdb.DuckDBPyConnection, select: str, plan: Unload, folder: Path) -> None:
    names = ", ".join(quoted(name) for name, _ in columns_of(cursor, select))
    options = [f"FORMAT {FORMATS[plan.format]}"]
    if plan.gzip and plan.format == "json":
        options.append("COMPRESSION gzip")
    if plan.partition_by:
        options.append(f"PARTITION_BY ({', '.join(map(quoted, plan.partition_by))})")
    target = folder if plan.partition_by else folder / "data"
    ordered = f"SELECT * FROM ({select}) AS unloaded({names}) ORDER BY ALL"
    cursor.execute(f"COPY ({ordered}) TO '{target}' ({', '.join(options)})")


def _names(files: list[Path], folder: Path, plan: Unload, name: str, dialect: str) -> dict[Path, str]:
    """Each engine's way to name files; the partition folders are Hive's for both."""
    ending = {"json": ".gz" if plan.gzip else ".json", "parquet": ".parquet"}[plan.format]
    seen: Counter[Path] = Counter()
    names = {}
    for file in files:
        parent = file.parent.relative_to(folder)
        part, seen[parent] = seen[parent], seen[parent] + 1
        base = f"{name}_{part:05d}{ending}" if dialect == "athena" else f"{part:04d}_part_00{ending}"
        names[file] = str(parent / base) if plan.partition_by else base
    return names


def _rows(file: Path, body: bytes, plan: Unload) -> int:
    if plan.format == "parquet":
        return int(pyarrow.parquet.ParquetFile(file).metadata.num_rows)
    return (gzip.decompress(body) if plan.gzip else body).count(b"\n")

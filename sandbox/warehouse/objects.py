"""The places of a Glue table's partitions in, the rows of the files below them out, each file fetched once as long as it is the same."""

import gzip
import io
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from adapters.files.avro_arrow import read_table
from domain.errors import Rejected
from sandbox.warehouse.dialects import EngineError

LISTINGS = 5  # a compaction replaces a partition's files at once: whoever finds one gone looks again
FETCHING = 8
Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One object, and the values of the partition keys it stands for."""

    bucket: str
    key: str
    etag: str
    values: Values


@dataclass(frozen=True)
class Layout:
    """How a table's files are read. `literal`: the Avro schema that the table gives, to read older files as."""

    columns: pa.Schema
    form: str  # avro, parquet, json
    literal: Mapping[str, Any] | None = None


class Vanished(Exception):
    """An object was listed and is no more."""


@dataclass
class Objects:
    """The files of one table that were read last time."""

    s3: Any
    _rows: dict[tuple[Found, str], pa.Table] = field(default_factory=dict)

    def read(self, found: list[Found], layout: Layout) -> list[tuple[Values, pa.Table]]:
        """The rows file by file. Vanished; EngineError: a file is not what its table says."""
        made = f"{layout.form} {layout.columns} {layout.literal}"
        with ThreadPoolExecutor(FETCHING) as pool:
            missing = [each for each in found if (each, made) not in self._rows]
            bodies = pool.map(self._body, missing)
            fresh = {(each, made): _read(body, layout, each.key) for each, body in zip(missing, bodies, strict=True)}
        self._rows = {
            (each, made): fresh[each, made] if (each, made) in fresh else self._rows[each, made] for each in found
        }
        return [(each.values, self._rows[each, made]) for each in found]

    def _body(self, found: Found) -> bytes:
        try:
            body: bytes = self.s3.get_object(Bucket=found.bucket, Key=found.key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                raise Vanished(found.key) from error
            raise
        return body


def listed(s3: Any, location: str) -> Iterator[tuple[str, str, str]]:
    """Bucket, key and ETag of every file below a place, but those that Hive holds for hidden."""
    place = urlsplit(location)
    prefix = place.path[1:]
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=place.netloc, Prefix=prefix):
        for item in page.get("Contents", ()):
            name = item["Key"].rpartition("/")[2]
            if name and not name.startswith(("_", ".")):
                yield place.netloc, item["Key"], item["ETag"]


def _read(body: bytes, layout: Layout, name: str) -> pa.Table:
    if layout.form == "avro":
        try:
            return read_table(body, layout.columns, name, layout.literal)
        except Rejected as error:
            raise EngineError(f"HIVE_BAD_DATA: {error}") from error
    return (_parquet if layout.form == "parquet" else _json_lines)(body, layout.columns, name)


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

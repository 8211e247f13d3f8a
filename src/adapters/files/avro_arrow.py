"""Avro container files in, Arrow tables of given columns out: for what asks questions of many rows at once.

Names match in any case, as the catalogue has them in lower case and Avro's schemas do not.
"""

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import islice
from typing import Any

import fastavro
import pyarrow as pa

from domain.errors import Rejected

Schema = Mapping[str, Any]
SIMPLE: Mapping[str, pa.DataType] = {
    "null": pa.null(),
    "string": pa.string(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "bytes": pa.binary(),
}
ROWS = 50_000  # at once, as dictionaries: about 100 MB
UNREADABLE = (
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
    zlib.error,
    fastavro.schema.SchemaParseException,
)


def read_table(body: bytes, columns: pa.Schema, name: str, reader: Schema | None = None) -> pa.Table:
    """All rows of one container; a column that it lacks is null. `reader`: the schema to read it as, with its defaults.

    Rejected: it is no such file, is cut short, or a column has another type.
    """
    return pa.concat_tables([columns.empty_table(), *read_batches(body, columns, name, reader)])


def read_batches(body: bytes, columns: pa.Schema, name: str, reader: Schema | None = None) -> Iterator[pa.Table]:
    """The same, a part at a time: what a compacted file holds is too much for the memory of this machine."""
    try:
        rows = fastavro.reader(BytesIO(body))
        written = json.loads(rows.metadata["avro.schema"])
        if reader is not None and _canonical(reader) != _canonical(written):  # names and defaults take twice the time
            rows, written = fastavro.reader(BytesIO(body), reader_schema=fastavro.parse_schema(dict(reader))), reader
        schema = pa.schema(_fields(written, {}))
        while batch := list(islice(rows, ROWS)):
            read = pa.Table.from_pylist(batch, schema=schema)
            yield pa.table([_fitted_column(read, column) for column in columns], schema=columns)
    except (*UNREADABLE, pa.ArrowException) as error:
        raise Rejected(f"{name} cannot be read: {error}") from error


def _canonical(schema: Schema) -> str:
    """Equal for schemas whose files are read alike (Avro: parsing canonical form)."""
    return str(fastavro.schema.to_parsing_canonical_form(dict(schema)))


def _fitted_column(read: pa.Table, column: pa.Field) -> pa.Array:
    found = _named(read.schema, column.name)
    if found is None:
        return pa.nulls(len(read), column.type)
    return _fitted(read.column(found).combine_chunks(), column.type)


def _fitted(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    """The same values under the names that are wanted; no value is copied unless its type changes."""
    if isinstance(array, pa.ChunkedArray):  # how combine_chunks gives back a column without rows
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    if pa.types.is_struct(wanted) and pa.types.is_struct(array.type):
        return _fitted_struct(array, wanted)
    if pa.types.is_list(wanted) and pa.types.is_list(array.type):
        values = _fitted(array.values, wanted.value_type)
        return pa.ListArray.from_arrays(array.offsets, values, type=wanted, mask=array.is_null())
    return array if array.type == wanted else array.cast(wanted)


def _fitted_struct(array: pa.Array, wanted: pa.StructType) -> pa.Array:
    parts = []
    for field in wanted:
        found = _named(array.type, field.name)
        parts.append(pa.nulls(len(array), field.type) if found is None else _fitted(array.field(found), field.type))
    return pa.StructArray.from_arrays(parts, fields=list(wanted), mask=array.is_null())


def _named(fields: Any, name: str) -> int | None:
    return next((place for place, field in enumerate(fields) if field.name.lower() == name.lower()), None)


def _fields(record: Any, named: dict[str, pa.DataType]) -> list[pa.Field]:
    return [pa.field(field["name"], _arrow(field["type"], named)) for field in record["fields"]]


def _last(name: str) -> str:
    """Of a full name; our schemas have one namespace."""
    return name.rpartition(".")[2]


def _arrow(type: Any, named: dict[str, pa.DataType]) -> pa.DataType:
    match type:
        case str() if type in SIMPLE:
            return SIMPLE[type]
        case str() if _last(type) in named:
            return named[_last(type)]
        case ["null", other] | [other, "null"] | [other]:
            return _arrow(other, named)
        case {"type": "record", "name": name}:
            return named.setdefault(_last(name), pa.struct(_fields(type, named)))
        case {"type": "enum", "name": name}:
            return named.setdefault(_last(name), pa.string())
        case {"type": "array", "items": items}:
            return pa.list_(_arrow(items, named))
        case {"type": str() as simple} if simple in SIMPLE and "logicalType" not in type:
            return SIMPLE[simple]
    raise ValueError(f"{type!r} has no column type")

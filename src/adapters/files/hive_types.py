"""The name of a Hive type in, Arrow's type out: what the Glue catalogue calls the columns of its tables."""

import re
from collections.abc import Iterator, Mapping

import pyarrow as pa

SIMPLE: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    "binary": pa.binary(),
    "double": pa.float64(),
    "float": pa.float32(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("ms"),
}


def arrow(kind: str) -> pa.DataType:
    """The simple ones, arrays and structs. ValueError: another one."""
    kind = kind.strip().lower()
    if kind in SIMPLE:
        return SIMPLE[kind]
    if found := re.fullmatch(r"array<(.+)>", kind):
        return pa.list_(arrow(found[1]))
    if found := re.fullmatch(r"struct<(.+)>", kind):
        fields = (part.split(":", 1) for part in _outer_commas(found[1]))
        return pa.struct([(name.strip(), arrow(inner)) for name, inner in fields])
    raise ValueError(f"the type {kind} is not understood here")


def _outer_commas(text: str) -> Iterator[str]:
    depth, start = 0, 0
    for position, character in enumerate(text):
        depth += {"<": 1, ">": -1}.get(character, 0)
        if character == "," and depth == 0:
            yield text[start:position]
            start = position + 1
    yield text[start:]

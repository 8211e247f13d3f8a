"""Plain values as Avro's JSON has them in, Avro's binary out: defaults, and what is computed and not a text or a flag."""

from struct import pack
from typing import Any

from domain.archive.avro_bytes import TROUBLE, boolean, size, string, varint
from domain.archive.avro_types import ABSENT, NULL, Array, Enum, Field, Fixed, Map, Primitive, Record, Type, Union

RANGES = {"int": 1 << 31, "long": 1 << 63}


def absent(field: Field) -> bytes | None:
    """What is written where the field is absent: its default, or null. None: it must be there."""
    if field.default is not ABSENT:
        return written(field.type, field.default)
    if field.type == NULL:
        return b""
    if isinstance(field.type, Union) and NULL in field.type.branches:
        return varint(field.type.branches.index(NULL))
    return None


def written(type: Type, value: Any) -> bytes:
    """`bytes` and `fixed` are texts of code points below 256. One of `TROUBLE`: the value is not of the type."""
    match type:
        case Primitive(name):
            return _primitive(name, value)
        case Enum(_, symbols):
            return varint(symbols.index(value))
        case Fixed(_, length) if len(value) == length:
            return bytes(value, "latin-1")
        case Array(items) if isinstance(value, list):
            return _block([written(items, item) for item in value])
        case Map(values) if isinstance(value, dict):
            return _block([string(key) + written(values, item) for key, item in value.items()])
        case Union(branches):
            return _first(branches, value)
        case Record(_, fields):
            return b"".join(written(field.type, value.get(field.name, field.default)) for field in fields)
    raise ValueError("a plain value of another type")


def _primitive(name: str, value: Any) -> bytes:
    match name:
        case "null" if value is None:
            return b""
        case "boolean":
            return boolean(value)
        case "int" | "long" if type(value) is int and -RANGES[name] <= value < RANGES[name]:
            return varint(value)
        case "float" | "double" if type(value) in (int, float):
            return pack("<f" if name == "float" else "<d", value)
        case "bytes":
            return size(len(value)) + bytes(value, "latin-1")
        case "string":
            return string(value)
    raise ValueError("a plain value of another type")


def _first(branches: tuple[Type, ...], value: Any) -> bytes:
    for index, branch in enumerate(branches):
        try:
            return varint(index) + written(branch, value)
        except TROUBLE:
            continue
    raise ValueError("no branch of the union fits")


def _block(entries: list[bytes]) -> bytes:
    """An array or a map: all members in one block."""
    return size(len(entries)) + b"".join(entries) + b"\0" if entries else b"\0"

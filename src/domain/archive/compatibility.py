"""Two versions of an Avro schema in, what would go wrong out when readers of the one meet rows of the other.

By the rules of https://avro.apache.org/docs/1.12.0/specification/#schema-resolution, on the schemas alone: a resolution that
would fail for some rows only, such as a union with a branch the reader has not, is a problem.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.archive import avro_types
from domain.archive.avro_types import ABSENT, Array, Enum, Field, Fixed, Map, Primitive, Record, Type, Union

PROMOTIONS: Mapping[str, tuple[str, ...]] = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}


def compatibility(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Empty: old readers read new rows, and new readers read old rows. ValueError: one of them is no schema of rows."""
    before, after = avro_types.record(old), avro_types.record(new)
    forward = [f"old reader, new rows: {problem}" for problem in unreadable(after, before)]
    return forward + [f"new reader, old rows: {problem}" for problem in unreadable(before, after)]


def unreadable(writer: Type, reader: Type) -> Iterator[str]:
    """Why rows of the one type cannot be read as the other; nothing: they can."""
    yield from _Resolving(set()).type(writer, reader, "")


class _Resolving:
    def __init__(self, met: set[tuple[Record, Record]]) -> None:
        self.met = met  # pairs that are being resolved already: a record may hold itself

    def type(self, writer: Type, reader: Type, path: str) -> Iterator[str]:
        match writer, reader:
            case Union(branches), _:
                for branch in branches:
                    yield from self.type(branch, reader, path)
            case _, Union(branches):
                if not any(self._fits(writer, branch) for branch in branches):
                    yield _says(path, f"{_name(writer)} is none of {' or '.join(map(_name, branches))}")
            case Record(), Record():
                yield from self._record(writer, reader, path)
            case Array(written), Array(read):
                yield from self.type(written, read, f"{path}[]")
            case Map(written), Map(read):
                yield from self.type(written, read, f"{path}{{}}")
            case _:
                yield from _simple(writer, reader, path)

    def _fits(self, writer: Type, reader: Type) -> bool:
        return next(_Resolving({*self.met}).type(writer, reader, ""), None) is None

    def _record(self, writer: Record, reader: Record, path: str) -> Iterator[str]:
        if writer.name != reader.name:
            yield _says(path, f"{writer.name} is not {reader.name}")
        elif (writer, reader) not in self.met:
            self.met.add((writer, reader))
            written = {field.name: field for field in writer.fields}
            for field in reader.fields:
                yield from self._field(written, field, f"{path}.{field.name}" if path else field.name)

    def _field(self, written: Mapping[str, Field], field: Field, path: str) -> Iterator[str]:
        found = next((written[name] for name in (field.name, *field.aliases) if name in written), None)
        if found is not None:
            yield from self.type(found.type, field.type, path)
        elif field.default is ABSENT:
            yield _says(path, "is not written, and has no default")


def _simple(writer: Type, reader: Type, path: str) -> Iterator[str]:
    match writer, reader:
        case Enum(name, written, _), Enum(other, symbols, default) if name == other:
            unknown = [symbol for symbol in written if symbol not in symbols]
            if unknown and default is ABSENT:
                yield _says(path, f"{name} has no symbol {', '.join(unknown)}, and no default")
        case Primitive(name), Primitive(other) if name == other or other in PROMOTIONS.get(name, ()):
            return
        case Fixed(), Fixed() if writer == reader:
            return
        case _:
            yield _says(path, f"{_name(writer)} is not {_name(reader)}")


def _says(path: str, says: str) -> str:
    return f"{path} {says}".lstrip()


def _name(type: Type) -> str:
    match type:
        case Array():
            return "an array"
        case Map():
            return "a map"
        case Union():
            return "a union"
        case Fixed(name, size):
            return f"{name} of {size} bytes"
    return type.name

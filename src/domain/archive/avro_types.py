"""An Avro schema as parsed JSON in, its types as values out, every name checked and resolved."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
ABSENT: Final = object()  # no default, no value: None is a value
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*").fullmatch


@dataclass(frozen=True, slots=True)
class Primitive:
    name: str


@dataclass(frozen=True, slots=True)
class Enum:
    name: str  # as all names here: without the namespace
    symbols: tuple[str, ...]
    default: Any = ABSENT


@dataclass(frozen=True, slots=True)
class Fixed:
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Array:
    items: "Type"


@dataclass(frozen=True, slots=True)
class Map:
    values: "Type"


@dataclass(frozen=True, slots=True)
class Union:
    branches: tuple["Type", ...]


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: "Type"
    default: Any = ABSENT
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """Compared by identity, for it may hold itself."""

    name: str
    fields: list[Field] = field(default_factory=list, repr=False)


Type = Primitive | Enum | Fixed | Array | Map | Union | Record
NULL = Primitive("null")


def record(schema: Mapping[str, Any]) -> Record:
    """ValueError: it is no record, names a type that is nowhere defined, has a bad name, or a part that is not supported."""
    found = _Reading({}).type(schema, "")
    if not isinstance(found, Record):
        raise ValueError("a row's schema must be a record")
    return found


def uses(record: Record) -> Counter[Record]:
    """How often each record is somebody's type; the outermost once more than that."""
    found, unseen = Counter([record]), [record]
    while unseen:
        for other in _records(each.type for each in unseen.pop().fields):
            found[other] += 1
            if found[other] == 1:
                unseen.append(other)
    return found


def _records(types: Iterable[Type]) -> Iterator[Record]:
    """Those that the types are or directly hold."""
    for type in types:
        match type:
            case Record():
                yield type
            case Array(inner) | Map(inner):
                yield from _records([inner])
            case Union(branches):
                yield from _records(branches)


@dataclass(frozen=True, slots=True)
class _Reading:
    named: dict[str, Type]  # by full name

    def type(self, schema: Any, namespace: str) -> Type:
        match schema:
            case str():
                return self._called(schema, namespace)
            case list():
                return _union(tuple(self.type(branch, namespace) for branch in schema))
            case {"logicalType": _}:
                raise ValueError("logical types are not supported")
            case {"type": "array", "items": items}:
                return Array(self.type(items, namespace))
            case {"type": "map", "values": values}:
                return Map(self.type(values, namespace))
            case {"type": "record" | "enum" | "fixed", "name": str()}:
                return self._named(schema, namespace)
            case {"type": inner} if inner not in ("record", "enum", "fixed", "array", "map"):
                return self.type(inner, namespace)
        raise ValueError(f"{schema!r} is no Avro type")

    def _called(self, name: str, namespace: str) -> Type:
        if name in PRIMITIVES:
            return Primitive(name)
        for full in (_full(name, namespace), name):
            if full in self.named:
                return self.named[full]
        raise ValueError(f"{name!r} is no Avro type")

    def _named(self, schema: Mapping[str, Any], namespace: str) -> Type:
        full = _full(schema["name"], schema.get("namespace", namespace))
        namespace, _, name = full.rpartition(".")
        if not all(NAME(part) for part in full.split(".")):
            raise ValueError(f"{full!r} is no Avro name")
        if full in self.named:
            raise ValueError(f"{full} is defined twice")
        made = self.named[full] = _empty(schema, name)
        if isinstance(made, Record):
            made.fields.extend(self._field(field, namespace) for field in schema["fields"])
            if len({field.name for field in made.fields}) < len(made.fields):
                raise ValueError(f"{full} has two fields of one name")
        return made

    def _field(self, field: Mapping[str, Any], namespace: str) -> Field:
        names = (field["name"], *field.get("aliases", ()))
        if not all(NAME(name) for name in names):
            raise ValueError(f"{names!r}: no Avro name")
        return Field(names[0], self.type(field["type"], namespace), field.get("default", ABSENT), names[1:])


def _empty(schema: Mapping[str, Any], name: str) -> Enum | Fixed | Record:
    match schema:
        case {"type": "enum", "symbols": symbols} if all(NAME(symbol) for symbol in symbols):
            return Enum(name, tuple(symbols), schema.get("default", ABSENT))
        case {"type": "fixed", "size": int(size)} if size >= 0:
            return Fixed(name, size)
        case {"type": "record", "fields": list()}:
            return Record(name)
    raise ValueError(f"{name} is no Avro type")


def _union(branches: tuple[Type, ...]) -> Union:
    if not branches or any(isinstance(branch, Union) for branch in branches):
        raise ValueError("a union is not empty and holds no unions")
    kinds = [branch.name if isinstance(branch, Primitive) else type(branch) for branch in branches]
    if any(kinds.count(kind) > 1 for kind in kinds if kind not in (Record, Enum, Fixed)):
        raise ValueError("a union holds each type once")
    return Union(branches)


def _full(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"

"""An image that is no row of its type in, everything that is wrong with it out, in words that hold no value of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.archive.avro_bytes import LEAVES, Wrong, fixed, members, symbol
from domain.archive.avro_types import ABSENT, Array, Enum, Field, Fixed, Map, Primitive, Record, Type, Union
from domain.archive.plain_values import absent
from domain.archive.tags import WORDS, tags
from domain.errors import Rejected

TOLD = 10  # problems in the text of the error; `problems` has them all


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` as in `venues[3].name`; the keys of a map are the fan's, not the schema's, and stand there as `[*]`."""

    code: str  # missing_field or wrong_type
    path: str
    says: str


class Misfit(Rejected):
    """The image is no row of its type; `problems` says why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        told = [f"{problem.path} {problem.says}" for problem in problems[:TOLD]]
        more = [f"{len(problems) - TOLD} more"] if len(problems) > TOLD else []
        super().__init__("; ".join(told + more))
        self.problems = problems


def problems(record: Record, image: Any, computed: frozenset[str]) -> Iterator[Problem]:
    """None: the image is a row. Fields that are computed are not looked at."""
    if not isinstance(image, Mapping):
        yield Problem("wrong_type", "", f"must be {record.name}, has another shape")
        return
    for field in record.fields:
        if field.name not in computed:
            yield from _field(field, image, field.name)


def _field(field: Field, holder: Mapping[str, Any], path: str) -> Iterator[Problem]:
    value = holder.get(field.name, ABSENT)
    if value is not ABSENT:
        yield from _value(field.type, value, path)
    elif absent(field) is None:
        yield Problem("missing_field", path, "is missing")


def _value(type: Type, value: Any, path: str) -> Iterator[Problem]:
    try:
        tag = _tag(value)
        if tag not in tags(type):
            raise Wrong(f"is {WORDS[tag]}")
        yield from _tagged(type, tag, value, path)
    except Wrong as wrong:
        yield Problem("wrong_type", path, f"must be {words(type)}, {wrong}")


def _tag(value: Any) -> str:
    if type(value) is not dict or not value:
        raise Wrong("has no type")
    if len(value) > 1:
        raise Wrong("has more than one type")
    [tag] = value
    if tag not in WORDS:
        raise Wrong("has an unknown type")
    return str(tag)


def _tagged(type: Type, tag: str, value: Any, path: str) -> Iterator[Problem]:
    """Raises Wrong where the value itself is wrong; what is wrong with its parts is yielded."""
    content = value[tag]
    match type:
        case Primitive(name):
            LEAVES[name](content)
        case Enum(_, symbols):
            symbol(content, dict.fromkeys(symbols, b""))
        case Fixed(_, length):
            fixed(content, length)
        case Array(items):
            for index, item in enumerate(members(value)):
                yield from _value(items, item, f"{path}[{index}]")
        case Map(values):
            yield from _entries(values, content, path)
        case Record(_, fields):
            inner = _mapping(content)
            for field in fields:
                yield from _field(field, inner, f"{path}.{field.name}")
        case Union(branches):
            yield from _fewest([branch for branch in branches if tag in tags(branch)], value, path)


def _entries(values: Type, content: Any, path: str) -> Iterator[Problem]:
    for key, item in _mapping(content).items():
        LEAVES["string"](key)
        yield from _value(values, item, f"{path}[*]")


def _fewest(branches: list[Type], value: Any, path: str) -> Iterator[Problem]:
    """Of the branches that could take the value, what the one says that comes nearest to it."""
    yield from min(([*_value(branch, value, path)] for branch in branches), key=len)


def _mapping(content: Any) -> Mapping[str, Any]:
    if type(content) is not dict:
        raise Wrong("is a map without members")
    return content


def words(type: Type) -> str:
    match type:
        case Array(items):
            return f"a list of {words(items)}"
        case Map(values):
            return f"a map of {words(values)}"
        case Union(branches):
            return " or ".join(map(words, branches))
    return type.name

"""What generated encoders are written with: lines of Python that make pieces of text, and the pieces put together.

A row is put together as text of one character a byte (latin-1): CPython joins pieces of text faster than pieces of bytes.
A value becomes two pieces, `piece_3` and `text_3`: what stands before a text, and the text; of all else there is but the first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from domain.archive.avro_bytes import TABLE, latin, sizes
from domain.archive.avro_types import Field, Primitive, Type, Union
from domain.archive.plain_values import absent

Lines = list[str]
Made = tuple[Lines, str]  # lines that make pieces, and the pieces as an f-string has them
STRING = Primitive("string")
FALSE, TRUE = "\0", "\1"
NO, YES = "\0", "\2"  # the numbers of a union's first two branches; 0 ends an array or a map, too
SHARED = ("SIZES", "INTS")  # tables that many values look things up in


@dataclass(frozen=True)
class Pieces:
    """`constants` are what the source names besides the functions of `avro_bytes` and `plain_values`.

    `n`, in all of its methods, is the number of the value that is written, and of its pieces.
    """

    functions: list[Lines] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    def text(self, text: str, before: str, n: int) -> Lines:
        table = self.constant("SIZES" + before.encode().hex(), sizes(before))
        longer = f"{before!r} + latin(size(length))" if before else "latin(size(length))"
        return [
            f"text_{n} = {text}",
            f"if not text_{n}.isascii(): text_{n} = wide(text_{n})",
            f"length = len(text_{n})",
            f"piece_{n} = {table}[length] if length < {TABLE} else {longer}",
        ]

    def number(self) -> int:
        return next(self.numbers)

    def constant(self, name: str, value: Any) -> str:
        if not name.startswith(SHARED):
            name = f"{name}_{len(self.constants)}"
        self.constants[name] = value
        return name

    def define(self, head: str, body: Lines) -> None:
        self.functions.append([f"def {head}:", *inside(body)])


def joined(fields: Iterable[Made]) -> Made:
    made = [*fields]
    return [line for lines, _ in made for line in lines], "".join(pieces for _, pieces in made)


def pieces(type: Type, n: int) -> str:
    return f"{{piece_{n}}}{{text_{n}}}" if _has_text(type) else f"{{piece_{n}}}"


def textless(type: Type, n: int) -> Lines:
    return [f"text_{n} = ''"] if _has_text(type) else []


def _has_text(type: Type) -> bool:
    return type == STRING or (isinstance(type, Union) and STRING in type.branches)


def got(value: str, needed: str, asked: str, field: Field, lines: Lines, n: int) -> Lines:
    """Lines that take a field from what holds it, and make the pieces of what it is where it is absent."""
    default = absent(field)
    if default is None:
        return [f"{value} = {needed}", *lines]
    missing = [f"piece_{n} = {latin(default)!r}", *textless(field.type, n)]
    return [f"{value} = {asked}", f"if {value} is ABSENT:", *inside(missing), "else:", *inside(lines)]


def inside(lines: Lines) -> Lines:
    return [f"    {line}" for line in lines]

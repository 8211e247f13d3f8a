"""A row's type in, Python source out that writes such rows and looks at no type again.

The generated `row(fields, computed)` raises one of `avro_bytes.TROUBLE` at the first value that is not as the type has it.
"""

from dataclasses import dataclass, field
from typing import Any

from domain.archive.avro_bytes import TABLE, sizes, varint
from domain.archive.avro_types import NULL, Array, Enum, Field, Fixed, Map, Primitive, Record, Type, Union
from domain.archive.plain_values import absent
from domain.archive.tags import tags

Lines = list[str]
WRITERS = {"int": "int_", "long": "long", "float": "float_", "double": "double", "bytes": "bytes_"}
FALSE, TRUE = b"\0", b"\1"
NO, YES = varint(0), varint(1)  # the numbers of a union's first two branches
END = f"add({varint(0)!r})"  # of an array or a map


@dataclass(frozen=True)
class Source:
    """`constants` are what the source names besides the functions of `avro_bytes` and `plain_values`."""

    functions: list[Lines] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)
    branches: dict[str, list[tuple[bytes, str]]] = field(default_factory=dict)  # the functions of ambiguous unions
    records: dict[Record, str] = field(default_factory=dict)  # the function that writes such a record

    def row(self, record: Record, computed: frozenset[str]) -> str:
        """Defines `row`, and whatever it calls."""
        lines = ["parts = []", "add = parts.append", "get = fields.get"]
        for each in record.fields:
            lines += self._computed(each, "computed", ()) if each.name in computed else self._field(each)
        self._define("row(fields, computed)", [*lines, 'return b"".join(parts)'])
        return "\n\n\n".join("\n".join(lines) for lines in self.functions) + "\n"

    def _field(self, field: Field) -> Lines:
        return _got(
            "value", f"fields[{field.name!r}]", f"get({field.name!r}, ABSENT)", field, self._value(field.type, "value")
        )

    def _value(self, type: Type, value: str) -> Lines:
        """Lines that write what the variable `value` holds: a tag and what stands under it."""
        checked = f"if len({value}) != 1: wrong()"
        if not isinstance(type, Union):
            return [checked, *self._content(type, value, b"")]
        branches = [(varint(index), branch) for index, branch in enumerate(type.branches)]
        if len({*tags(type)}) < len(tags(type)):  # two branches may take the same
            return [f"first_fit({value}, add, {self._tries(branches)})"]
        lines = [checked]
        for before, branch in sorted(branches, key=lambda each: each[1] == NULL):  # null last, it is the rarest
            test = " or ".join(f"{tag!r} in {value}" for tag in tags(branch))
            lines += [f"{'if' if len(lines) == 1 else 'elif'} {test}:", *_inside(self._content(branch, value, before))]
        return [*lines, "else: wrong()"]

    def _content(self, type: Type, value: str, before: bytes) -> Lines:
        """The same, where the value has one tag; `before` is the number of its branch."""
        first = [f"add({before!r})"] if before else []
        match type:
            case Primitive("string"):
                return self._text(f"{value}['S']", before)
            case Primitive("boolean"):
                yes, no = before + TRUE, before + FALSE
                return [
                    f"flag = {value}['BOOL']",
                    f"add({yes!r} if flag is True else {no!r} if flag is False else wrong())",
                ]
            case Primitive("null"):
                return [f"if {value}['NULL'] is not True: wrong()", *first]
            case Primitive(name):
                return [*first, f"add({WRITERS[name]}({value}[{tags(type)[0]!r}]))"]
            case Enum(_, symbols):
                numbered = {symbol: varint(number) for number, symbol in enumerate(symbols)}
                return [*first, f"add(symbol({value}['S'], {self._constant('SYMBOLS', numbered)}))"]
            case Fixed(_, length):
                return [*first, f"add(fixed({value}['B'], {length}))"]
            case Array(items):
                return [*first, f"items = members({value})", *self._each(items, "items", "item in items", [])]
            case Map(values):
                key = self._text("key", b"")
                given = [f"entries = {value}['M']", "if type(entries) is not dict: wrong()"]
                return [*first, *given, *self._each(values, "entries", "key, item in entries.items()", key)]
            case Record():
                return [*first, f"{self._writer(type)}({value}['M'], add)"]
        raise ValueError("a union is no branch of a union")

    def _text(self, text: str, before: bytes) -> Lines:
        table = self._constant("SIZES" + before.hex(), sizes(before))
        longer = f"{before!r} + size(length)" if before else "size(length)"
        return [
            f"text = {text}.encode()",
            "length = len(text)",
            f"add({table}[length] if length < {TABLE} else {longer})",
            "add(text)",
        ]

    def _each(self, type: Type, members: str, loop: str, key: Lines) -> Lines:
        """One block of an array's or map's members. The loop's names may be those of a loop around it: that one has read its own."""
        block = [f"add(size(len({members})))", f"for {loop}:", *_inside([*key, *self._value(type, "item")])]
        return [f"if {members}:", *_inside(block), END]

    def _writer(self, record: Record) -> str:
        if record not in self.records:
            self.records[record] = name = f"write_{record.name}_{len(self.records)}"
            lines = [line for each in record.fields for line in self._field(each)]
            self._define(f"{name}(fields, add)", ["get = fields.get", *lines])
        return self.records[record]

    def _tries(self, branches: list[tuple[bytes, Type]]) -> str:
        tries = self.branches[name := f"BRANCHES_{len(self.branches)}"] = []
        for before, branch in branches:
            tries.append((before, f"{name}_{len(tries)}"))
            self._define(f"{tries[-1][1]}(value, add)", self._value(branch, "value"))
        return name

    def _computed(self, field: Field, holder: str, within: tuple[Type, ...]) -> Lines:
        name = f"{holder}_{field.name}"
        asked = f"{holder}.get({field.name!r}, ABSENT)"
        return _got(name, f"{holder}[{field.name!r}]", asked, field, self._plain(field.type, name, within))

    def _plain(self, type: Type, value: str, within: tuple[Type, ...]) -> Lines:
        """Lines that write a plain value, trusted to be of its type."""
        match type:
            case Primitive("string"):
                return self._text(value, b"")
            case Primitive("boolean"):
                return [f"add({TRUE!r} if {value} else {FALSE!r})"]
            case Union((Primitive("null"), other)):
                inner = [f"add({YES!r})", *self._plain(other, value, within)]
                return [f"if {value} is None: add({NO!r})", "else:", *_inside(inner)]
            case Record(_, fields) if type not in within:
                return [line for each in fields for line in self._computed(each, value, (*within, type))]
        return [f"add(written({self._constant('TYPE', type)}, {value}))"]

    def _constant(self, name: str, value: Any) -> str:
        if not name.startswith("SIZES"):
            name = f"{name}_{len(self.constants)}"
        self.constants[name] = value
        return name

    def _define(self, head: str, body: Lines) -> None:
        self.functions.append([f"def {head}:", *_inside(body)])


def _got(name: str, needed: str, asked: str, field: Field, lines: Lines) -> Lines:
    """Lines that take a field from what holds it, and write what it is where it is absent."""
    default = absent(field)
    if default is None:
        return [f"{name} = {needed}", *lines]
    return [f"{name} = {asked}", f"if {name} is ABSENT: add({default!r})", "else:", *_inside(lines)]


def _inside(lines: Lines) -> Lines:
    return [f"    {line}" for line in lines]

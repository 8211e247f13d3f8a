"""A row's type in, Python source out that writes such rows and looks at no type again.

The generated `row(fields, computed)` raises one of `avro_bytes.TROUBLE` at the first value that is not as the type has it.
"""

from collections import Counter
from dataclasses import dataclass, field

from domain.archive import avro_types
from domain.archive.avro_bytes import integers, latin, varint
from domain.archive.avro_types import NULL, Array, Enum, Field, Fixed, Map, Primitive, Record, Type, Union
from domain.archive.plain_source import PlainSource
from domain.archive.source_pieces import NO, STRING, Lines, Made, got, inside, joined, pieces, textless
from domain.archive.tags import tags

WRITERS = {"int": "int_", "long": "long", "float": "float_", "double": "double", "bytes": "bytes_"}


@dataclass(frozen=True)
class Source(PlainSource):
    """`row` gives the source; `constants` and `branches` are what its functions name."""

    branches: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # the functions of ambiguous unions
    records: dict[Record, str] = field(default_factory=dict)  # the function that writes such a record
    uses: Counter[Record] = field(default_factory=Counter)  # a record that is used once needs no function

    def row(self, record: Record, computed: frozenset[str]) -> str:
        """Defines `row`, and whatever it calls."""
        self.uses.update(avro_types.uses(record))
        lines, parts = joined(
            self.computed(each, "computed", ()) if each.name in computed else self._field(each)
            for each in record.fields
        )
        self.define("row(fields, computed)", ["get = fields.get", *lines, f"return f'{parts}'.encode('latin-1')"])
        return "\n\n\n".join("\n".join(lines) for lines in self.functions) + "\n"

    def _field(self, field: Field, holder: str = "fields", get: str = "get") -> Made:
        n = self.number()
        value, name = f"value_{n}", field.name
        made = self._value(field.type, value, n)
        return got(value, f"{holder}[{name!r}]", f"{get}({name!r}, ABSENT)", field, made, n), pieces(field.type, n)

    def _value(self, type: Type, value: str, n: int) -> Lines:
        """Lines that make the pieces of what the variable `value` holds: a tag and what stands under it."""
        checked = f"if len({value}) != 1: wrong()"
        if not isinstance(type, Union):
            return [checked, *self._content(type, value, "", n)]
        branches = [(latin(varint(index)), branch) for index, branch in enumerate(type.branches)]
        if len({*tags(type)}) < len(tags(type)):  # two branches may take the same
            return [f"piece_{n} = first_fit({value}, {self._tries(branches)})", *textless(type, n)]
        lines = [checked]
        for before, branch in sorted(branches, key=lambda each: each[1] == NULL):  # null last, it is the rarest
            test = " or ".join(f"{tag!r} in {value}" for tag in tags(branch))
            content = self._content(branch, value, before, n)
            content += [] if branch == STRING else textless(type, n)
            lines += [f"{'if' if len(lines) == 1 else 'elif'} {test}:", *inside(content)]
        return [*lines, "else: wrong()"]

    def _content(self, type: Type, value: str, before: str, n: int) -> Lines:
        """The same, where the value has one tag; `before` is the number of its branch."""
        match type:
            case Array(items):
                given = f"items_{n} = {value}['L'] if 'L' in {value} else members({value})"
                checked = f"if type(items_{n}) is not list: wrong()"
                return [given, checked, *self._each(items, n, f"item_{n} in items_{n}", ([], ""), before)]
            case Map(values):
                key = self.number()
                entries = [f"items_{n} = {value}['M']", f"if type(items_{n}) is not dict: wrong()"]
                keyed = self.text(f"key_{n}", "", key), pieces(STRING, key)
                return [*entries, *self._each(values, n, f"key_{n}, item_{n} in items_{n}.items()", keyed, before)]
            case Record(_, fields) if self.uses[type] == 1:
                lines, parts = joined(self._field(each, f"fields_{n}", f"get_{n}") for each in fields)
                held = [f"fields_{n} = {value}['M']", f"get_{n} = fields_{n}.get"]
                return [*held, *lines, f"piece_{n} = f'{repr(before)[1:-1]}{parts}'"]
            case Record():
                return [f"piece_{n} = {joiner(before)}{self._writer(type)}({value}['M'])"]
        return self._scalar(type, value, before, n)

    def _scalar(self, type: Type, value: str, before: str, n: int) -> Lines:
        """Of what has no members."""
        piece = f"piece_{n} = {joiner(before)}"
        match type:
            case Primitive("string"):
                return self.text(f"{value}['S']", before, n)
            case Primitive("boolean"):
                flags = f"{before}\1", f"{before}\0"
                return [
                    f"flag = {value}['BOOL']",
                    f"piece_{n} = {flags[0]!r} if flag is True else {flags[1]!r} if flag is False else wrong()",
                ]
            case Primitive("null"):
                return [f"if {value}['NULL'] is not True: wrong()", f"piece_{n} = {before!r}"]
            case Primitive("int" | "long" as name):
                table = self.constant(f"INTS{before.encode().hex()}", integers(before))
                longer = f"{before!r} + latin({WRITERS[name]}(text))"
                return [f"text = {value}['N']", f"piece_{n} = {table}.get(text) or {longer}"]
            case Primitive(name):
                return [f"{piece}latin({WRITERS[name]}({value}[{tags(type)[0]!r}]))"]
            case Enum(_, symbols):
                numbered = {symbol: varint(number) for number, symbol in enumerate(symbols)}
                return [f"{piece}latin(symbol({value}['S'], {self.constant('SYMBOLS', numbered)}))"]
            case Fixed(_, length):
                return [f"{piece}latin(fixed({value}['B'], {length}))"]
        raise ValueError("a union is no branch of a union")

    def _each(self, type: Type, n: int, loop: str, key: Made, before: str) -> Lines:
        """One block of an array's or map's members."""
        inner = self.number()
        made = [
            *key[0],
            *self._value(type, f"item_{n}", inner),
            f"pieces_{n}.append(f'{key[1]}{pieces(type, inner)}')",
        ]
        return [
            f"pieces_{n} = [{before!r} + latin(size(len(items_{n})))] if items_{n} else [{before!r}]",
            f"for {loop}:",
            *inside(made),
            f"pieces_{n}.append({NO!r})",
            f"piece_{n} = ''.join(pieces_{n})",
        ]

    def _writer(self, record: Record) -> str:
        if record not in self.records:
            self.records[record] = name = f"write_{record.name}_{len(self.records)}"
            lines, parts = joined(map(self._field, record.fields))
            self.define(f"{name}(fields)", ["get = fields.get", *lines, f"return f'{parts}'"])
        return self.records[record]

    def _tries(self, branches: list[tuple[str, Type]]) -> str:
        tries = self.branches[name := f"BRANCHES_{len(self.branches)}"] = []
        for before, branch in branches:
            tries.append((before, f"{name}_{len(tries)}"))
            n = self.number()
            made = [*self._value(branch, "value", n), f"return f'{pieces(branch, n)}'"]
            self.define(f"{tries[-1][1]}(value)", made)
        return name


def joiner(before: str) -> str:
    """What a piece begins with, where there is anything to begin with."""
    return f"{before!r} + " if before else ""

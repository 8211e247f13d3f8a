"""The type of a computed field in, Python source out that writes its plain values, which are trusted to be of the type."""

from domain.archive.avro_types import Field, Primitive, Record, Type, Union
from domain.archive.source_pieces import (
    FALSE,
    NO,
    TRUE,
    YES,
    Lines,
    Made,
    Pieces,
    got,
    inside,
    joined,
    pieces,
    textless,
)


class PlainSource(Pieces):
    def computed(self, field: Field, holder: str, within: tuple[Type, ...]) -> Made:
        """Lines that ask the variable `holder` for the field, and make its pieces."""
        n = self.number()
        value, name = f"value_{n}", field.name
        asked = f"{holder}.get({name!r}, ABSENT)"
        made = got(value, f"{holder}[{name!r}]", asked, field, self._plain(field.type, value, n, within), n)
        return made, pieces(field.type, n)

    def _plain(self, type: Type, value: str, n: int, within: tuple[Type, ...]) -> Lines:
        """Lines that make the pieces of a plain value, trusted to be of its type."""
        match type:
            case Primitive("string"):
                return self.text(value, "", n)
            case Primitive("boolean"):
                return [f"piece_{n} = {TRUE!r} if {value} else {FALSE!r}"]
            case Union((Primitive("null"), Record() as record)):
                inner = [*self._plain(record, value, n, within), f"piece_{n} = {YES!r} + piece_{n}"]
                return [f"if {value} is None: piece_{n} = {NO!r}", "else:", *inside(inner)]
            case Record(_, fields) if type not in within:
                lines, parts = joined(self.computed(each, value, (*within, type)) for each in fields)
                return [*lines, f"piece_{n} = f'{parts}'"]
        return [f"piece_{n} = latin(written({self.constant('TYPE', type)}, {value}))", *textless(type, n)]

"""An Avro type in, the names out that DynamoDB's typed JSON may give to a value of it; and what people call them."""

from collections.abc import Mapping

from domain.archive.avro_types import Array, Enum, Fixed, Primitive, Type, Union

WORDS: Mapping[str, str] = {
    "S": "string",
    "N": "number",
    "B": "binary",
    "BOOL": "boolean",
    "NULL": "null",
    "M": "map",
    "L": "list",
    "SS": "string set",
    "NS": "number set",
    "BS": "binary set",
}
OF_PRIMITIVES: Mapping[str, str] = {
    "null": "NULL",
    "boolean": "BOOL",
    "int": "N",
    "long": "N",
    "float": "N",
    "double": "N",
    "bytes": "B",
    "string": "S",
}


def tags(type: Type) -> tuple[str, ...]:
    """A union's are its branches', one after the other: with a tag twice, two branches may take the same value."""
    match type:
        case Primitive(name):
            return (OF_PRIMITIVES[name],)
        case Enum():
            return ("S",)
        case Fixed():
            return ("B",)
        case Array():
            return ("L", "SS", "NS", "BS")
        case Union(branches):
            return tuple(tag for branch in branches for tag in tags(branch))
    return ("M",)

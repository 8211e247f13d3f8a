"""An Avro schema in, a function out that writes an image of DynamoDB's typed JSON as one row in Avro's binary.

The function is generated: it walks the image once and makes no values in between. A value fits exactly as the Avro type has it:

- S is string, BOOL boolean, B bytes, M a record or a map, L and the sets an array (a set's members sorted, each once), NULL null.
- N is an int or long if its decimal value is whole and in range (`7.0` is), a float or double if it is finite in that type.
- A value has one tag, and under it what the tag promises. Attributes that the schema does not have are passed over.
- An absent field is its default, else null where its type has null, else missing. NULL where there is no null is wrong.
- Of a union, the first branch that fits is written.
"""

from collections.abc import Callable, Mapping
from typing import Any

from domain.archive import avro_bytes, avro_types, plain_values
from domain.archive.avro_types import Record
from domain.archive.change import Image
from domain.archive.encoder_source import Source
from domain.archive.misfit import Misfit, problems

COMPUTED = frozenset({"reference", "system", "isDeleted", "change"})  # not read from the image, whatever it holds

Encode = Callable[[Image, Mapping[str, Any]], bytes]


def compile_encoder(schema: Mapping[str, Any], computed: frozenset[str] = COMPUTED) -> Encode:
    """The encoder of a schema's rows: (typed image, plain values of the `computed` fields) -> one row.

    The encoder raises Misfit with all that is wrong with an image. What is computed is trusted: a bad value there is a bug.
    Its attribute `source` is what was generated. ValueError: a schema that is none, or that has logical types.
    """
    record = avro_types.record(schema)
    row, source = _generated(record, computed)

    def encode(image: Image, values: Mapping[str, Any]) -> bytes:
        try:
            encoded: bytes = row(image, values)
        except avro_bytes.TROUBLE:
            found = tuple(problems(record, image, computed))
            if not found:
                raise
            raise Misfit(found) from None
        return encoded

    encode.source = source  # type: ignore[attr-defined]
    return encode


def _generated(record: Record, computed: frozenset[str]) -> tuple[Callable[..., Any], str]:
    made = Source()
    source = made.row(record, computed)
    names = {**vars(avro_bytes), **vars(plain_values), **made.constants}
    exec(compile(source, f"<rows of {record.name}>", "exec"), names)  # noqa: S102 - of names that `avro_types` has checked
    for name, branches in made.branches.items():
        names[name] = tuple((before, names[function]) for before, function in branches)
    return names["row"], source

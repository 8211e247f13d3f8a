"""Old readers read new rows and new readers old ones, as Avro resolves schemas: ours is asked, and fastavro and Apache's avro shown."""

import json
from copy import deepcopy
from io import BytesIO

import avro.errors
import avro.io
import avro.schema
import fastavro
import pytest
from fastavro.read import SchemaResolutionError

from adapters.files.avro_schemas import FOLDER, schema
from domain.archive.compatibility import compatibility
from domain.archive.kinds import KINDS

RELEASED = FOLDER / "released"
SUIT = {"type": "enum", "name": "Suit", "symbols": ["HEARTS", "SPADES"]}
MORE = {**SUIT, "symbols": ["HEARTS", "SPADES", "CLUBS"]}
PART = {"type": "record", "name": "Part", "fields": [{"name": "x", "type": "int"}]}
TEXTS = {"type": "array", "items": "string"}


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_the_released_schemas_and_of_todays_are_read_by_either(kind):
    """When a release is out, copy what it has: cp schemas/avro/*.avsc schemas/avro/released/"""
    assert compatibility(json.loads((RELEASED / f"{kind}.avsc").read_text()), schema(kind)) == []


def field(type, **more):
    return {"name": "it", "type": type, **more}


def row_of(*fields, name="Row"):
    return {"type": "record", "name": name, "fields": [{"name": "id", "type": "string"}, *fields]}


def part(*fields):
    return field({**PART, "fields": [*PART["fields"], *fields]})


NULLABLE = field(["null", "string"], default=None)
CASES = [  # what it is now, what it becomes, values of the one, values of the other, what either reader says
    ("an optional field more", (), (NULLABLE,), [...], [None, "a"], []),
    ("an optional field less", (NULLABLE,), (), [None, "a"], [...], []),
    (
        "a needed field more",
        (),
        (field("string"),),
        [...],
        ["a"],
        ["new reader, old rows: it is not written, and has no default"],
    ),
    (
        "a needed field less",
        (field("int"),),
        (),
        [1],
        [...],
        ["old reader, new rows: it is not written, and has no default"],
    ),
    ("a default more", (field("int"),), (field("int", default=1),), [1], [2], []),
    (
        "a needed field that may be null from now on",
        (field("string"),),
        (NULLABLE,),
        ["a"],
        [None, "a"],
        ["old reader, new rows: it null is not string"],
    ),
    (
        "another type",
        (field("string"),),
        (field("int"),),
        ["a"],
        [1],
        ["old reader, new rows: it int is not string", "new reader, old rows: it string is not int"],
    ),
    ("a wider number", (field("int"),), (field("long"),), [1], [2**40], ["old reader, new rows: it long is not int"]),
    ("bytes for a text", (field("string"),), (field("bytes"),), ["a"], [b"a"], []),
    (
        "a branch more",
        (field(["null", "int"]),),
        (field(["null", "int", "string"]),),
        [None, 1],
        [None, 1, "a"],
        ["old reader, new rows: it string is none of null or int"],
    ),
    ("the branches in another order", (field(["null", "int"]),), (field(["int", "null"]),), [None, 1], [1, None], []),
    (
        "a symbol more",
        (field(SUIT),),
        (field(MORE),),
        ["SPADES"],
        ["CLUBS"],
        ["old reader, new rows: it Suit has no symbol CLUBS, and no default"],
    ),
    (
        "a symbol more, and a default for who does not know it",
        (field({**SUIT, "default": "HEARTS"}),),
        (field({**MORE, "default": "HEARTS"}),),
        ["SPADES"],
        ["CLUBS"],
        [],
    ),
    (
        "another size",
        (field({"type": "fixed", "name": "Id", "size": 2}),),
        (field({"type": "fixed", "name": "Id", "size": 3}),),
        [b"ab"],
        [b"abc"],
        [
            "old reader, new rows: it Id of 3 bytes is not Id of 2 bytes",
            "new reader, old rows: it Id of 2 bytes is not Id of 3 bytes",
        ],
    ),
    ("a size as it was", *[(field({"type": "fixed", "name": "Id", "size": 2}),)] * 2, [b"ab"], [b"cd"], []),
    (
        "a member of a list",
        (field(TEXTS),),
        (field({**TEXTS, "items": "boolean"}),),
        [["a"]],
        [[True]],
        ["old reader, new rows: it[] boolean is not string", "new reader, old rows: it[] string is not boolean"],
    ),
    (
        "a member of a map",
        (field({"type": "map", "values": "int"}),),
        (field({"type": "map", "values": "string"}),),
        [{"a": 1}],
        [{"a": "b"}],
        ["old reader, new rows: it{} string is not int", "new reader, old rows: it{} int is not string"],
    ),
    (
        "a list for a map",
        (field(TEXTS),),
        (field({"type": "map", "values": "string"}),),
        [["a"]],
        [{"a": "b"}],
        ["old reader, new rows: it a map is not an array", "new reader, old rows: it an array is not a map"],
    ),
    (
        "a needed field more within",
        (part(),),
        (part({"name": "y", "type": "int"}),),
        [{"x": 1}],
        [{"x": 1, "y": 2}],
        ["new reader, old rows: it.y is not written, and has no default"],
    ),
    (
        "an optional field more within",
        (part(),),
        (part({**NULLABLE, "name": "y"}),),
        [{"x": 1}],
        [{"x": 1, "y": "a"}],
        [],
    ),
]


SHORT = {
    "bytes for a text",
    "a symbol more, and a default for who does not know it",
}  # the avro package lacks what Avro has


def written(schema, values, library):
    rows = [{"id": "a"} | ({} if value is ... else {"it": value}) for value in values]
    for row in rows:
        out = BytesIO()
        if library == "fastavro":
            fastavro.schemaless_writer(out, fastavro.parse_schema(deepcopy(schema)), row)
        else:
            avro.io.DatumWriter(avro.schema.parse(json.dumps(schema))).write(row, avro.io.BinaryEncoder(out))
        yield out.getvalue()


def reads(writer, reader, values, library):
    """Whether all rows of the one are rows of the other."""
    try:
        for row in written(writer, values, library):
            if library == "fastavro":
                old, new = (fastavro.parse_schema(deepcopy(schema)) for schema in (writer, reader))
                fastavro.schemaless_reader(BytesIO(row), old, new)
            else:
                old, new = (avro.schema.parse(json.dumps(schema)) for schema in (writer, reader))
                avro.io.DatumReader(old, new).read(avro.io.BinaryDecoder(BytesIO(row)))
    except (SchemaResolutionError, avro.errors.SchemaResolutionException, avro.errors.AvroException):
        return False
    return True


@pytest.mark.parametrize("library", ["fastavro", "avro"])
@pytest.mark.parametrize(("what", "old", "new", "before", "after", "says"), CASES, ids=[case[0] for case in CASES])
def test_a_change_is_compatible_where_both_libraries_read_either_way(what, old, new, before, after, says, library):
    old, new = row_of(*old), row_of(*new)
    assert compatibility(old, new) == says
    if library == "avro" and what in SHORT:
        return
    forward, back = reads(new, old, after, library), reads(old, new, before, library)
    assert forward == (not any(each.startswith("old reader") for each in says))
    assert back == (not any(each.startswith("new reader") for each in says))


def test_a_renamed_field_is_read_by_who_knows_its_old_name():
    old, new = row_of(field("string")), row_of({"name": "that", "type": "string", "aliases": ["it"]})
    assert compatibility(old, new) == ["old reader, new rows: it is not written, and has no default"]
    assert compatibility(old, row_of({"name": "that", "type": "string"})) == [
        "old reader, new rows: it is not written, and has no default",
        "new reader, old rows: that is not written, and has no default",
    ]


def test_a_renamed_record_is_another_one():
    assert compatibility(row_of(), row_of(name="Line")) == [
        "old reader, new rows: Line is not Row",
        "new reader, old rows: Row is not Line",
    ]


def test_a_record_that_holds_itself_is_compared_once():
    def tree(*more):
        return row_of({"name": "kids", "type": {"type": "array", "items": "Row"}}, *more)

    assert compatibility(tree(), tree()) == []
    assert compatibility(tree(), tree(field("int"))) == ["new reader, old rows: it is not written, and has no default"]

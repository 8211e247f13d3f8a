"""What an image must be to become a row, and what the row then is; test_encoder_agrees.py asks the same of other software."""

from io import BytesIO

import fastavro
import pytest

from adapters.files.avro_schemas import schemas
from domain.archive.encoder import compile_encoder
from domain.archive.misfit import Misfit, Problem
from domain.errors import Rejected

CHANGE = {"eventId": "c1", "eventName": "INSERT", "at": "2026-03-01T10:00:00.000000Z"}
COMPUTED = {"reference": {"id": "r1", "timestamp": "2026-03-01"}, "change": CHANGE}
SALE = {key: {"S": key} for key in ("type", "id", "eventId", "saleStartDateTime")}


def row(type, value, default=...):
    """What the image {"it": value} reads back as; no value is no attribute."""
    field = {"name": "it", "type": type} | ({} if default is ... else {"default": default})
    schema = {"type": "record", "name": "Small", "fields": [field]}
    encoded = compile_encoder(schema, frozenset())({} if value is None else {"it": value}, {})
    return fastavro.schemaless_reader(BytesIO(encoded), fastavro.parse_schema(schema))["it"]


def trouble(type, value):
    with pytest.raises(Misfit) as caught:
        row(type, value)
    [problem] = caught.value.problems
    return problem


def sale(image, computed=COMPUTED):
    encoded = compile_encoder(schemas()["sale"])(image, computed)
    return fastavro.schemaless_reader(BytesIO(encoded), fastavro.parse_schema(schemas()["sale"]))


TREE = {"type": "record", "name": "Tree", "fields": [{"name": "kids", "type": {"type": "array", "items": "Tree"}}]}
LEAF = {"M": {"kids": {"L": []}}}
SUIT = {"type": "enum", "name": "Suit", "symbols": ["HEARTS", "SPADES"]}
MIXED = ["null", "int", "string", {"type": "array", "items": "string"}]


@pytest.mark.parametrize(
    ("type", "value", "read"),
    [
        ("string", {"S": ""}, ""),
        ("string", {"S": "Beyoncé ☺ 有機"}, "Beyoncé ☺ 有機"),
        ("string", {"S": "é" * 5_000}, "é" * 5_000),  # its size stands in no table
        (["null", "string"], {"S": "x" * 70_000}, "x" * 70_000),
        ("boolean", {"BOOL": True}, True),
        ("boolean", {"BOOL": False}, False),
        ("int", {"N": "7.0"}, 7),
        ("int", {"N": "70E-1"}, 7),
        ("int", {"N": "-0"}, 0),
        ("int", {"N": "0E+99"}, 0),
        ("int", {"N": "2147483647"}, 2**31 - 1),
        ("int", {"N": "-2147483648"}, -(2**31)),
        ("long", {"N": "9223372036854775807"}, 2**63 - 1),
        ("long", {"N": "-9.223372036854775808E+18"}, -(2**63)),
        ("double", {"N": "1.5"}, 1.5),
        ("double", {"N": "17"}, 17.0),
        ("double", {"N": "1E-130"}, 1e-130),
        ("float", {"N": "0.5"}, 0.5),
        ("bytes", {"B": "AP8="}, b"\0\xff"),
        ({"type": "fixed", "name": "Two", "size": 2}, {"B": "AP8="}, b"\0\xff"),
        (SUIT, {"S": "SPADES"}, "SPADES"),
        ("null", {"NULL": True}, None),
        ({"type": "array", "items": "string"}, {"L": []}, []),
        ({"type": "array", "items": "string"}, {"L": [{"S": "b"}, {"S": "a"}, {"S": "b"}]}, ["b", "a", "b"]),
        ({"type": "array", "items": ["null", "string"]}, {"L": [{"NULL": True}, {"S": "a"}]}, [None, "a"]),
        ({"type": "array", "items": {"type": "array", "items": "int"}}, {"L": [{"NS": ["2"]}, {"L": []}]}, [[2], []]),
        ({"type": "array", "items": "string"}, {"SS": ["b", "a", "b"]}, ["a", "b"]),
        ({"type": "array", "items": "long"}, {"NS": ["10", "9", "-1", "9.0"]}, [-1, 9, 10]),
        ({"type": "array", "items": "bytes"}, {"BS": ["/w==", "AA=="]}, [b"\0", b"\xff"]),
        ({"type": "map", "values": "int"}, {"M": {"ä": {"N": "1"}, "b": {"N": "2"}}}, {"ä": 1, "b": 2}),
        ({"type": "map", "values": "int"}, {"M": {}}, {}),
        (TREE, {"M": {"kids": {"L": [LEAF, LEAF]}, "more": {"S": "x"}}}, {"kids": [{"kids": []}, {"kids": []}]}),
        ({"type": "string"}, {"S": "a"}, "a"),
        (["null", "string"], {"NULL": True}, None),
        (["string", "null"], {"NULL": True}, None),
        (["string", "null"], {"S": "a"}, "a"),
        (MIXED, {"N": "300"}, 300),
        (MIXED, {"SS": ["b"]}, ["b"]),
        (["null", "int", "double"], {"N": "1.5"}, 1.5),
        (["null", "int", "double"], {"N": "3"}, 3),
        (["double", "int"], {"N": "3"}, 3.0),  # the first branch that fits
        ([SUIT, "string"], {"S": "CLUBS"}, "CLUBS"),
    ],
)
def test_a_value_that_fits_reads_back_as_itself(type, value, read):
    found = row(type, value)
    assert found == read
    assert str(found) == str(read)  # 3 is not 3.0, True is not 1


@pytest.mark.parametrize(
    ("type", "value", "says"),
    [
        ("boolean", {"S": "false"}, "must be boolean, is string"),
        ("boolean", {"BOOL": "false"}, "must be boolean, is neither true nor false"),
        ("boolean", {"BOOL": 1}, "must be boolean, is neither true nor false"),
        ("int", {"N": "1.9"}, "must be int, is a fraction"),
        ("int", {"N": "2147483648"}, "must be int, is out of its range"),
        ("int", {"N": "-2147483649"}, "must be int, is out of its range"),
        ("int", {"N": "1E+9999"}, "must be int, is out of its range"),
        ("long", {"N": "9223372036854775808"}, "must be long, is out of its range"),
        ("int", {"N": "NaN"}, "must be int, is no number"),
        ("int", {"N": 5}, "must be int, is no number"),
        ("int", {"N": "1_000"}, "must be int, is no number"),
        ("int", {"N": "٣"}, "must be int, is no number"),
        ("int", {"N": " 5"}, "must be int, is no number"),
        ("int", {"S": "5"}, "must be int, is string"),
        ("double", {"N": "Infinity"}, "must be double, is no number"),
        ("double", {"N": "1E+999"}, "must be double, is out of its range"),
        ("float", {"N": "1E+39"}, "must be float, is out of its range"),
        ("string", {"N": "5"}, "must be string, is number"),
        ("string", {"S": 5}, "must be string, is a string without text"),
        ("string", {"S": None}, "must be string, is a string without text"),
        ("string", {"S": "\ud800"}, "must be string, is no UTF-8"),
        ("string", {"NULL": True}, "must be string, is null"),
        ("string", {"S": "a", "N": "1"}, "must be string, has more than one type"),
        ("string", {}, "must be string, has no type"),
        ("string", {"s": "a"}, "must be string, has an unknown type"),
        ("string", "S", "must be string, has no type"),
        ("string", ["S"], "must be string, has no type"),
        (["null", "string"], {"S": "a", "NULL": True}, "must be null or string, has more than one type"),
        (["null", "string"], {"NULL": False}, "must be null, is a null that is not true"),
        (["null", "string"], {"BOOL": True}, "must be null or string, is boolean"),
        (["null", "int", "double"], {"N": "x"}, "must be int, is no number"),
        ("bytes", {"B": "AP8"}, "must be bytes, is no base64"),
        ("bytes", {"B": "AP8=\n"}, "must be bytes, is no base64"),
        ("bytes", {"S": "AP8="}, "must be bytes, is string"),
        ({"type": "fixed", "name": "Two", "size": 2}, {"B": "AA=="}, "must be Two, has another length"),
        (SUIT, {"S": "CLUBS"}, "must be Suit, is none of its symbols"),
        ({"type": "array", "items": "string"}, {"L": {}}, "must be a list of string, is a list without members"),
        ({"type": "array", "items": "string"}, {"SS": [1]}, "must be a list of string, is a set of something else"),
        ({"type": "array", "items": "int"}, {"B": "AP8="}, "must be a list of int, is binary"),
        ("string", {"B": "AP8="}, "must be string, is binary"),
        ({"type": "array", "items": "int"}, {"NS": ["x"]}, "must be a list of int, is a set of no numbers"),
        ({"type": "map", "values": "int"}, {"M": []}, "must be a map of int, is a map without members"),
        (TREE, {"L": []}, "must be Tree, is list"),
    ],
)
def test_a_value_that_does_not_fit_is_told_without_its_content(type, value, says):
    assert trouble(type, value) == Problem("wrong_type", "it", says)


@pytest.mark.parametrize(
    ("type", "value", "path"),
    [
        (TREE, {"M": {"kids": {"L": [LEAF, {"M": {"kids": {"L": [LEAF, {"S": "a"}]}}}]}}}, "it.kids[1].kids[1]"),
        ({"type": "array", "items": "int"}, {"SS": ["a"]}, "it[0]"),
        ({"type": "map", "values": "int"}, {"M": {"ana@example.com": {"S": "a"}}}, "it[*]"),
    ],
)
def test_a_problem_names_the_place_but_no_key_that_is_data(type, value, path):
    assert trouble(type, value).path == path


def test_all_that_is_wrong_with_an_image_is_told_at_once():
    image = {
        **SALE,
        "eventId": {"N": "5"},
        "saleTypes": {"L": [{"S": "a"}, {"N": "1"}]},
        "isSuppressed": {"S": "false"},
    }
    del image["id"]
    with pytest.raises(Misfit) as caught:
        sale(image)
    assert [(each.code, each.path) for each in caught.value.problems] == [
        ("missing_field", "id"),
        ("wrong_type", "eventId"),
        ("wrong_type", "saleTypes[1]"),
        ("wrong_type", "isSuppressed"),
    ]
    assert isinstance(caught.value, Rejected)
    assert "id is missing; eventId must be string, is number" in str(caught.value)


def test_the_text_of_a_misfit_stays_short_and_its_problems_whole():
    with pytest.raises(Misfit) as caught:
        row({"type": "array", "items": "int"}, {"L": [{"S": "a"}] * 500})
    assert len(caught.value.problems) == 500
    assert str(caught.value).endswith("; 490 more")


@pytest.mark.parametrize("image", [None, [], "text", 5])
def test_what_is_no_image_at_all_is_a_misfit(image):
    with pytest.raises(Misfit, match="must be Sale"):
        sale(image)


@pytest.mark.parametrize(
    ("type", "default", "read"),
    [
        (["null", "string"], None, None),
        (["null", "string"], ..., None),  # no default, but there is a null
        (["string", "null"], ..., None),
        (["string", "null"], "x", "x"),
        ("boolean", True, True),
        ("long", -5, -5),
        ("double", 1, 1.0),
        ("float", 0.5, 0.5),
        ("bytes", "\x00ÿ", b"\0\xff"),
        ({"type": "fixed", "name": "Two", "size": 2}, "ab", b"ab"),
        (SUIT, "SPADES", "SPADES"),
        ({"type": "array", "items": "int"}, [1, 2], [1, 2]),
        ({"type": "map", "values": "string"}, {"a": "b"}, {"a": "b"}),
        ({"type": "map", "values": "string"}, {}, {}),
        (TREE, {"kids": [{"kids": []}]}, {"kids": [{"kids": []}]}),
    ],
)
def test_an_absent_field_is_its_default(type, default, read):
    assert row(type, None, default) == read


def test_an_explicit_null_is_no_default():
    with pytest.raises(Misfit):
        row("string", {"NULL": True}, default="x")
    assert row(["string", "null"], {"NULL": True}, default="x") is None


def test_attributes_that_the_schema_does_not_have_are_passed_over():
    image = {
        **SALE,
        "PK": {"S": "e"},
        "odd": {"XX": 1},
        "date": {"M": {"deleted": {"S": "d"}, "odd": {"BS": ["AA=="]}}},
    }
    assert sale(image)["date"] == {"deleted": "d"}


def test_computed_fields_come_from_beside_the_image_whatever_it_holds():
    read = sale({**SALE, "isDeleted": {"S": "false"}, "change": {"N": "5"}}, {**COMPUTED, "isDeleted": True})
    assert read["isDeleted"] is True
    assert read["change"] == {**CHANGE, "expired": False}
    assert read["reference"] == COMPUTED["reference"]
    assert sale(SALE)["isDeleted"] is False


def test_a_computed_value_of_another_type_is_a_bug_and_no_misfit():
    with pytest.raises(AttributeError):
        sale(SALE, {**COMPUTED, "reference": {"id": 5, "timestamp": "t"}})
    with pytest.raises(KeyError, match="reference"):
        sale(SALE, {})


def test_other_computed_types_are_written_too():
    fields = [
        {"name": "class", "type": ["int", "null"]},
        {"name": "tree", "type": ["null", TREE]},
        {"name": "many", "type": {"type": "array", "items": "double"}},
    ]
    schema = {"type": "record", "name": "Odd", "fields": fields}
    encode = compile_encoder(schema, frozenset({"class", "tree", "many"}))
    plain = {"class": 5, "tree": {"kids": [{"kids": []}]}, "many": [1.5]}
    assert fastavro.schemaless_reader(BytesIO(encode({}, plain)), fastavro.parse_schema(schema)) == plain


def test_a_name_is_found_in_its_namespace_first():
    inner = {"type": "record", "name": "Part", "fields": [{"name": "x", "type": "int"}]}
    schema = {
        "type": "record",
        "name": "Whole",
        "namespace": "a.b",
        "fields": [
            {"name": "one", "type": inner},
            {"name": "two", "type": "Part"},
            {"name": "three", "type": "a.b.Part"},
        ],
    }
    part = {"M": {"x": {"N": "1"}}}
    encoded = compile_encoder(schema, frozenset())(dict.fromkeys(("one", "two", "three"), part), {})
    assert encoded == b"\2\2\2"


@pytest.mark.parametrize(
    ("type", "says"),
    [
        ({"type": "long", "logicalType": "timestamp-millis"}, "logical"),
        ("Unheard", "no Avro type"),
        ([["null"]], "union"),
        ([], "union"),
        (["int", "int"], "each type once"),
        ({"type": "record", "name": "a'); print(1); ('", "fields": []}, "no Avro name"),
        ({"type": "record", "name": "Sub", "fields": [{"name": "x\n", "type": "int"}]}, "no Avro name"),
        ({"type": "record", "name": "Small", "fields": []}, "twice"),
        ({"type": "enum", "name": "Suit", "symbols": ["a b"]}, "no Avro type"),
        ({"type": "record", "name": "Two", "fields": [{"name": "x", "type": "int"}] * 2}, "two fields"),
        ({"type": "fixed", "name": "Neg", "size": -1}, "no Avro type"),
        (5, "no Avro type"),
    ],
)
def test_a_schema_that_is_none_is_refused_before_any_source_is_made_of_it(type, says):
    with pytest.raises(ValueError, match=says):
        row(type, {"S": "x"})


@pytest.mark.parametrize("default", ["x", 1.5, 2**31, None, True])
@pytest.mark.parametrize("type", ["int", ["int", "bytes"], TREE, {"type": "array", "items": "int"}])
def test_a_default_of_another_type_is_refused(type, default):
    if (type, default) != (["int", "bytes"], "x"):
        with pytest.raises((ValueError, TypeError, AttributeError)):
            row(type, {"N": "1"}, default)


def test_the_row_is_a_record():
    with pytest.raises(ValueError, match="must be a record"):
        compile_encoder({"type": "array", "items": "int"})


def test_the_generated_source_can_be_read():
    source = compile_encoder(schemas()["sale"]).source
    assert "= get('saleEndDateTime', ABSENT)" in source
    assert "['NULL'] is not True: wrong()" in source

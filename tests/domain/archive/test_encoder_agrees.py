"""Arbitrary schemas and images: the encoder takes and writes what boto3 and fastavro do, but for what its own rules say.

Hypothesis numbers the dice that throw them. The encoder's rules are stricter on values that DynamoDB does not make, or that
Avro has no room for:

- boto3 looks at the first tag of a value only, at no content of BOOL and NULL, and takes a `bool` or a number as a text's content;
- it refuses numbers beyond DynamoDB's own range, which the encoder takes where the Avro type has room for them;
- fastavro takes no text for what `bytes` are by default, and bytes for a list of int;
- it lets NaN, Infinity, and floats beyond 32 bits pass, and writes them as what they are not, or breaks.
"""

from base64 import b64decode, b64encode
from copy import deepcopy
from decimal import Decimal
from io import BytesIO
from itertools import count
from random import Random

import fastavro
import pytest
from boto3.dynamodb.types import Binary, TypeDeserializer
from fastavro.validation import validate
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from adapters.files.avro_schemas import schemas
from domain.archive import avro_types
from domain.archive.encoder import COMPUTED, compile_encoder
from domain.archive.kinds import KINDS
from domain.archive.misfit import Misfit, problems

PLAIN = {
    "reference": {"id": "r", "timestamp": "t"},
    "system": {"systemId": "a", "databaseId": "b", "memberId": "c"},
    "isDeleted": True,
    "change": {"eventId": "c", "eventName": "INSERT", "at": "2026-03-01T10:00:00.000000Z", "expired": False},
}
NAMES = [f"f{number}" for number in range(6)]
TEXTS = ["false", "1", "", "d", "x", "é☺", "a longer text", "f0"]
NUMBERS = ["0", "7", "-3", "1.9", "7.0", "70E-1", "1E+3", "-0.5", "0.1", "3.4E+38", "1E-120", "-1234567.891"]
NUMBERS += ["2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808"]
BINARIES = [b64encode(content).decode() for content in (b"", b"\0", b"\xff\0", b"text")]
SYMBOLS = ["d", "false", "x"]
LEAVES = {
    "null": lambda dice: {"NULL": True},
    "boolean": lambda dice: {"BOOL": dice.random() < 0.5},
    "int": lambda dice: {"N": dice.choice(NUMBERS)},
    "long": lambda dice: {"N": str(dice.randint(-(2**63), 2**63 - 1))},
    "float": lambda dice: {"N": dice.choice(NUMBERS)},
    "double": lambda dice: {"N": repr(round(dice.gauss(0, 1e6), dice.randrange(6)))},
    "bytes": lambda dice: {"B": dice.choice(BINARIES)},
    "string": lambda dice: {"S": dice.choice(TEXTS)},
}
SETS = {
    "string": lambda dice: {"SS": dice.sample(TEXTS, 3)},
    "long": lambda dice: {"NS": dice.sample(NUMBERS[:8], 3)},
    "bytes": lambda dice: {"BS": dice.sample(BINARIES, 2)},
}
DEFAULTS = {"null": None, "boolean": True, "int": 5, "long": -5, "float": 0.5, "double": 1.5, "string": "d"}
# The branches of unions: of what takes the same values fastavro picks by a rule of its own, so only numbers compete here.
BRANCHES = [
    [[], ["int"], ["long"], ["double", "int"], ["long", "double"], ["int", "long"], ["float"]],
    [[], ["string"], [{"type": "enum", "symbols": SYMBOLS}]],
    [[], ["bytes"], [{"type": "fixed", "size": 2}]],
    [[], ["boolean"]],
    [["null"], []],
]
DICE = st.integers(0, 2**64).map(Random)


def anything(dice, depth=2):
    """Some typed value, but for binary ones."""
    kind = dice.choice([*LEAVES, *SETS, "M", "L"] if depth else [*LEAVES])
    if kind == "bytes":
        return {"NULL": True}
    if kind == "L":
        return {"L": [anything(dice, depth - 1) for _ in range(dice.randrange(3))]}
    if kind == "M":
        return {"M": {name: anything(dice, depth - 1) for name in dice.sample([*NAMES, *TEXTS], dice.randrange(3))}}
    return dice.choice([each[kind] for each in (LEAVES, SETS) if kind in each])(dice)


def type_of(dice, names, depth):
    """An Avro type as JSON; of its named types each has a name of its own."""
    kind = dice.choice([*LEAVES, "enum", "fixed"] + ["array", "map", "record", "optional", "union"] * depth)
    match kind:
        case "enum":
            return {"type": "enum", "name": next(names), "symbols": SYMBOLS}
        case "fixed":
            return {"type": "fixed", "name": next(names), "size": dice.randrange(3)}
        case "array":
            return {"type": "array", "items": type_of(dice, names, depth - 1)}
        case "map":
            return {"type": "map", "values": type_of(dice, names, depth - 1)}
        case "record":
            return {"type": "record", "name": next(names), "fields": fields(dice, names, depth - 1)}
        case "optional":
            other = type_of(dice, names, depth - 1)
            return other if other == "null" or isinstance(other, list) else dice.sample(["null", other], 2)
        case "union":
            return union(dice, names, depth - 1)
    return kind


def union(dice, names, depth):
    branches = [branch for some in BRANCHES for branch in dice.choice(some)]
    if "bytes" not in branches and {"type": "fixed", "size": 2} not in branches:
        branches += dice.choice([[], [{"type": "array", "items": type_of(dice, names, depth)}]])
    inner = dice.choice([{"type": "map", "values": type_of(dice, names, depth)}, {"type": "record"}])
    branches += dice.choice([["boolean"] if "boolean" not in branches else [], [inner]])
    return [named(dice, names, depth, branch) for branch in dice.sample(branches, len(branches))] or ["null"]


def named(dice, names, depth, branch):
    if not isinstance(branch, dict) or branch["type"] in ("array", "map"):
        return branch
    return (
        branch | {"name": next(names)} | ({"fields": fields(dice, names, depth)} if branch["type"] == "record" else {})
    )


def fields(dice, names, depth):
    return [field(dice, name, type_of(dice, names, depth)) for name in dice.sample(NAMES, dice.randrange(5))]


def field(dice, name, type):
    first = type[0] if isinstance(type, list) else type
    default = isinstance(first, str) and first in DEFAULTS and dice.random() < 0.5
    return {"name": name, "type": type} | ({"default": DEFAULTS[first]} if default else {})


def schema_of(dice):
    return {"type": "record", "name": "Row", "fields": fields(dice, map("T{}".format, count()), 3)}


def value_of(dice, type, named):
    """Mostly a value of the type."""
    return anything(dice) if dice.random() < 0.02 else fitting(dice, type, named)


def fitting(dice, type, named):
    match type:
        case str():
            return LEAVES[type](dice) if type in LEAVES else fitting(dice, named[type], named)
        case list():
            return fitting(dice, dice.choice(type), named)
        case {"type": "enum"}:
            return {"S": dice.choice(SYMBOLS)}
        case {"type": "fixed", "size": size}:
            return {"B": b64encode(dice.randbytes(size)).decode()}
        case {"type": "array", "items": items}:
            if isinstance(items, str) and items in SETS and dice.random() < 0.3:
                return SETS[items](dice)
            return {"L": [value_of(dice, items, named) for _ in range(dice.randrange(4))]}
        case {"type": "map", "values": inner}:
            return {"M": {key: value_of(dice, inner, named) for key in dice.sample(TEXTS, dice.randrange(4))}}
    return {"M": image_of(dice, type, named)}


def image_of(dice, record, named, without=frozenset()):
    image = {"more": anything(dice)} if dice.random() < 0.3 else {}
    for field in record["fields"]:
        collect(field["type"], named)
        needed = "default" not in field and "null" not in field["type"]
        if field["name"] not in without and dice.random() < (0.98 if needed else 0.7):
            image[field["name"]] = value_of(dice, field["type"], named)
    return image


def collect(type, named):
    """The named types in a type, by name."""
    match type:
        case list():
            for branch in type:
                collect(branch, named)
        case {"type": "array", "items": inner} | {"type": "map", "values": inner}:
            collect(inner, named)
        case {"type": "record", "name": name, "fields": fields}:
            named[name] = type
            for field in fields:
                collect(field["type"], named)


def plainly(value):
    """What boto3's users make of a typed value before they hand it to fastavro."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Binary):
        return value.value
    if isinstance(value, dict):
        return {name: plainly(member) for name, member in value.items()}
    if isinstance(value, set):
        return sorted(map(plainly, value))
    return [plainly(member) for member in value] if isinstance(value, list) else value


def decoded(value):
    """The image with bytes for base64 texts: what botocore does before boto3's TypeDeserializer."""
    [(tag, content)] = value.items()
    match tag:
        case "B":
            return {"B": b64decode(content)}
        case "BS":
            return {"BS": [b64decode(each) for each in content]}
        case "L":
            return {"L": [decoded(each) for each in content]}
        case "M":
            return {"M": {name: decoded(each) for name, each in content.items()}}
    return value


def theirs(schema, image, computed):
    """The row as fastavro writes and reads it. None: validate refuses it, or a float is beyond 32 bits."""
    parsed = fastavro.parse_schema(deepcopy(schema))
    deserialize = TypeDeserializer().deserialize
    row = {name: plainly(deserialize(decoded(value))) for name, value in image.items()} | computed
    if not validate(row, parsed, raise_errors=False):
        return None
    out = BytesIO()
    try:
        fastavro.schemaless_writer(out, parsed, row)
    except OverflowError:
        return None
    return out.getvalue()


ENCODERS = {kind: compile_encoder(schemas()[kind]) for kind in KINDS}


def ours(schema, image, computed):
    encode = ENCODERS.get(schema["name"].lower()) or compile_encoder(schema, frozenset())
    try:
        return encode(image, computed)
    except Misfit:
        return None


def read(schema, row):
    return row and fastavro.schemaless_reader(BytesIO(row), fastavro.parse_schema(deepcopy(schema)))


def agree(schema, image, computed):
    mine, other = ours(schema, image, computed), theirs(schema, image, computed)
    event("a row" if mine is not None else "a misfit")
    assert (mine is None) == (other is None)
    assert repr(read(schema, mine)) == repr(read(schema, other))  # by their texts: 1 is not True
    found = [*problems(avro_types.record(schema), image, frozenset(computed))]
    assert bool(found) == (mine is None)


@settings(max_examples=1_000, deadline=None)
@given(DICE)
def test_an_arbitrary_image_of_an_arbitrary_schema_is_written_as_by_boto3_and_fastavro(dice):
    schema = schema_of(dice)
    agree(schema, image_of(dice, schema, {}), {})


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=300, deadline=None)
@given(DICE)
def test_an_arbitrary_image_of_a_kind_is_written_as_by_boto3_and_fastavro(kind, dice):
    computed = {name: value for name, value in PLAIN.items() if kind == "demand" or name != "system"}
    agree(schemas()[kind], image_of(dice, schemas()[kind], {}, without=COMPUTED), computed)


def places(value, at=()):
    """The typed values in an image, each with its way there."""
    for name, inner in value.items():
        yield (*at, name)
        [(tag, content)] = inner.items()
        if tag == "M":
            yield from places(content, (*at, name, tag))
        elif tag == "L":
            yield from places(dict(enumerate(content)), (*at, name, tag))


SPOILT = [None, {}, "S", [], 5, {"X": "a"}, {"S": "a", "N": "1"}, {"S": 5}, {"N": 5}, {"N": "NaN"}, {"BOOL": "true"}]
SPOILT += [{"NULL": False}, {"M": []}, {"L": {}}, {"SS": "ab"}, {"NS": ["x"]}, {"B": "é"}, {"BS": [1]}, {"L": None}]


@settings(max_examples=1_000, deadline=None)
@given(DICE)
def test_a_value_that_dynamodb_never_makes_is_no_row_wherever_the_schema_looks(dice):
    schema = schema_of(dice)
    image = image_of(dice, schema, {})
    known = [way for way in places(image) if way[0] in {field["name"] for field in schema["fields"]}]
    assume(known and ours(schema, image, {}) is not None)
    way = dice.choice(known)
    holder = spoilt = deepcopy(image)
    for step in way[:-1]:
        holder = holder[step]
    holder[way[-1]] = dice.choice(SPOILT)
    found = [*problems(avro_types.record(schema), spoilt, frozenset())]
    assert (ours(schema, spoilt, {}) is None) == bool(found)
    if len(way) == 1:
        assert found[0].path.startswith(way[0])

"""Plain values survive the trip to DynamoDB's typed JSON and back, and agree with boto3's own serializer."""

from decimal import Decimal

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from adapters.aws.attribute_values import decode_item, decode_value, encode_item, encode_value

FLOATS = st.floats(min_value=-1e125, max_value=1e125).filter(lambda n: n == 0 or abs(n) >= 1e-130)
SCALARS = st.one_of(
    st.text(), st.booleans(), st.none(), st.binary(), FLOATS, st.integers(min_value=-(10**38) + 1, max_value=10**38 - 1)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
)


@given(VALUES)
def test_a_value_reads_back_equal(value):
    assert decode_value(encode_value(value)) == value


@given(
    st.dictionaries(st.text(min_size=1, max_size=5), st.one_of(st.text(), st.booleans(), st.none(), st.integers(0, 9)))
)
def test_an_item_is_typed_as_boto3_types_it(item):
    assert encode_item(item) == {name: TypeSerializer().serialize(value) for name, value in item.items()}
    assert decode_item(encode_item(item)) == item


@given(FLOATS)
def test_boto3_reads_the_floats_we_write(value):
    read = TypeDeserializer().deserialize(encode_value(value))
    assert float(read) == value


@pytest.mark.parametrize("value", [{"a", "b"}, frozenset({1, 2.5}), {b"x"}])
def test_a_set_reads_back_as_a_set(value):
    assert decode_value(encode_value(value)) == value


def test_equal_sets_are_equal_bytes():
    assert encode_value({"b", "a", "c"}) == {"SS": ["a", "b", "c"]}


def test_a_tuple_is_a_list_and_a_decimal_a_number():
    assert encode_value((1, Decimal("0.10"))) == {"L": [{"N": "1"}, {"N": "0.10"}]}


def test_minus_zero_is_zero():
    assert encode_value(-0.0) == {"N": "0"}


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("-7", -7), ("7.5", 7.5), ("1e-7", 1e-7), ("1E+2", 100.0)])
def test_a_whole_number_reads_as_int_and_any_other_as_float(text, number):
    read = decode_value({"N": text})
    assert (read, type(read)) == (number, type(number))


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        1e126,
        1e-131,
        10**38,
        Decimal("NaN"),
        Decimal("1" * 39),
        set(),
        {1, "a"},
        {True},
    ],
)
def test_what_dynamodb_cannot_hold_is_a_value_error(value):
    with pytest.raises(ValueError):
        encode_item({"nested": [{"deeper": value}]})


def test_a_type_without_a_word_is_a_type_error():
    with pytest.raises(TypeError, match="object"):
        encode_value(object())

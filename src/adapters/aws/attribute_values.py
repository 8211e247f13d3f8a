"""Plain Python in, DynamoDB's typed JSON out, and back; keyed by `type()`, since it runs for every attribute of every item."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

AttributeValue = dict[str, Any]
Item = dict[str, AttributeValue]

# DynamoDB numbers: 38 digits, magnitudes 1e-130 to 9.99…e125 (AWS: naming rules and data types).
DIGITS = 38
LEAST, MOST = 1e-130, 1e126
MOST_INT = 10**DIGITS


def encode_item(plain: Mapping[str, Any]) -> Item:
    """A whole item. ValueError: NaN, infinity or a number out of DynamoDB's range; TypeError: a type it has no word for."""
    typed = TYPED  # a local name is looked up faster, and this is the batch's innermost loop
    item: Item = {}
    for name, value in plain.items():
        kind = type(value)
        if kind is str:
            item[name] = {"S": value}
        elif kind is dict:
            item[name] = {"M": encode_item(value)}
        else:
            item[name] = typed.get(kind, _other)(value)
    return item


def decode_item(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A whole item, read back: numbers as int where they are whole, else as float (17 digits)."""
    plain = {}
    for name, typed in item.items():
        for tag, value in typed.items():
            plain[name] = value if tag == "S" else PLAIN[tag](value)
    return plain


def encode_value(value: Any) -> AttributeValue:
    """One value as DynamoDB types it; floats are written by repr, so that they read back equal."""
    kind = type(value)
    return {"M": encode_item(value)} if kind is dict else TYPED.get(kind, _other)(value)


def decode_value(typed: Mapping[str, Any]) -> Any:
    """One value read back; KeyError: a type DynamoDB does not have."""
    [(tag, value)] = typed.items()
    return PLAIN[tag](value)


def _list(values: Any) -> AttributeValue:
    return {"L": [{"S": value} if type(value) is str else encode_value(value) for value in values]}


def _int(value: int) -> AttributeValue:
    if not -MOST_INT < value < MOST_INT:
        raise ValueError(f"an integer of more than {DIGITS} digits")
    return {"N": f"{value}"}


def _float(value: float) -> AttributeValue:
    if LEAST <= value < MOST or LEAST <= -value < MOST:
        return {"N": f"{value!r}"}
    if value == 0:
        return {"N": "0"}
    raise ValueError(f"not a DynamoDB number: {value!r}")


def _decimal(value: Decimal) -> AttributeValue:
    if not value.is_finite() or len(value.as_tuple().digits) > DIGITS:
        raise ValueError(f"not a DynamoDB number: {value!r}")
    return {"N": str(value)}


def _set(values: Any) -> AttributeValue:
    """Members sorted, so that equal sets are equal bytes."""
    typed = [TYPED.get(type(value), _other)(value) for value in values]
    tags = {tag for member in typed for tag in member}
    if len(tags) != 1 or not tags <= {"S", "N", "B"}:
        raise ValueError("a set holds only texts, only numbers or only bytes, and at least one")
    tag = tags.pop()
    return {f"{tag}S": sorted(member[tag] for member in typed)}


def _other(value: Any) -> AttributeValue:
    if isinstance(value, Mapping):
        return {"M": encode_item(value)}
    raise TypeError(f"DynamoDB has no type for {type(value).__name__}")


def _number(text: str) -> int | float:
    return int(text) if text.isdigit() or (text[0] == "-" and text[1:].isdigit()) else float(text)


def _same(value: Any) -> Any:
    return value


TYPED: Mapping[type, Callable[[Any], AttributeValue]] = {
    str: lambda value: {"S": value},
    bool: lambda value: {"BOOL": value},
    type(None): lambda value: {"NULL": True},
    int: _int,
    float: _float,
    Decimal: _decimal,
    bytes: lambda value: {"B": value},
    bytearray: lambda value: {"B": bytes(value)},
    dict: lambda value: {"M": encode_item(value)},
    list: _list,
    tuple: _list,
    set: _set,
    frozenset: _set,
}

PLAIN: Mapping[str, Callable[[Any], Any]] = {
    "S": _same,
    "BOOL": _same,
    "B": _same,
    "N": _number,
    "NULL": lambda value: None,
    "M": decode_item,
    "L": lambda values: [decode_value(value) for value in values],
    "SS": frozenset,
    "BS": frozenset,
    "NS": lambda values: frozenset(map(_number, values)),
}

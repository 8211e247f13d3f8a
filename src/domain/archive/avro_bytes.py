"""Single values of DynamoDB's typed JSON in, Avro's binary out: what the encoders are built from."""

import re
from binascii import a2b_base64
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache
from struct import pack
from typing import Any, NoReturn

TROUBLE = (KeyError, TypeError, AttributeError, ValueError, ArithmeticError)  # what a value of another shape raises
NUMBER = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?"
).fullmatch  # DynamoDB's own end at E+125


class Wrong(ValueError):
    """The text goes on after `must be int, `, and holds no value."""


def wrong(says: str = "has another shape") -> NoReturn:
    raise Wrong(says)


def varint(number: int) -> bytes:
    """Avro's int and long: zigzag, seven bits a byte, the lowest first. `number` fits 64 bits."""
    left, out = (number << 1) ^ (number >> 63), bytearray()
    while left > 0x7F:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    out.append(left)
    return bytes(out)


TABLE = 4096  # most texts are shorter, and their sizes need no arithmetic
SIZES = tuple(map(varint, range(TABLE)))


def latin(content: bytes) -> str:
    """As text of one character a byte, which is what rows are put together from."""
    return content.decode("latin-1")


def wide(text: str) -> str:
    """The same of a text that is not ASCII only. A ValueError: no UTF-8 can hold it."""
    return latin(text.encode())


@cache
def sizes(before: str) -> tuple[str, ...]:
    """The sizes of texts, each with the number of a union's branch in front."""
    return tuple(before + latin(size) for size in SIZES)


@cache
def integers(before: str) -> Mapping[str, str]:
    """The most usual numbers by their decimal texts, likewise."""
    return {str(number): before + latin(varint(number)) for number in range(TABLE)}


def size(length: int) -> bytes:
    return SIZES[length] if length < TABLE else varint(length)


def string(text: Any) -> bytes:
    if type(text) is not str:
        wrong("is a string without text")
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        wrong("is no UTF-8")
    return size(len(encoded)) + encoded


def boolean(flag: Any) -> bytes:
    return b"\1" if flag is True else b"\0" if flag is False else wrong("is neither true nor false")


def null(flag: Any) -> bytes:
    return b"" if flag is True else wrong("is a null that is not true")


def integer(text: Any, bits: int) -> int:
    """The whole number that a decimal text stands for: `7`, `7.0` and `70E-1` are 7."""
    if type(text) is str and text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    if type(text) is not str or not NUMBER(text):
        wrong("is no number")
    value = Decimal(text)
    if value and value.adjusted() > 19:  # before it is made an int: 1E+9999 is a small text and a large number
        wrong("is out of its range")
    whole = int(value) if value else 0
    if whole != value:
        wrong("is a fraction")
    return whole if -(1 << bits - 1) <= whole < 1 << bits - 1 else wrong("is out of its range")


def int_(text: Any) -> bytes:
    return varint(integer(text, 32))


def long(text: Any) -> bytes:
    return varint(integer(text, 64))


def float_(text: Any) -> bytes:
    try:
        return pack("<f", _finite(text))
    except OverflowError:
        wrong("is out of its range")


def double(text: Any) -> bytes:
    return pack("<d", _finite(text))


def _finite(text: Any) -> float:
    if type(text) is not str or not NUMBER(text):
        wrong("is no number")
    value = float(text)
    return value if abs(value) != float("inf") else wrong("is out of its range")


def binary(text: Any) -> bytes:
    """The bytes that a base64 text stands for."""
    try:
        return a2b_base64(text, strict_mode=True) if type(text) is str else wrong("is a binary without text")
    except ValueError:
        wrong("is no base64")


def bytes_(text: Any) -> bytes:
    content = binary(text)
    return size(len(content)) + content


def fixed(text: Any, length: int) -> bytes:
    content = binary(text)
    return content if len(content) == length else wrong("has another length")


def symbol(text: Any, symbols: Mapping[str, bytes]) -> bytes:
    return symbols[text] if type(text) is str and text in symbols else wrong("is none of its symbols")


def members(value: Mapping[str, Any]) -> list[Any]:
    """The typed members of a list or a set; those of a set sorted, each once."""
    [(tag, content)] = value.items()
    if type(content) is not list or tag not in ("L", *SORTING):
        wrong("is a list without members")
    if tag == "L":
        return content
    return [{tag[0]: text} for text in _each_once(content, SORTING[tag])]


def _each_once(texts: list[Any], key: Callable[[Any], Any]) -> list[str]:
    by_value = {key(text): text for text in texts}
    return [by_value[value] for value in sorted(by_value)]


def _text(text: Any) -> str:
    return text if type(text) is str else wrong("is a set of something else")


def _decimal(text: Any) -> Decimal:
    return Decimal(_text(text)) if NUMBER(_text(text)) else wrong("is a set of no numbers")


def first_fit(value: Any, branches: Iterable[tuple[str, Callable[[Any], str]]]) -> str:
    """The value as the first branch of a union that takes it."""
    for before, write in branches:
        try:
            return before + write(value)
        except TROUBLE:
            continue
    wrong("fits no branch of its union")


SORTING: Mapping[str, Callable[[Any], Any]] = {"SS": _text, "NS": _decimal, "BS": binary}
LEAVES: Mapping[str, Callable[[Any], bytes]] = {
    "null": null,
    "boolean": boolean,
    "int": int_,
    "long": long,
    "float": float_,
    "double": double,
    "bytes": bytes_,
    "string": string,
}

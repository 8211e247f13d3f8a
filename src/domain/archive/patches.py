"""A change record that was turned away and what shall be different about it in, the record as it should have been out."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from domain.archive.change import REMOVE
from domain.errors import Rejected

Event = dict[str, Any]  # a change record as the stream has it: eventName, dynamodb{NewImage, OldImage}, …
Patch = Callable[[Event], Event | None]  # None: the record shall be dropped


class Digits(str):
    """A number as it was written: DynamoDB keeps numbers as texts, and more digits than a float has."""

    __slots__ = ()


def patched(text: str, patches: Sequence[Patch]) -> str | None:
    """The record's text after all patches, one after the other; None: one of them drops it.

    Without a patch it is the text itself. Rejected: it is no JSON object, a patch cannot be applied, or what it gives is no record.
    """
    if not patches:
        return text
    event: Any = _parsed(text)
    for patch in patches:
        event = patch(event)
        if event is None:
            return None
    if not isinstance(event, dict):
        raise Rejected(f"a patch gives a {type(event).__name__} and no change record")
    try:
        return json.dumps(event, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise Rejected("a patch gives what JSON cannot say") from error


def setting(assignment: str) -> Patch:
    """`date.requested=2026-01-01` as a patch of the image: the value is JSON, or else a text. Rejected: it is no assignment.

    It changes the new image, and of a removed item the old one. A number in the path is a place in a list.
    """
    path, equals, value = assignment.partition("=")
    names = path.strip().split(".")
    if not equals or not all(names):
        raise Rejected(f"{assignment} is no path=value, such as saleId=s1 or date.requested=2026-01-01")
    attribute = typed(_value(value))

    def patch(event: Event) -> Event:
        image = "OldImage" if event.get("eventName") == REMOVE else "NewImage"
        change = event.get("dynamodb")
        if not isinstance(change, dict) or not isinstance(change.get(image), dict):
            raise Rejected(f"the record has no {image} to set {path} in")
        changed = _with({"M": change[image]}, names, attribute)["M"]
        return {**event, "dynamodb": {**change, image: changed}}

    return patch


def typed(value: Any) -> dict[str, Any]:
    """A JSON value as DynamoDB's typed JSON."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case Digits():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case list():
            return {"L": [typed(member) for member in value]}
    return {"M": {name: typed(member) for name, member in value.items()}}


def _parsed(text: str) -> Event:
    try:
        event = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Rejected("the record is no JSON, no patch can be applied") from error
    if not isinstance(event, dict):
        raise Rejected("the record is no JSON object, no patch can be applied")
    return event


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_int=Digits, parse_float=Digits, parse_constant=_no_constant)
    except ValueError:
        return text


def _no_constant(name: str) -> NoReturn:
    """NaN and Infinity are no JSON, whatever Python says: they are texts."""
    raise ValueError(name)


def _with(attribute: Mapping[str, Any] | None, names: Sequence[str], value: Mapping[str, Any]) -> Any:
    """The attribute with `value` at that path; maps that are not there yet are made."""
    if not names:
        return value
    name, rest = names[0], names[1:]
    match attribute:
        case None | {"NULL": _}:
            return {"M": {name: _with(None, rest, value)}}
        case {"M": dict(members)}:
            return {"M": {**members, name: _with(members.get(name), rest, value)}}
        case {"L": list(items)} if name.isdecimal() and int(name) < len(items):
            place = int(name)
            return {"L": [*items[:place], _with(items[place], rest, value), *items[place + 1 :]]}
    raise Rejected(f"{'.'.join(names)} cannot be set: what is there is no map")

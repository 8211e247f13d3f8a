"""DynamoDB's update expressions in, functions of an item out: read once and kept, as conditions are."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any

from dynamo_expressions import (
    Item,
    Names,
    Path,
    Term,
    Tokens,
    Values,
    arguments_of,
    found,
    invalid,
    operand_of,
    path_of,
)


@cache
def update(text: str) -> Callable[[Item, Names, Values], Item]:
    """The item as it is changed; the old one stays as it was."""
    changes = list(_changes(Tokens(text)))

    def changed(item: Item, names: Names, values: Values) -> Item:
        new = dict(item)
        for change in changes:
            change(new, item, names, values)
        return new

    return changed


def _changes(tokens: Tokens) -> Iterator[Callable[[Item, Item, Names, Values], None]]:
    while tokens.peek():
        section = SECTIONS[tokens.next().upper()]
        yield section(tokens)
        while tokens.take(","):
            yield section(tokens)


def _set(tokens: Tokens) -> Any:
    path = path_of(tokens)
    tokens.next("=")
    value = _sum(tokens)
    return lambda new, item, names, values: _place(new, path, names, value(item, names, values))


def _sum(tokens: Tokens) -> Term:
    left = _settable(tokens)
    for sign in ("+", "-"):
        if tokens.take(sign):
            right, factor = _settable(tokens), 1 if sign == "+" else -1
            return lambda *it: {"N": str(Decimal(_needed(left(*it))["N"]) + factor * Decimal(right(*it)["N"]))}
    return lambda *it: _needed(left(*it))


def _settable(tokens: Tokens) -> Term:
    if tokens.peek() == "if_not_exists":
        tokens.next()
        there, other = arguments_of(tokens)
        return lambda *it: there(*it) if there(*it) is not None else other(*it)
    if tokens.peek() == "list_append":
        tokens.next()
        tokens.next("(")
        first = _settable(tokens)
        tokens.next(",")
        second = _settable(tokens)
        tokens.next(")")
        return lambda *it: {"L": [*_needed(first(*it))["L"], *_needed(second(*it))["L"]]}
    return operand_of(tokens)


def _needed(value: Any) -> Any:
    if value is None:
        raise invalid("The provided expression refers to an attribute that does not exist in the item")
    return value


def _remove(tokens: Tokens) -> Any:
    path = path_of(tokens)
    return lambda new, item, names, values: _place(new, path, names, None)


def _add(tokens: Tokens) -> Any:
    path, name = path_of(tokens), tokens.next()

    def change(new: Item, item: Item, names: Names, values: Values) -> None:
        old, more = found(item, path, names), values[name]
        [tag] = more
        if tag == "N":
            more = {"N": str(Decimal((old or {"N": "0"})["N"]) + Decimal(more["N"]))}
        elif old:
            more = {tag: [*old[tag], *(it for it in more[tag] if it not in old[tag])]}
        _place(new, path, names, more)

    return change


def _delete(tokens: Tokens) -> Any:
    path, name = path_of(tokens), tokens.next()

    def change(new: Item, item: Item, names: Names, values: Values) -> None:
        [(tag, gone)] = values[name].items()
        if old := found(item, path, names):
            left = [it for it in old[tag] if it not in gone]
            _place(new, path, names, {tag: left} if left else None)

    return change


SECTIONS = {"SET": _set, "REMOVE": _remove, "ADD": _add, "DELETE": _delete}


def _place(item: Item, path: Path, names: Names, value: Any) -> None:
    """Put a value there, or take it away; what holds it is copied, for the old item still has it."""
    holder: Any = item
    for step, below in pairwise(path):
        key = names[step] if isinstance(step, str) and step[0] == "#" else step
        inside = holder[key] if isinstance(step, int) or key in holder else {}
        kind = "L" if isinstance(below, int) else "M"
        if kind not in inside:
            raise invalid("The document path provided in the update expression is invalid for update")
        holder[key] = {kind: list(inside[kind]) if kind == "L" else dict(inside[kind])}
        holder = holder[key][kind]
    last = path[-1]
    if isinstance(last, int):
        holder[last : last + 1] = [] if value is None else [value]
        return
    name = names[last] if last[0] == "#" else last
    if value is not None:
        holder[name] = value
    else:
        holder.pop(name, None)

"""DynamoDB's conditions in, functions of an item out: read once and kept, for runs of millions of calls in memory."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

Value = dict[str, Any]  # as DynamoDB types it: {"S": "…"}
Item = dict[str, Value]
Names = Mapping[str, str]
Values = Mapping[str, Value]
Term = Callable[[Item, Names, Values], Any]
Path = tuple[str | int, ...]
TOKEN = re.compile(r"\s*(#\w+|:\w+|[A-Za-z_]\w*|\d+|<>|<=|>=|[=<>(),.\[\]+-])")
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")


class Tokens:
    def __init__(self, text: str) -> None:
        self._left = TOKEN.findall(text.strip())
        if "".join(self._left) != re.sub(r"\s", "", text):
            raise ValueError(f"what is this: {text}")
        self._left.reverse()

    def peek(self) -> str:
        return self._left[-1] if self._left else ""

    def next(self, wanted: str = "") -> str:
        found = self._left.pop()
        if wanted and found.upper() != wanted:
            raise ValueError(f"{found} where {wanted} should be")
        return found

    def take(self, wanted: str) -> bool:
        return bool(self._left) and self._left[-1].upper() == wanted and bool(self.next())


@cache
def condition(text: str) -> Term:
    """Whether an item, {} where there is none, meets it."""
    tokens = Tokens(text)
    found = _either(tokens)
    assert not tokens.peek(), f"{text}: what is {tokens.peek()}"
    return found


@cache
def key_condition(text: str) -> tuple[tuple[str, str], tuple[str, str, tuple[str, ...]] | None]:
    """(its partition key, its value) and (its sort key, how it is compared, with which values), by their placeholders."""
    tokens, found = Tokens(text), []
    while True:
        closes = tokens.take("(")
        if tokens.peek() == "begins_with":
            tokens.next()
            tokens.next("(")
            name, how = tokens.next(), "begins_with"
            tokens.next(",")
            found.append((name, how, (tokens.next(),)))
            tokens.next(")")
        else:
            name, how = tokens.next(), tokens.next().upper()
            values = [tokens.next()]
            if how == "BETWEEN":
                tokens.next("AND")
                values.append(tokens.next())
            found.append((name, how, tuple(values)))
        if closes:
            tokens.next(")")
        if not tokens.take("AND"):
            break
    [partition] = [it for it in found[:1] if it[1] == "="]
    return (partition[0], partition[2][0]), found[1] if len(found) > 1 else None


def equal(one: Any, other: Any) -> bool:
    """Numbers by their worth, sets in any order."""
    if one == other or one is None or other is None:
        return bool(one == other)
    [(tag, mine)], [(other_tag, theirs)] = one.items(), other.items()
    if tag != other_tag:
        return False
    match tag:
        case "N":
            return Decimal(mine) == Decimal(theirs)
        case "M":
            return mine.keys() == theirs.keys() and all(equal(it, theirs[name]) for name, it in mine.items())
        case "L":
            return len(mine) == len(theirs) and all(map(equal, mine, theirs))
        case "SS" | "BS":
            return set(mine) == set(theirs)
        case "NS":
            return set(map(Decimal, mine)) == set(map(Decimal, theirs))
    return False


def compared(one: Any, how: str, other: Any) -> bool:
    if how in ("=", "<>"):
        return equal(one, other) == (how == "=")
    if one is None or other is None:
        return False
    [(tag, mine)], [(other_tag, theirs)] = one.items(), other.items()
    if tag != other_tag or tag not in ("S", "N", "B"):
        return False
    if tag == "N":
        mine, theirs = Decimal(mine), Decimal(theirs)
    return bool({"<": mine < theirs, "<=": mine <= theirs, ">": mine > theirs, ">=": mine >= theirs}[how])


def found(item: Item, path: Path, names: Names) -> Any:
    """The value at a path, or None."""
    at: Any = {"M": item}
    for step in path:
        if isinstance(step, int):
            inner = at.get("L")
            at = inner[step] if inner is not None and step < len(inner) else None
        else:
            at = at.get("M", {}).get(names[step] if step[0] == "#" else step)
        if at is None:
            return None
    return at


def _either(tokens: Tokens) -> Term:
    parts = [_both(tokens)]
    while tokens.take("OR"):
        parts.append(_both(tokens))
    return parts[0] if len(parts) == 1 else lambda *asked: any(part(*asked) for part in parts)


def _both(tokens: Tokens) -> Term:
    parts = [_one(tokens)]
    while tokens.take("AND"):
        parts.append(_one(tokens))
    return parts[0] if len(parts) == 1 else lambda *asked: all(part(*asked) for part in parts)


def _one(tokens: Tokens) -> Term:
    if tokens.take("NOT"):
        inner = _one(tokens)
        return lambda *asked: not inner(*asked)
    if tokens.take("("):
        inner = _either(tokens)
        tokens.next(")")
        return inner
    if tokens.peek() in FUNCTIONS:
        return _function(tokens)
    return _comparison(tokens)


def _comparison(tokens: Tokens) -> Term:
    left = operand_of(tokens)
    if tokens.take("BETWEEN"):
        low = operand_of(tokens)
        tokens.next("AND")
        high = operand_of(tokens)
        return lambda *it: compared(left(*it), ">=", low(*it)) and compared(left(*it), "<=", high(*it))
    if tokens.take("IN"):
        choices = arguments_of(tokens)
        return lambda *it: any(equal(left(*it), choice(*it)) for choice in choices)
    how = tokens.next()
    assert how in COMPARISONS, how
    right = operand_of(tokens)
    return lambda *it: compared(left(*it), how, right(*it))


def _function(tokens: Tokens) -> Term:
    call = FUNCTIONS[tokens.next()]
    arguments = arguments_of(tokens)
    return lambda *it: call(*(argument(*it) for argument in arguments))


def _begins(text: Any, start: Any) -> bool:
    return text is not None and "S" in text and bool(text["S"].startswith(start["S"]))


def _contains(whole: Any, part: Any) -> bool:
    if whole is None:
        return False
    [(tag, inner)], [(part_tag, sought)] = whole.items(), part.items()
    if tag == "L":
        return any(equal(it, part) for it in inner)
    return (tag == part_tag == "S" or tag == part_tag + "S") and sought in inner


FUNCTIONS: dict[str, Callable[..., bool]] = {
    "attribute_exists": lambda value: value is not None,
    "attribute_not_exists": lambda value: value is None,
    "attribute_type": lambda value, type: value is not None and type["S"] in value,
    "begins_with": _begins,
    "contains": _contains,
}


def arguments_of(tokens: Tokens) -> list[Term]:
    tokens.next("(")
    terms = [operand_of(tokens)]
    while tokens.take(","):
        terms.append(operand_of(tokens))
    tokens.next(")")
    return terms


def operand_of(tokens: Tokens) -> Term:
    if tokens.peek() == "size":
        tokens.next()
        [inner] = arguments_of(tokens)
        return lambda *it: _size(inner(*it))
    if tokens.peek().startswith(":"):
        name = tokens.next()
        return lambda item, names, values: values[name]
    path = path_of(tokens)
    if len(path) == 1:
        [step] = path
        return lambda item, names, values: item.get(names[step] if step[0] == "#" else step)  # type: ignore[index]
    return lambda item, names, values: found(item, path, names)


def _size(value: Any) -> Any:
    return value and {"N": str(len(next(iter(value.values()))))}


def path_of(tokens: Tokens) -> Path:
    steps: list[str | int] = [tokens.next()]
    while tokens.peek() in (".", "["):
        if tokens.next() == ".":
            steps.append(tokens.next())
        else:
            steps.append(int(tokens.next()))
            tokens.next("]")
    return tuple(steps)


def invalid(message: str) -> ClientError:
    return ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "DynamoDB")

"""An AWS event pattern and a JSON document -> whether they match."""

from collections.abc import Callable, Mapping
from typing import Any

Pattern = Callable[[Mapping[str, Any]], bool]
Test = Callable[[Any], bool]
OPAQUE = object()  # stands for a value that cannot be looked into: no pattern on what is inside it matches

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}


def compile_pattern(pattern: Any) -> Pattern:
    """Turn an event pattern into a predicate on documents.

    Keys are joined by AND, the alternatives of one key by OR; `$or` joins whole patterns. ValueError names what is not in
    the syntax. Source: "Filter rule syntax" in the Lambda Developer Guide.
    """
    if not isinstance(pattern, dict) or not pattern:
        raise ValueError(f"an event pattern is a JSON object with at least one key, not {pattern!r}")
    parts = [_either(rule) if key == "$or" else _at(key, rule) for key, rule in pattern.items()]
    return lambda document: all(part(document) for part in parts)


def _either(patterns: Any) -> Pattern:
    if not isinstance(patterns, list) or not patterns:
        raise ValueError("$or takes a list of patterns")
    compiled = [compile_pattern(pattern) for pattern in patterns]
    return lambda document: any(part(document) for part in compiled)


def _at(key: str, rule: Any) -> Pattern:
    if isinstance(rule, dict):
        inside = compile_pattern(rule)
        return lambda document: any(inside(child) for child in _objects(document.get(key)))
    if not isinstance(rule, list) or not rule:
        raise ValueError(f"{key!r} takes a non-empty list of alternatives or an object, not {rule!r}")
    tests = [_leaf(alternative) for alternative in rule]
    return lambda document: any(test(_leaves(document.get(key, ()))) for test in tests)


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects to look into; an absent one is empty, so that `exists: false` can hold inside it."""
    if value is OPAQUE:
        return []
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)] or [{}]


def _leaves(value: Any) -> list[Any]:
    """The scalars under a key: those of a list count one by one, an object has none."""
    items = value if isinstance(value, (list, tuple)) else [value]
    return [item for item in items if not isinstance(item, (dict, list))]


def _leaf(alternative: Any) -> Callable[[list[Any]], bool]:
    if isinstance(alternative, dict):
        [(operator, operand)] = alternative.items() if len(alternative) == 1 else [("?", None)]
        if operator == "exists":
            return lambda leaves: bool(leaves) is bool(operand)
        test = _operator(operator, operand)
    else:
        test = _equal(alternative)
    return lambda leaves: any(test(leaf) for leaf in leaves)


def _equal(expected: Any) -> Test:
    if isinstance(expected, list):
        raise ValueError(f"a list cannot be an alternative: {expected!r}")
    if isinstance(expected, bool) or expected is None:
        return lambda value: value is expected
    return lambda value: not isinstance(value, bool) and value == expected


def _operator(name: str, operand: Any) -> Test:
    match name, operand:
        case "prefix" | "suffix", {"equals-ignore-case": str(text)}:
            return _affix(name, text.casefold(), str.casefold)
        case "prefix" | "suffix", str(text):
            return _affix(name, text, str)
        case "equals-ignore-case", str(text):
            return lambda value: isinstance(value, str) and value.casefold() == text.casefold()
        case "anything-but", list(excluded):
            return _none_of([_equal(value) for value in excluded])
        case "anything-but", dict(inner) if len(inner) == 1:
            [(inner_name, inner_operand)] = inner.items()
            return _none_of([_operator(str(inner_name), inner_operand)])
        case "anything-but", scalar:
            return _none_of([_equal(scalar)])
        case "numeric", list(terms):
            return _numeric(terms)
    raise ValueError(f"event filtering knows no {name!r} with {operand!r}")


def _affix(name: str, text: str, fold: Callable[[str], str]) -> Test:
    ends = str.startswith if name == "prefix" else str.endswith
    return lambda value: isinstance(value, str) and ends(fold(value), text)


def _none_of(tests: list[Test]) -> Test:
    return lambda value: not any(test(value) for test in tests)


def _numeric(terms: list[Any]) -> Test:
    pairs = list(zip(terms[::2], terms[1::2], strict=False))
    if len(terms) not in (2, 4) or any(sign not in COMPARISONS or not _is_number(bound) for sign, bound in pairs):
        raise ValueError(f"numeric takes one or two pairs of comparison and number, not {terms!r}")
    return lambda value: _is_number(value) and all(COMPARISONS[sign](value, bound) for sign, bound in pairs)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

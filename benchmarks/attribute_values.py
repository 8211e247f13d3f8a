"""Plain items to DynamoDB's typed JSON: ours against Decimals and boto3's TypeSerializer."""

import json
from collections.abc import Callable
from decimal import Decimal
from time import process_time
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from adapters.aws.attribute_values import encode_item
from benchmarks import facts
from benchmarks.ours import RUN
from benchmarks.result import Line, paired
from domain.solicitation.stored import storer

ITEMS = 2_000
ROUNDS = 5
GOAL = 5  # 6 is what a quiet machine shows


def measure() -> list[Line]:
    items = _base_items()
    serialize = TypeSerializer().serialize
    sides: list[tuple[list[float], Callable[[Any], Any]]] = [
        ([], encode_item),
        ([], lambda item: {name: serialize(value) for name, value in _decimals(item).items()}),
    ]
    assert _plainly(sides[0][1](items[0])) == _plainly(sides[1][1](items[0]))
    for _ in range(ROUNDS):
        for seconds, encode in sides:
            begun = process_time()
            for item in items:
                encode(item)
            seconds.append((process_time() - begun) / ITEMS * 1e6)
    return [paired("item to typed JSON", "CPU µs per item", sides[0][0], sides[1][0], goal=GOAL)]


def _base_items() -> list[dict[str, Any]]:
    store = storer(facts.program(), RUN)
    models = [["review-propensity-v2", "2", 0.734512]]
    scored = {"value": 0.734512, "fallback": False, "models": models, "missing": []}
    return [store({**_candidate(row), "score": scored}).base for row in facts.rows(0, ITEMS)]


def _candidate(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "customer": row["customer"],
        "subject": row["subject"],
        "eventDate": row["eventdate"],
        "marketplace": row["marketplace"],
        "connector": "athena-deliveries",
        "context": [["marketplace", row["marketplace"]], ["program", "product-reviews"]],
        "attributes": {"subjectName": row["subjectname"], "orderValue": float(row["ordervalue"])},
    }


def _decimals(value: Any) -> Any:
    """The walk boto3's users write, since its serializer takes no floats."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, dict):
        return {name: _decimals(member) for name, member in value.items()}
    return [_decimals(member) for member in value] if isinstance(value, list) else value


def _plainly(item: Any) -> str:
    return json.dumps(item, sort_keys=True)

"""A change of a fan's row in, the UpdateItem call that writes it under its condition out."""

from typing import Any

from adapters.aws.attribute_values import encode_value
from domain.scores.keys import Key
from domain.scores.upsert import LOADS, Change, Path


def update(table: str, key: Key, change: Change) -> dict[str, Any]:
    """The call's arguments; a lost condition brings the row as it stands. ValueError: DynamoDB has no such value."""
    words = _Words()
    sets = ", ".join(f"{words.path(path)} = {words.value(value)}" for path, value in change.sets.items())
    removes = ", ".join(map(words.path, change.removes))
    return {
        "TableName": table,
        "Key": {"PK": {"S": key.pk}, "SK": {"S": key.sk}},
        "UpdateExpression": f"SET {sets}{' REMOVE ' if removes else ''}{removes}",
        "ConditionExpression": _condition(change, words),
        "ExpressionAttributeNames": {word: name for name, word in words.names.items()},
        "ExpressionAttributeValues": words.values,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def _condition(change: Change, words: "_Words") -> str:
    if change.absent:
        return "attribute_not_exists(PK)"
    if change.seen is None:
        terms = [f"attribute_exists(PK) AND attribute_not_exists({words.path((LOADS,))})"]
    else:
        terms = [f"{words.path((LOADS,))} = {words.value(change.seen)}"]
    for name, there in change.maps.items():
        terms.append(f"{'' if there else 'NOT '}attribute_type({words.path((name,))}, {words.value('M')})")
    return " AND ".join(terms)


class _Words:
    """What stands for names and values in an expression."""

    __slots__ = ("names", "values")

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def path(self, path: Path) -> str:
        return ".".join(self.names.setdefault(name, f"#{len(self.names)}") for name in path)

    def value(self, value: Any) -> str:
        word = f":{len(self.values)}"
        self.values[word] = encode_value(value)
        return word

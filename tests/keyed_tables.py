"""Tables as the stack makes them, PK and SK and the indexes asked for, on any DynamoDB."""

from collections.abc import Mapping
from typing import Any


def make_table(dynamodb: Any, name: str, indexes: Mapping[str, str] | None = None) -> None:
    """`indexes` maps GSI1 … to its projection."""
    indexes = indexes or {}
    keys = ["PK", "SK", *(f"{index}{part}" for index in indexes for part in ("PK", "SK"))]
    given: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _keys("PK", "SK"),
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
    }
    if indexes:
        given["GlobalSecondaryIndexes"] = [
            {"IndexName": index, "KeySchema": _keys(f"{index}PK", f"{index}SK"), "Projection": {"ProjectionType": kind}}
            for index, kind in indexes.items()
        ]
    dynamodb.create_table(**given)


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]

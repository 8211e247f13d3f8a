"""The Candidates table as tests need it: made on any DynamoDB, read whole."""

from typing import Any

from adapters.aws.attribute_values import decode_item

INDEXES = {"GSI1": "ALL", "GSI2": "KEYS_ONLY"}


def make_candidates_table(dynamodb: Any, name: str, indexes: dict[str, str] = INDEXES) -> None:
    attributes = ["PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK"]
    dynamodb.create_table(
        TableName=name,
        KeySchema=_keys("PK", "SK"),
        AttributeDefinitions=[{"AttributeName": attribute, "AttributeType": "S"} for attribute in attributes],
        GlobalSecondaryIndexes=[
            {"IndexName": index, "KeySchema": _keys(f"{index}PK", f"{index}SK"), "Projection": {"ProjectionType": kind}}
            for index, kind in indexes.items()
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


def whole(dynamodb: Any, name: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Every item of a table, by key."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
    items = (decode_item(item) for page in pages for item in page["Items"])
    return {(item["PK"], item["SK"]): item for item in items}

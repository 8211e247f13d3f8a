"""Tables with time to live and the virtual time in; their expired items are gone, as if DynamoDB itself had deleted them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

Image = dict[str, Any]

OLDEST = 5 * 366 * 86400  # seconds; DynamoDB ignores values further in the past, lest a wrong unit empties a table


def sweep(
    dynamodb: Any,
    expiring: Mapping[str, str],
    now: datetime,
    note: Callable[[str, Image], None] = lambda table, item: None,
) -> dict[str, int]:
    """Delete what has expired by `now`; how many items went, by table.

    `expiring` is each table's TTL attribute (epoch seconds). `note(table, item)` is called before each deletion, so that the stream
    record can carry `userIdentity` dynamodb.amazonaws.com. An item that was renewed or deleted meanwhile is left alone.
    """
    return {table: _sweep(dynamodb, table, attribute, now, note) for table, attribute in expiring.items()}


def _sweep(dynamodb: Any, table: str, attribute: str, now: datetime, note: Callable[[str, Image], None]) -> int:
    keys = [key["AttributeName"] for key in dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]]
    deleted = 0
    for item in _expired(dynamodb, table, attribute, now):
        note(table, item)
        deleted += _delete(dynamodb, table, attribute, item, keys)
    return deleted


def _expired(dynamodb: Any, table: str, attribute: str, now: datetime) -> Iterator[Image]:
    second = int(now.timestamp())
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="attribute_type(#ttl, :number) AND #ttl BETWEEN :oldest AND :now",
        ExpressionAttributeNames={"#ttl": attribute},
        ExpressionAttributeValues={
            ":number": {"S": "N"},
            ":oldest": {"N": str(second - OLDEST)},
            ":now": {"N": str(second)},
        },
    )
    for page in pages:
        yield from page["Items"]


def _delete(dynamodb: Any, table: str, attribute: str, item: Image, keys: list[str]) -> bool:
    try:
        dynamodb.delete_item(
            TableName=table,
            Key={key: item[key] for key in keys},
            ConditionExpression="#ttl = :seen",
            ExpressionAttributeNames={"#ttl": attribute},
            ExpressionAttributeValues={":seen": item[attribute]},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True

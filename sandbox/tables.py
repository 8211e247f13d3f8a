"""Keys of a table of ours in, those items gone; and whole tables emptied."""

from collections.abc import Iterable
from typing import Any

from adapters.aws import batch_items

Key = tuple[str, str]


def delete(dynamodb: Any, table: str, keys: Iterable[Key]) -> None:
    """Delete items by partition and sort key, 25 a call; unprocessed ones do not occur on the embedded AWS."""
    for chunk in batch_items.chunks(keys, batch_items.ITEMS_A_WRITE):
        requests = [{"DeleteRequest": {"Key": {"PK": {"S": pk}, "SK": {"S": sk}}}} for pk, sk in chunk]
        dynamodb.batch_write_item(RequestItems={table: requests})


def clear(dynamodb: Any, table: str) -> None:
    """Delete every item."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ProjectionExpression="PK, SK")
    delete(dynamodb, table, [(item["PK"]["S"], item["SK"]["S"]) for page in pages for item in page["Items"]])

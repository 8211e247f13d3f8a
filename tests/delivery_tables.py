"""The tables that mails and their events change, on moto: made, filled and read whole."""

from typing import Any

import boto3
from candidates_table import make_candidates_table

from adapters.aws.attribute_values import decode_item, encode_item
from domain.solicitation.delivery import delivery_key

TABLES = ("Deliveries", "Customers")
CAMPAIGN = "small-reviews.2026-11-20.US"


def make_tables() -> Any:
    dynamodb = boto3.client("dynamodb", region_name="eu-west-1")
    for table in TABLES:
        make_table(dynamodb, table)
    make_candidates_table(dynamodb, "Candidates")
    return dynamodb


def make_table(dynamodb: Any, name: str) -> None:
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
        BillingMode="PAY_PER_REQUEST",
    )


def put_delivery(dynamodb: Any, id: str, table: str = "Deliveries", **more: Any) -> None:
    """A delivery that waits to be settled."""
    item = {
        **delivery_key(id),
        "id": id,
        "campaign": CAMPAIGN,
        "program": "small-reviews",
        "customer": f"customer-{id[-4:]}",
        "status": "SENDING",
        "expiresAt": 1_900_000_000,
        **more,
    }
    dynamodb.put_item(TableName=table, Item=encode_item(item))


def items(dynamodb: Any, table: str, prefix: str = "") -> list[dict[str, Any]]:
    """All items whose key begins so, in the order of their keys."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    found = (decode_item(item) for page in pages for item in page["Items"])
    return sorted((item for item in found if item["PK"].startswith(prefix)), key=lambda item: (item["PK"], item["SK"]))


def delivery(dynamodb: Any, id: str, table: str = "Deliveries") -> dict[str, Any]:
    [item] = [item for item in items(dynamodb, table, f"DELIVERY#{id}") if item["SK"] == "DELIVERY"]
    return item


def events(dynamodb: Any, id: str) -> list[dict[str, Any]]:
    return [item for item in items(dynamodb, "Deliveries", f"DELIVERY#{id}") if item["SK"] != "DELIVERY"]


def counts(dynamodb: Any, table: str = "Deliveries") -> dict[str, int]:
    """The campaign's counters that are not zero, summed over their shards."""
    total: dict[str, int] = {}
    for item in items(dynamodb, table, f"CAMPAIGN#{CAMPAIGN}"):
        for name, value in item.items():
            if name not in ("PK", "SK"):
                total[name] = total.get(name, 0) + value
    return {name: value for name, value in total.items() if value}

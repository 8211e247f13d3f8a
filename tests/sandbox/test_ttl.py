"""Time to live on the virtual clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.ministack import Ministack
from sandbox.streams import Expiries
from sandbox.ttl import sweep

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def table(ministack: Ministack, request: pytest.FixtureRequest) -> str:
    name = request.node.name
    ministack.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return str(name)


def put(dynamodb: Any, table: str, key: str, **attributes: Any) -> dict[str, Any]:
    item = {"PK": {"S": key}, **attributes}
    dynamodb.put_item(TableName=table, Item=item)
    return item


def epoch(moment: datetime) -> dict[str, str]:
    return {"N": str(int(moment.timestamp()))}


def left(dynamodb: Any, table: str) -> set[str]:
    return {item["PK"]["S"] for item in dynamodb.scan(TableName=table)["Items"]}


def test_what_has_expired_by_the_virtual_time_is_deleted(ministack: Ministack, table: str) -> None:
    dynamodb = ministack.client("dynamodb")
    put(dynamodb, table, "over", expiresAt=epoch(NOW - timedelta(days=300)))  # long ago for the machine's clock too
    put(dynamodb, table, "just over", expiresAt=epoch(NOW))
    put(dynamodb, table, "not yet", expiresAt=epoch(NOW + timedelta(seconds=1)))
    put(dynamodb, table, "never")
    put(dynamodb, table, "text", expiresAt={"S": "1"})  # DynamoDB looks at numbers only
    put(dynamodb, table, "too old", expiresAt={"N": "1700000"})  # and not at what lies more than five years back
    assert sweep(dynamodb, {table: "expiresAt"}, NOW) == {table: 2}
    assert left(dynamodb, table) == {"not yet", "never", "text", "too old"}


def test_a_deletion_by_time_to_live_can_be_told_from_another(ministack: Ministack, table: str) -> None:
    dynamodb, expiries = ministack.client("dynamodb"), Expiries()
    over = put(dynamodb, table, "over", expiresAt=epoch(NOW))
    other = put(dynamodb, table, "other", expiresAt=epoch(NOW + timedelta(days=1)))
    sweep(dynamodb, {table: "expiresAt"}, NOW, expiries.note)
    assert expiries.caused(table, {"PK": over["PK"]}, over)
    assert not expiries.caused(table, {"PK": other["PK"]}, other)


def test_an_item_renewed_during_the_sweep_stays(ministack: Ministack, table: str) -> None:
    dynamodb = ministack.client("dynamodb")
    put(dynamodb, table, "over", expiresAt=epoch(NOW))

    def renew(table: str, item: dict[str, Any]) -> None:
        put(dynamodb, table, "over", expiresAt=epoch(NOW + timedelta(days=1)))

    assert sweep(dynamodb, {table: "expiresAt"}, NOW, renew) == {table: 0}
    assert left(dynamodb, table) == {"over"}

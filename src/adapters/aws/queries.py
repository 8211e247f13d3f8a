"""A DynamoDB query in, its items out: a page at a time, in the order of the sort key."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from adapters.aws.attribute_values import Item
from adapters.aws.faults import aws_calls

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Request = dict[str, Any]
Page = Mapping[str, Any]


def query(table: str, condition: str, values: Mapping[str, str], attributes: tuple[str, ...] = ()) -> Request:
    """`condition` is over `:name` placeholders, all texts; `attributes` narrows what is returned of each item."""
    request: Request = {
        "TableName": table,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in values.items()},
    }
    if attributes:
        request["ProjectionExpression"] = ", ".join(f"#{number}" for number in range(len(attributes)))
        request["ExpressionAttributeNames"] = {f"#{number}": name for number, name in enumerate(attributes)}
    return request


def page(dynamodb: "DynamoDBClient", request: Request) -> Page:
    """Unavailable: the table cannot be read now."""
    with aws_calls(f"read {request['TableName']}"):
        return dynamodb.query(**request)


def items(dynamodb: "DynamoDBClient", request: Request, first: Page | None = None) -> Iterator[Item]:
    """All items, typed; each page is read when it is reached. `first`: the first page, where it has been read already."""
    current = first or page(dynamodb, request)
    while True:
        yield from current["Items"]
        if "LastEvaluatedKey" not in current:
            return
        current = page(dynamodb, {**request, "ExclusiveStartKey": current["LastEvaluatedKey"]})

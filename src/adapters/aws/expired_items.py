"""A table and an instant in, how many items should have expired by then and are still there out."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from adapters.aws.attribute_values import encode_item
from adapters.aws.faults import aws_calls

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class ExpiredItems:
    """Counts by `expiresAt`, epoch seconds; nothing is deleted: that is DynamoDB's own work."""

    dynamodb: "DynamoDBClient"

    def count(self, table: str, before: datetime) -> int:
        """A scan that returns counts only, eventually consistent. Unavailable: throttled beyond patience."""
        with aws_calls(f"count what has expired in {table}"):
            pages = self.dynamodb.get_paginator("scan").paginate(
                TableName=table,
                Select="COUNT",
                FilterExpression="expiresAt < :before",
                ExpressionAttributeValues=encode_item({":before": int(before.timestamp())}),
            )
            return sum(page["Count"] for page in pages)

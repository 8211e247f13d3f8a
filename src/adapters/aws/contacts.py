"""A customer in, the name a program knows them by out, read when a page shows it and kept nowhere else."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls
from domain.solicitation.keys import customer_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Contacts:
    """`CONTACT#p` of the Customers table."""

    dynamodb: "DynamoDBClient"
    table: str

    def name(self, customer: str, program: str) -> str | None:
        """None: never known, or expired since."""
        with aws_calls(f"read {self.table}"):
            found = self.dynamodb.get_item(
                TableName=self.table,
                Key=encode_item({"PK": customer_key(customer), "SK": f"CONTACT#{program}"}),
                ProjectionExpression="#name",
                ExpressionAttributeNames={"#name": "name"},
            )
        return decode_item(found.get("Item", {})).get("name")

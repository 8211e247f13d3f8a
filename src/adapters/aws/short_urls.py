"""Events of the Demand table by id in, their pages out; and the short link that each is given once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls, code
from domain.notifications.keys import event_row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class ShortUrls:
    """`shortUrl` and `shortUrlBy` of an event's row; `url` stays beside them."""

    dynamodb: "DynamoDBClient"
    demand_table: str

    def event(self, id: str) -> Mapping[str, Any] | None:
        """The row as it stands now. Unavailable: out of reach."""
        with aws_calls("read an event"):
            found = self.dynamodb.get_item(
                TableName=self.demand_table, Key=encode_item(event_row(id).attributes()), ConsistentRead=True
            )
        return decode_item(found["Item"]) if "Item" in found else None

    def keep(self, id: str, link: str, by: Literal["bitly", "own"]) -> bool:
        """False: it has one already, or is gone. Unavailable: out of reach; repeating the call does no harm."""
        try:
            with aws_calls("keep a short link"):
                self.dynamodb.update_item(
                    TableName=self.demand_table,
                    Key=encode_item(event_row(id).attributes()),
                    UpdateExpression="SET shortUrl = :link, shortUrlBy = :by",
                    ConditionExpression="attribute_exists(PK) AND attribute_not_exists(shortUrl)",
                    ExpressionAttributeValues=encode_item({":link": link, ":by": by}),
                )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

"""An event and a short link in, the link that its row has from then on out: the first one stands."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import encode_item
from adapters.aws.faults import aws_calls, code
from domain.notifications.keys import event_row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class EventLinks:
    dynamodb: "DynamoDBClient"
    demand_table: str

    def keep(self, event: str, link: str, by: str) -> str | None:
        """The link that stands: this one, or who was before us; None: there is no such event. Unavailable: out of reach."""
        try:
            with aws_calls("keep a short link"):
                self.dynamodb.update_item(
                    TableName=self.demand_table,
                    Key=encode_item(event_row(event).attributes()),
                    UpdateExpression="SET shortUrl = :link, shortUrlBy = :by",
                    ConditionExpression="attribute_exists(PK) AND attribute_not_exists(shortUrl)",
                    ExpressionAttributeValues=encode_item({":link": link, ":by": by}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            standing: Any = error.response.get("Item", {})
            return standing["shortUrl"]["S"] if "shortUrl" in standing else None
        return link

"""Events that somebody wants to be reminded of: marked as wishes come, listed for whoever keeps them fresh, forgotten when over."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls, code
from adapters.aws.transactions import update
from domain.notifications.instants import iso
from domain.notifications.keys import SHARDS, wanted_event

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=400)  # after the last wish; who keeps events fresh forgets those that are over long before
ANEW = timedelta(days=30)  # another wish is written down after this: not each of a hundred thousand


@dataclass(frozen=True)
class WantedEvents:
    """`WANTED#{shard}` / event of the state table: {wantedAt, expiresAt}. All raise Unavailable where it is out of reach."""

    dynamodb: "DynamoDBClient"
    state_table: str

    def mark(self, event_ids: Iterable[str], at: datetime) -> None:
        """Somebody wants these, each written at most once a month."""
        for event_id in dict.fromkeys(event_ids):
            self._mark(event_id, at)

    def all(self) -> Iterator[str]:
        for shard in range(SHARDS):
            yield from self._listed(f"WANTED#{shard}")

    def forget(self, event_id: str) -> None:
        with aws_calls("forget a wanted event"):
            self.dynamodb.delete_item(TableName=self.state_table, Key=encode_item(wanted_event(event_id).attributes()))

    def _mark(self, event_id: str, at: datetime) -> None:
        entry = update(
            self.state_table,
            wanted_event(event_id).attributes(),
            "SET #wantedAt = :at, #expiresAt = :expires",
            "attribute_not_exists(#wantedAt) OR #wantedAt < :old",
            at=iso(at),
            expires=round((at + KEPT).timestamp()),
            old=iso(at - ANEW),
        )
        try:
            with aws_calls("mark a wanted event"):
                self.dynamodb.update_item(**entry["Update"])
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise

    def _listed(self, shard: str) -> Iterator[str]:
        asked: dict[str, Any] = {
            "TableName": self.state_table,
            "KeyConditionExpression": "PK = :pk",
            "ExpressionAttributeValues": encode_item({":pk": shard}),
        }
        while True:
            with aws_calls("list the wanted events"):
                answer: Any = self.dynamodb.query(**asked)
            yield from (decode_item(item)["SK"] for item in answer["Items"])
            if not answer.get("LastEvaluatedKey"):
                return
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

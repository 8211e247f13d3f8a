"""Notifications that have been taken, or delivered, in; the dates of that on the demand rows they answer out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import encode_item
from adapters.aws.faults import aws_calls, code
from domain.notifications.keys import Key, demand_row
from domain.notifications.statuses import Row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class DemandDates:
    """`date.triggered`: the first time a reminder of any method was taken; `date.notified`: the first time one was delivered."""

    dynamodb: "DynamoDBClient"
    demand_table: str

    def triggered(self, notifications: Iterable[Row]) -> int:
        """By their own `date.triggered`; how many demand rows have it new. One that is gone, or has an earlier one, stays as it is.

        Unavailable: out of reach; repeating the call does no harm.
        """
        return self._date("triggered", ((_demand(row), row["date"]["triggered"]) for row in notifications))

    def notified(self, notifications: Iterable[Row]) -> int:
        """By their own `date.delivered`; otherwise as `triggered`."""
        return self._date("notified", ((_demand(row), row["date"]["delivered"]) for row in notifications))

    def _date(self, name: Literal["triggered", "notified"], dates: Iterable[tuple[Key, str]]) -> int:
        first: dict[Key, str] = {}
        for key, at in dates:
            first[key] = min(first.get(key, at), at)
        return sum(self._set(key, name, at) for key, at in first.items())

    def _set(self, key: Key, name: str, at: str) -> bool:
        try:
            with aws_calls(f"tell a demand row that it was {name}"):
                self.dynamodb.update_item(
                    TableName=self.demand_table,
                    Key=encode_item(key.attributes()),
                    UpdateExpression="SET #date.#name = :at",
                    ConditionExpression="attribute_exists(#date) AND (attribute_not_exists(#date.#name) OR #date.#name > :at)",
                    ExpressionAttributeNames={"#date": "date", "#name": name},
                    ExpressionAttributeValues=encode_item({":at": at}),
                )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True


def _demand(row: Row) -> Key:
    return demand_row(row["fanId"], row["eventId"], row["saleId"])

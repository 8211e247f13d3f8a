"""The one item that stops all sending: read by the senders before every call, thrown by an operator."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls
from domain.solicitation.stored import iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"PK": "SENDING", "SK": "KILL_SWITCH"}


@dataclass(frozen=True)
class KillSwitch:
    """`SENDING` / `KILL_SWITCH` of the Controls table: {stopped, why, at}. Where it is not there, sending goes on."""

    dynamodb: "DynamoDBClient"
    controls_table: str

    def stopped(self) -> bool:
        return bool(self.standing().get("stopped"))

    def standing(self) -> dict[str, Any]:
        """Who reads it later wants to know why and since when."""
        with aws_calls("read the kill switch"):
            found = self.dynamodb.get_item(TableName=self.controls_table, Key=encode_item(KEY), ConsistentRead=True)
        return decode_item(found.get("Item", {}))

    def throw(self, stopped: bool, why: str, at: datetime) -> None:
        """Stop all sending, or let it go on; chunks that wait are looked at again every fifteen minutes."""
        item = {**KEY, "stopped": stopped, "why": why, "at": iso(at)}
        with aws_calls("throw the kill switch"):
            self.dynamodb.put_item(TableName=self.controls_table, Item=encode_item(item))

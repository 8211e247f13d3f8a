"""How far runs of the scheduler have come: kept in one item that only goes forward, whoever writes it, and however late."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls, code
from domain.notifications.instants import iso, moment
from domain.notifications.keys import scheduler_mark

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


MOST_TOLD = 3_000  # of some 100 bytes each, in an item of 400 KB; a window with more is not looked back upon


class Covered(NamedTuple):
    """`until`: up to which start. `told`: the sales that the next run need not look back upon, by name; None: not known."""

    until: datetime
    told: frozenset[str] | None


@dataclass(frozen=True)
class SchedulerMark:
    """`SCHEDULER` / `MARK` of the state table: {claimed, until, told}, sale starts up to which a run has begun, and has ended, to tell;
    `told`: the sales of that run, by name, and of those before it where their windows were short.

    Demand for a sale that starts by `claimed` must be told of as it comes: the run may have read past it.
    """

    dynamodb: "DynamoDBClient"
    state_table: str

    def claim(self, at: datetime, until: datetime) -> Covered:
        """Before anything is read: a run at `at` sees to all starts up to `until`. What earlier ones have done: `at` for the first."""
        kept = self._forward(
            "SET claimed = :to, #until = if_not_exists(#until, :at)", "claimed", to=iso(until), at=iso(at)
        )
        told = kept.get("told")
        return Covered(moment(kept["until"]), None if told is None else frozenset(told))

    def done(self, until: datetime, told: Collection[str]) -> None:
        """All starts up to `until` are told of, and nothing of it can be lost any more."""
        kept = list(told) if len(told) <= MOST_TOLD else None
        self._forward("SET #until = :to, told = :told", "#until", to=iso(until), told=kept)

    def claimed(self) -> datetime | None:
        """None: no run has ever begun."""
        with aws_calls("read the scheduler's mark"):
            found = self.dynamodb.get_item(TableName=self.state_table, Key=KEY, ConsistentRead=True)
        return moment(decode_item(found["Item"])["claimed"]) if "Item" in found else None

    def _forward(self, change: str, name: str, **values: Any) -> dict[str, Any]:
        """The item as it then stands: `name` is at `to`, or further already."""
        try:
            with aws_calls("move the scheduler's mark"):
                written = self.dynamodb.update_item(
                    TableName=self.state_table,
                    Key=KEY,
                    UpdateExpression=change,
                    ConditionExpression=f"attribute_not_exists({name}) OR {name} < :to",
                    ExpressionAttributeNames={"#until": "until"},
                    ExpressionAttributeValues=encode_item({f":{place}": value for place, value in values.items()}),
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            return decode_item(error.response["Item"])  # type: ignore[typeddict-item]
        return decode_item(written["Attributes"])


KEY = encode_item(scheduler_mark().attributes())

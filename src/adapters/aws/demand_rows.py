"""Wishes of the Demand table in and out: put and taken back by fans, placed in their index, listed a page at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws import batch_items
from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.faults import aws_calls, code
from adapters.aws.queries import page, query
from domain.errors import Unavailable
from domain.notifications.demand import Demand
from domain.notifications.instants import iso
from domain.notifications.keys import DEMAND, FAN, SALE_DEMAND_SHARD, Key, sale_demand_of, sale_row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Row = Mapping[str, Any]
ROUNDS = 5  # of putting and changing, when somebody else does the opposite
KEPT = ("PK", "SK", "date", SALE_DEMAND_SHARD)  # by a wish that is said again


@dataclass(frozen=True)
class DemandRows:
    """What others write of a row, above all its `date.triggered` and `date.notified`, stays."""

    dynamodb: "DynamoDBClient"
    demand_table: str
    backoff: Backoff = PATIENT

    def save(self, demand: Demand) -> bool:
        """Put the wish, or say it again: then it keeps when it was first said. False: it was there.

        Unavailable: out of reach, or it comes and goes at once; repeating the call does no harm.
        """
        for _ in range(ROUNDS):
            if self._put(demand.row()):
                return True
            if self._say_again(demand):
                return False
        raise Unavailable("the wish was put and taken back by others all the time")

    def forget(self, key: Key) -> None:
        """It need not be there."""
        with aws_calls("forget a wish"):
            self.dynamodb.delete_item(TableName=self.demand_table, Key=encode_item(key.attributes()))

    def of_fan(self, fan: str, limit: int, after: str | None) -> tuple[list[Row], str | None]:
        """Up to `limit` wishes by their sort key, and the one to go on after; None: that was all."""
        pk = f"{FAN}{fan}"
        request = query(self.demand_table, "PK = :fan AND begins_with(SK, :kind)", {"fan": pk, "kind": DEMAND})
        begin = {"ExclusiveStartKey": encode_item({"PK": pk, "SK": after})} if after else {}
        found = page(self.dynamodb, {**request, **begin, "Limit": limit, "ConsistentRead": True})
        last = decode_item(found.get("LastEvaluatedKey", {})).get("SK")
        return [decode_item(it) for it in found["Items"]], last

    def place(self, key: Key, fan: str, event: str, sale: str) -> None:
        """Into the index that generators read, where another system has not. A row that is gone meanwhile stays gone."""
        self._update(
            key,
            "SET #shard = :shard",
            "attribute_exists(PK) AND attribute_not_exists(#shard)",
            {"#shard": SALE_DEMAND_SHARD},
            {":shard": sale_demand_of(fan, event, sale)},
        )

    def sales(self, wanted: Iterable[tuple[str, str]]) -> list[Row]:
        """The rows of sales by event and sale, as they stand now. Unavailable: throttled beyond patience."""
        keys = (sale_row(*it).attributes() for it in wanted)
        return list(batch_items.get(self.dynamodb, self.demand_table, keys, consistent=True, backoff=self.backoff))

    def _put(self, row: Row) -> bool:
        """False: there is one. One that says of no time when it was said is none of ours, and is written anew."""
        try:
            with aws_calls("put a wish"):
                self.dynamodb.put_item(
                    TableName=self.demand_table,
                    Item=encode_item(row),
                    ConditionExpression="attribute_not_exists(#date.requested)",
                    ExpressionAttributeNames={"#date": "date"},
                )
        except ClientError as error:
            return _held(error)
        return True

    def _say_again(self, demand: Demand) -> bool:
        """False: it is gone. What is said of it no more is taken out: an old number must not be written to."""
        row = demand.row()
        put = {name: row[name] for name in row if name not in KEPT}
        gone = [name for name in ("phoneNumber", "email", "locale", "marketId") if name not in row]
        names = {f"#{number}": name for number, name in enumerate((*put, *gone))}
        places = list(names)
        sets = ", ".join(f"{place} = :{place[1:]}" for place in places[: len(put)])
        removes = f" REMOVE {', '.join(places[len(put) :])}" if gone else ""
        return self._update(
            demand.key,
            f"SET #date.updated = :at, {sets}{removes}",
            "attribute_exists(#date.requested)",
            {**names, "#date": "date"},
            {":at": iso(demand.requested), **{f":{number}": value for number, value in enumerate(put.values())}},
        )

    def _update(self, key: Key, change: str, condition: str, names: Mapping[str, str], values: Row) -> bool:
        try:
            with aws_calls("change a wish"):
                self.dynamodb.update_item(
                    TableName=self.demand_table,
                    Key=encode_item(key.attributes()),
                    UpdateExpression=change,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=dict(names),
                    ExpressionAttributeValues=encode_item(values),
                )
        except ClientError as error:
            return _held(error)
        return True


def _held(error: ClientError) -> bool:
    """False: a condition did not hold, which is an answer; all else is raised."""
    if code(error) != "ConditionalCheckFailedException":
        raise error
    return False

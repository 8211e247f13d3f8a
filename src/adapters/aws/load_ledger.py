"""The loads of the Scores table: who works on a file and how far it has come in, what others may know of it out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls, code
from adapters.aws.load_items import drop_of, first_told, load_of, progress_of, written
from adapters.aws.transactions import update
from domain.errors import Unavailable
from domain.scores.drop import Drop, sortable
from domain.scores.keys import CAMPAIGN, COUNTED, ENTRIES, LOAD, Key, load_row
from domain.scores.load import INCOMPLETE, LOADED, LOADING, REJECTED, Load, Progress, Standing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Who dies holding a load keeps it from others for so long. The function's own timeout may be longer, for every chunk keeps the
# lease up, and a chunk takes seconds.
LEASE = timedelta(minutes=3)

OURS = "#state = :LOADING AND #holder = :holder"
FREE = (
    f"attribute_not_exists(PK) OR ({OURS}) OR (#state = :LOADING AND (attribute_not_exists(#holder) OR #until <= :now))"
)
UNSETTLED = "attribute_exists(PK) AND (attribute_not_exists(#settledAs) OR #settledAs = :INCOMPLETE)"


class Held(Unavailable):
    """Another one works on the file, until then unless it goes on."""

    def __init__(self, load: str, until: datetime) -> None:
        super().__init__(f"load {load} is worked on, until {sortable(until)} unless that goes on")
        self.until = until


class Lost(Unavailable):
    """The lease ran out and another one has taken the load over: stop, and write nothing more of it."""


@dataclass(frozen=True)
class LoadLedger:
    """`campaign:{id}` / `meta:load:{load}`, an item a version of a file. `holder` is one invocation.

    Every method raises Unavailable where the table is out of reach, and may be called again.
    """

    dynamodb: "DynamoDBClient"
    table: str
    lease: timedelta = LEASE

    def begin(self, drop: Drop, holder: str, now: datetime) -> Standing:
        """Take the load, unless it has come to its end; it goes on where it stopped. Held: another one has it."""
        first = first_told(drop, now)
        kept = ", ".join(f"#{name} = if_not_exists(#{name}, :{name})" for name in first)
        values = {
            **first,
            "holder": holder,
            "until": sortable(now + self.lease),
            "LOADING": LOADING,
            "now": sortable(now),
        }
        key, change = load_row(drop.campaign, drop.load), f"SET {kept}, #holder = :holder, #until = :until"
        try:
            item = self._change(key, change, FREE, "ALL_NEW", **values)
        except _Otherwise as found:
            item = found.item
            if item["state"] == LOADING:
                raise Held(drop.load, datetime.fromisoformat(item["until"])) from None
        return Standing(drop_of(item), item["state"], progress_of(item), "told" in item, item.get("why"))

    def keep(self, drop: Drop, holder: str, now: datetime) -> None:
        """Hold the load for another lease. Lost: another one has it."""
        self._ours(drop, holder, "SET #until = :until", until=sortable(now + self.lease))

    def checkpoint(self, drop: Drop, holder: str, progress: Progress, now: datetime) -> None:
        """All before the progress' place is done; the load is held for another lease. Lost: another one has it."""
        values = written(progress)
        self._ours(drop, holder, f"{_set(values)}, #until = :until", **values, until=sortable(now + self.lease))

    def loaded(self, drop: Drop, holder: str, progress: Progress, now: datetime) -> None:
        """The file was read to its end. Lost: another one has it."""
        self._end(drop, holder, {**written(progress), "state": LOADED}, now)

    def reject(self, drop: Drop, holder: str, why: str, now: datetime, progress: Progress | None = None) -> None:
        """The file can never be loaded. Lost: another one has it."""
        self._end(drop, holder, {**written(progress or Progress()), "state": REJECTED, "why": why}, now)

    def told(self, drop: Drop, now: datetime) -> None:
        """Its verdict was asked for."""
        self._update(drop, "SET #told = if_not_exists(#told, :told)", told=sortable(now))

    def release(self, drop: Drop, holder: str) -> None:
        """Whoever comes next need not wait for the lease's end. Where it is another one's by now, nothing is done."""
        try:
            self._ours(drop, holder, "REMOVE #holder, #until")
        except Lost:
            return

    def settled(self, campaign: str, load: str, as_: str, now: datetime) -> None:
        """What became of the load's verdict: COMPLETE, UNCHANGED or INCOMPLETE. Only the last may still become another."""
        values = {"settledAt": sortable(now), "settledAs": as_}
        try:
            self._change(load_row(campaign, load), _set(values), UNSETTLED, "NONE", **values, INCOMPLETE=INCOMPLETE)
        except _Otherwise:
            return

    def loads(self, campaign: str) -> list[Load]:
        """All of a campaign with what was counted of them, the first begun first."""
        items = {item["SK"]: item for item in self._items(campaign)}
        found = [
            load_of(item, items.get(f"{key}{COUNTED}", {}), items.get(f"{key}{ENTRIES}", {}))
            for key, item in items.items()
            if not key.endswith((COUNTED, ENTRIES))
        ]
        return sorted(found, key=lambda it: (it.started_at, it.load))

    def _items(self, campaign: str) -> list[dict[str, Any]]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="PK = :pk AND begins_with(SK, :sk)",
            ExpressionAttributeValues=encode_item({":pk": f"{CAMPAIGN}{campaign}", ":sk": LOAD}),
            ConsistentRead=True,
        )
        with aws_calls(f"read the loads of {campaign}"):
            return [decode_item(item) for page in pages for item in page["Items"]]

    def _end(self, drop: Drop, holder: str, values: dict[str, Any], now: datetime) -> None:
        ended = {**values, "endedAt": sortable(now)}
        self._ours(drop, holder, f"{_set(ended)} REMOVE #holder, #until", **ended)

    def _ours(self, drop: Drop, holder: str, change: str, /, **values: Any) -> None:
        try:
            self._update(drop, change, OURS, **values, holder=holder, LOADING=LOADING)
        except _Otherwise as found:
            raise Lost(f"load {drop.load} was taken over; it is {found.item.get('state', 'gone')}") from None

    def _update(self, drop: Drop, change: str, condition: str = "", /, **values: Any) -> None:
        self._change(load_row(drop.campaign, drop.load), change, condition, "NONE", **values)

    def _change(self, key: Key, change: str, condition: str, returned: str, /, **values: Any) -> dict[str, Any]:
        """The item as it is then, where that is `returned`. _Otherwise: the condition does not hold."""
        asked: Any = update(self.table, key.attributes(), change, condition, **values)["Update"]
        asked |= {"ReturnValues": returned, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        try:
            with aws_calls(f"write {key.pk} {key.sk}"):
                return decode_item(self.dynamodb.update_item(**asked).get("Attributes", {}))
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            response: Any = error.response  # the item that is in the way is in it, whatever botocore's types say
            raise _Otherwise(decode_item(response.get("Item", {}))) from error


class _Otherwise(Exception):
    """The item is not as the condition wants it, but like this."""

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__()
        self.item = item


def _set(values: dict[str, Any]) -> str:
    return "SET " + ", ".join(f"#{name} = :{name}" for name in values)

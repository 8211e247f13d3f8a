"""Who asks the vendor about an event, and what came of it: one at a time, and what was asked later wins."""

import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError

from adapters.aws import batch_items
from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.faults import aws_calls, code
from adapters.aws.transactions import ENTRIES, Entry, transact, update
from domain.notifications.instants import iso, moment
from domain.notifications.keys import event_state

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LENGTH = timedelta(seconds=30)  # of a lease: a call of the vendor, what comes before it and after it, are below
REMEMBERED = timedelta(days=90)  # after the last flight
OURS = "#flight = :flight"
DONE = "REMOVE #leaseUntil, #holder"


@dataclass(frozen=True, slots=True)
class Standing:
    """`leased`: until when, in epoch milliseconds. `flight` is the last one's number; 0: there was none."""

    checked: datetime | None = None
    missing: datetime | None = None
    failed: datetime | None = None
    flight: int = 0
    leased: int = 0


@dataclass(frozen=True, slots=True)
class Flight:
    """The right to ask about an event, until then in epoch milliseconds."""

    event: str
    number: int
    until: int


class Landing(Enum):
    DONE = "done"
    OVERTAKEN = "overtaken"  # its lease ran out and another one asks, or has asked: nothing was written
    ROWS_MOVED = "rows moved"  # others have written them since they were read: nothing was written


@dataclass(frozen=True)
class EventFlights:
    """`EVENT#{id}` / `CACHE` of the state table: {flight, holder, leaseUntil, checkedAt, missingAt, failedAt, expiresAt}.

    Leases are by the workers' own clocks; `checkedAt`, `missingAt` and `failedAt` by what callers take for now.
    """

    dynamodb: "DynamoDBClient"
    state_table: str
    length: timedelta = LENGTH
    clock: Callable[[], float] = time.time
    backoff: Backoff = PATIENT

    def read(self, event_id: str) -> Standing:
        key = encode_item(event_state(event_id).attributes())
        with aws_calls("read an event's state"):
            found = self.dynamodb.get_item(TableName=self.state_table, Key=key, ConsistentRead=True)
        return _standing(decode_item(found.get("Item", {})))

    def read_all(self, event_ids: Iterable[str]) -> dict[str, Standing]:
        """Of those about which somebody has asked ever."""
        ids = {event_state(id).pk: id for id in event_ids}
        keys = (event_state(id).attributes() for id in ids.values())
        found = batch_items.get(self.dynamodb, self.state_table, keys, backoff=self.backoff)
        return {ids[item["PK"]]: _standing(item) for item in found}

    def left(self, flight: Flight) -> timedelta:
        """Of its lease."""
        return timedelta(milliseconds=flight.until - self._now())

    def claim(self, event_id: str, standing: Standing, at: datetime) -> Flight | None:
        """None: another one has it, or had it since `standing` was read."""
        if standing.leased > self._now():
            return None
        holder, until = uuid4().hex, self._now() + round(self.length.total_seconds() * 1000)
        told = {"holder": holder, "leaseUntil": until, "expiresAt": _expires(at), "flight": standing.flight + 1}
        # A lease comes with a number of its own, so it stands as it was read where the number does.
        unmoved = "#flight = :was" if standing.flight else "attribute_not_exists(#flight)"
        was = {"was": standing.flight} if standing.flight else {}
        change = "SET " + ", ".join(f"#{name} = :{name}" for name in told)
        entry = self._change(event_id, change, unmoved, **was, **told)
        standing_now = self._write(entry, "ask about an event")
        # A try whose answer was lost is in the way of its own repetition.
        if standing_now is not None and standing_now.get("holder") != holder:
            return None
        return Flight(event_id, standing.flight + 1, until)

    def land(self, flight: Flight, at: datetime, entries: Sequence[tuple[Hashable, Entry]]) -> Landing:
        """Write what the vendor said, with the rows' `entries`; Unavailable: perhaps. More than 99 rows come in several transactions."""
        room = ENTRIES - 1
        for first in range(0, max(1, len(entries)), room):
            part = entries[first : first + room]
            last = first + room >= len(entries)
            state = (
                self._landing(flight, at)
                if last
                else self._change(flight.event, "SET #flight = :flight", OURS, flight=flight.number)
            )
            lost = transact(self.dynamodb, [("state", state), *part], "keep an event", self.backoff)
            if lost:
                return Landing.OVERTAKEN if "state" in lost else Landing.ROWS_MOVED
        return Landing.DONE

    def missed(self, flight: Flight, at: datetime) -> None:
        """The vendor knows no such event."""
        self._end(flight, f"SET #missingAt = :at {DONE}, #failedAt", at=iso(at))

    def failed(self, flight: Flight, at: datetime) -> None:
        """The vendor has given no answer."""
        self._end(flight, f"SET #failedAt = :at {DONE}", at=iso(at))

    def give_back(self, flight: Flight) -> None:
        """The vendor was not asked."""
        self._end(flight, DONE)

    def _landing(self, flight: Flight, at: datetime) -> Entry:
        change = f"SET #checkedAt = :at {DONE}, #missingAt, #failedAt"
        return self._change(flight.event, change, OURS, at=iso(at), flight=flight.number)

    def _end(self, flight: Flight, change: str, **values: Any) -> None:
        """Nothing is left to end where another one has taken it over."""
        self._write(self._change(flight.event, change, OURS, flight=flight.number, **values), "end a flight")

    def _change(self, event_id: str, change: str, condition: str, **values: Any) -> Entry:
        return update(self.state_table, event_state(event_id).attributes(), change, condition, **values)

    def _write(self, entry: Entry, doing: str) -> Mapping[str, Any] | None:
        """None: it is written. Else what stands in the way."""
        try:
            with aws_calls(doing):
                self.dynamodb.update_item(**entry["Update"], ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            response: Any = error.response
            return decode_item(response.get("Item", {}))
        return None

    def _now(self) -> int:
        return round(self.clock() * 1000)


def _standing(item: Mapping[str, Any]) -> Standing:
    checked, missing, failed = (item.get(name) for name in ("checkedAt", "missingAt", "failedAt"))
    return Standing(
        moment(checked) if checked else None,
        moment(missing) if missing else None,
        moment(failed) if failed else None,
        item.get("flight", 0),
        item.get("leaseUntil", 0),
    )


def _expires(at: datetime) -> int:
    return round((at + REMEMBERED).timestamp())

"""The Deliveries table's telemetry: one item an event, and everything that the event changes, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.faults import aws_calls, code
from domain.errors import Unavailable
from domain.solicitation.delivery import campaign_key, delivery_key
from domain.solicitation.telemetry import Effects, Seen, count_shard, effects, surroundings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Noted = Literal["noted", "duplicate", "unknown_delivery"]
Entry = dict[str, Any]  # one of TransactWriteItems
MOST_CORRECTED = 90  # of the 100 items that a transaction may hold


@dataclass(frozen=True)
class Telemetry:
    """Events are noted once each, in any order; `also` are entries that join the transaction of an event that is new."""

    dynamodb: "DynamoDBClient"
    table: str
    backoff: Backoff = PATIENT

    def note(self, delivery: str, seen: Seen, also: Sequence[Entry] = ()) -> Noted:
        """Note an event of a delivery by its id. Unavailable: others kept changing the delivery while we looked."""
        for tried in range(self.backoff.tries):
            standing = self._read(delivery)
            if standing is None:
                return "unknown_delivery"
            near = self._near(delivery, seen)
            if seen.sort_key in (other.sort_key for other in near):
                return "duplicate"
            if self._write(standing, effects(standing, near, seen), also):
                return "noted"
            self.backoff.wait(tried)
        raise Unavailable(f"{self.table}: delivery {delivery} kept changing")

    def _read(self, delivery: str) -> dict[str, Any] | None:
        with aws_calls(f"read {self.table}"):
            answer = self.dynamodb.get_item(
                TableName=self.table, Key=encode_item(delivery_key(delivery)), ConsistentRead=True
            )
        return decode_item(answer["Item"]) if "Item" in answer else None

    def _near(self, delivery: str, seen: Seen) -> list[Seen]:
        first, last = surroundings(seen)
        values = {":pk": delivery_key(delivery)["PK"], ":first": first, ":last": last}
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="PK = :pk AND SK BETWEEN :first AND :last",
            ExpressionAttributeValues=encode_item(values),
            ConsistentRead=True,
        )
        with aws_calls(f"query {self.table}"):
            return [_seen(decode_item(item)) for page in pages for item in page["Items"]]

    def _write(self, standing: Mapping[str, Any], change: Effects, also: Sequence[Entry]) -> bool:
        """Whether it went through; False: something that it builds on has changed, or another transaction was in the way."""
        corrections = [self._correction(standing["PK"], seen) for seen in change.corrected[:MOST_CORRECTED]]
        entries = [self._event(standing, change.seen), self._delivery(standing, change), *corrections, *also]
        if change.counted:
            entries.append(self._counts(standing, change.counted))
        try:
            with aws_calls(f"note in {self.table}"):
                self.dynamodb.transact_write_items(TransactItems=entries)  # type: ignore[arg-type]
        except ClientError as error:
            if code(error) != "TransactionCanceledException":
                raise
            reasons = {reason.get("Code", "None") for reason in error.response.get("CancellationReasons", ())}
            if reasons <= {"None", "ConditionalCheckFailed", "TransactionConflict", "ThrottlingError"}:
                return False
            raise
        return True

    def _event(self, standing: Mapping[str, Any], seen: Seen) -> Entry:
        item = {"PK": standing["PK"], "SK": seen.sort_key, "kind": seen.kind, "at": seen.sort_key.split("#")[1]}
        item |= {"machine": seen.machine, "why": seen.why, "unique": seen.unique}
        if "expiresAt" in standing:
            item["expiresAt"] = standing["expiresAt"]
        return {
            "Put": {
                "TableName": self.table,
                "Item": encode_item(item),
                "ConditionExpression": "attribute_not_exists(PK)",
            }
        }

    def _delivery(self, standing: Mapping[str, Any], change: Effects) -> Entry:
        """`events` counts what was noted: as long as it stands, nobody else has judged the same events."""
        had, timeline = standing.get("events", 0), standing.get("timeline")
        names = {"#status": "status", "#timeline": "timeline"}
        values: dict[str, Any] = {":status": standing["status"], ":events": had + 1}
        sets, conditions = ["events = :events"], ["#status = :status"]
        conditions.append("events = :had" if had else "attribute_not_exists(events)")
        if had:
            values[":had"] = had
        for number, (name, value) in enumerate(change.settled.items()):
            names[f"#s{number}"], values[f":s{number}"] = name, value
            sets.append(f"#s{number} = :s{number}")
        if timeline is None:
            values[":timeline"] = dict(change.first)
            sets.append("#timeline = :timeline")
            conditions.append("attribute_not_exists(#timeline)")
        else:
            conditions.append("attribute_exists(#timeline)")
            for key, at in change.first.items():  # others write instants of theirs beside ours
                names["#first"], values[":first"] = key, at
                sets.append("#timeline.#first = :first")
                conditions.append(
                    "#timeline.#first = :was" if key in timeline else "attribute_not_exists(#timeline.#first)"
                )
                if key in timeline:
                    values[":was"] = timeline[key]
        adds = []
        for number, (name, n) in enumerate(change.added.items()):
            names[f"#a{number}"], values[f":a{number}"] = name, n
            adds.append(f"#a{number} :a{number}")
        return {
            "Update": {
                "TableName": self.table,
                "Key": encode_item({"PK": standing["PK"], "SK": standing["SK"]}),
                "UpdateExpression": f"SET {', '.join(sets)}" + (f" ADD {', '.join(adds)}" if adds else ""),
                "ConditionExpression": " AND ".join(conditions),
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": encode_item(values),
            }
        }

    def _correction(self, pk: str, seen: Seen) -> Entry:
        return {
            "Update": {
                "TableName": self.table,
                "Key": encode_item({"PK": pk, "SK": seen.sort_key}),
                "UpdateExpression": "SET machine = :yes, why = :why",
                "ConditionExpression": "machine = :no",
                "ExpressionAttributeValues": encode_item({":yes": True, ":no": False, ":why": seen.why}),
            }
        }

    def _counts(self, standing: Mapping[str, Any], counted: Mapping[str, int]) -> Entry:
        key = {"PK": campaign_key(standing["campaign"])["PK"], "SK": count_shard(standing["id"])}
        return {
            "Update": {
                "TableName": self.table,
                "Key": encode_item(key),
                "UpdateExpression": "ADD " + ", ".join(f"#{n} :{n}" for n in range(len(counted))),
                "ExpressionAttributeNames": {f"#{n}": name for n, name in enumerate(counted)},
                "ExpressionAttributeValues": encode_item({f":{n}": by for n, by in enumerate(counted.values())}),
            }
        }


def _seen(item: Mapping[str, Any]) -> Seen:
    return Seen(item["kind"], datetime.fromisoformat(item["at"]), item["machine"], item["why"], item["unique"])

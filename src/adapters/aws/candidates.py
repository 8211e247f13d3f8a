"""The Candidates table: one base item a candidate, and one item a channel in the index that serving reads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws import batch_items
from adapters.aws.attribute_values import encode_item
from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.faults import PASSING, aws_calls, code
from domain.errors import Unavailable
from domain.solicitation.stored import OPEN, STANDING, Stored, channel_key, orphans, succeeding

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class CandidateTable:
    """A base item that is there implies its index items are: they are written before it, and replaced together with it."""

    dynamodb: "DynamoDBClient"
    table: str
    backoff: Backoff = PATIENT

    def standing(self, stored: Iterable[Stored]) -> dict[tuple[str, str], dict[str, Any]]:
        """What already stands under the keys of `stored`: the STANDING attributes of each base item, by key."""
        keys = ({"PK": candidate.base["PK"], "SK": candidate.base["SK"]} for candidate in stored)
        found = batch_items.get(
            self.dynamodb, self.table, keys, consistent=True, attributes=STANDING, backoff=self.backoff
        )
        return {(item["PK"], item["SK"]): item for item in found}

    def create(self, stored: Sequence[Stored]) -> int:
        """Write candidates that are not there; how many items. Cut off half-way, what has no base item is absent still."""
        index = (item for candidate in stored for item in candidate.index)
        written = batch_items.put(self.dynamodb, self.table, index, backoff=self.backoff)
        bases = (candidate.base for candidate in stored)
        return written + batch_items.put(self.dynamodb, self.table, bases, backoff=self.backoff)

    def replace(self, stored: Stored, standing: Mapping[str, Any]) -> int:
        """Put a candidate's items in place of the standing ones, all or none; how many items, 0 when those have moved on."""
        return self._transact(self._replacement(succeeding(stored, standing), standing))

    def withdraw(self, stored: Stored, standing: Mapping[str, Any]) -> bool:
        """Delete a candidate's base and index items together; False when it has been asked, consumed or replaced meanwhile."""
        keys = [{"PK": stored.base["PK"], "SK": channel_key(stored.base["SK"], name)} for name in standing["channels"]]
        base = {
            "TableName": self.table,
            "Key": encode_item({name: stored.base[name] for name in ("PK", "SK")}),
            **_unmoved(standing),
        }
        entries = [{"Delete": base}, *({"Delete": {"TableName": self.table, "Key": encode_item(key)}} for key in keys)]
        return self._transact(entries) > 0

    def sweep(self, stored: Sequence[Stored]) -> None:
        """Delete index items that have no base item: what a create that was cut off half-way left."""
        keys = ({"PK": item["PK"], "SK": item["SK"]} for candidate in stored for item in candidate.index)
        batch_items.delete(self.dynamodb, self.table, keys, backoff=self.backoff)

    def _transact(self, entries: list[Any]) -> int:
        """All or none; how many items, 0 when the condition no longer holds."""
        try:
            with aws_calls(f"change {self.table}"):
                self.dynamodb.transact_write_items(TransactItems=entries)
        except ClientError as error:
            if code(error) != "TransactionCanceledException":
                raise
            return self._cancelled(error)
        return len(entries)

    def _replacement(self, stored: Stored, standing: Mapping[str, Any]) -> list[Any]:
        base = {"TableName": self.table, "Item": encode_item(stored.base), **_unmoved(standing)}
        puts = [{"Put": {"TableName": self.table, "Item": encode_item(item)}} for item in stored.index]
        gone = orphans(stored, standing)
        deletes = [{"Delete": {"TableName": self.table, "Key": encode_item(key)}} for key in gone]
        return [{"Put": base}, *puts, *deletes]

    def _cancelled(self, error: ClientError) -> int:
        reasons = {reason.get("Code", "") for reason in error.response.get("CancellationReasons", ())}
        if "ConditionalCheckFailed" in reasons:
            return 0
        if reasons & PASSING:
            raise Unavailable(f"change {self.table}: {', '.join(sorted(reasons & PASSING))}") from error
        raise error


def _unmoved(standing: Mapping[str, Any]) -> dict[str, Any]:
    """The condition that a base item still stands as it was read, open to be asked."""
    return {
        "ConditionExpression": "#status = :open AND #version = :version",
        "ExpressionAttributeNames": {"#status": "status", "#version": "version"},
        "ExpressionAttributeValues": encode_item({":open": OPEN, ":version": standing["version"]}),
    }

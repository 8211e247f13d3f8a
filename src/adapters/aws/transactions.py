"""Entries of one DynamoDB transaction in; all of them written, or the names of those whose condition did not hold out."""

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import encode_item
from adapters.aws.batch_items import Backoff
from adapters.aws.faults import PASSING, aws_calls, code
from domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Entry = dict[str, Any]  # one of TransactWriteItems
ENTRIES = 100  # AWS: at most in one transaction


def transact(
    dynamodb: "DynamoDBClient", entries: Sequence[tuple[Hashable, Entry]], doing: str, backoff: Backoff
) -> frozenset[Hashable]:
    """Write all entries, or none: the names of those whose condition did not hold, empty when it is done.

    Each entry comes with a name for its condition. Unavailable: out of reach, or other transactions were in the way beyond
    patience; only then is it uncertain what was done.
    """
    for tried in range(backoff.tries):
        try:
            with aws_calls(doing):
                dynamodb.transact_write_items(TransactItems=[entry for _, entry in entries])  # type: ignore[misc]
        except ClientError as error:
            lost, passing = _cancelled(error)
            if lost:
                return frozenset(entries[place][0] for place in lost)
            if not passing:
                raise
            backoff.wait(tried)
        else:
            return frozenset()
    raise Unavailable(f"{doing}: other transactions were in the way {backoff.tries} times")


def _cancelled(error: ClientError) -> tuple[frozenset[int], bool]:
    """The places where a condition did not hold, and whether the transaction is worth another try."""
    if code(error) != "TransactionCanceledException":
        return frozenset(), False
    reasons = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", ())]
    lost = frozenset(place for place, reason in enumerate(reasons) if reason == "ConditionalCheckFailed")
    return lost, not PASSING.isdisjoint(reasons)


def update(table: str, key: Mapping[str, str], change: str, condition: str = "", /, **values: Any) -> Entry:
    """An Update: `#name` in the expressions is the attribute of that name, `:name` the value given by it."""
    return {"Update": {**_about(table, key, condition, change, values), "UpdateExpression": change}}


def check(table: str, key: Mapping[str, str], condition: str, **values: Any) -> Entry:
    return {"ConditionCheck": _about(table, key, condition, "", values)}


def delete(table: str, key: Mapping[str, str], condition: str = "", **values: Any) -> Entry:
    return {"Delete": _about(table, key, condition, "", values)}


def put(table: str, item: Mapping[str, Any], condition: str = "", **values: Any) -> Entry:
    about = _about(table, {}, condition, "", values)
    del about["Key"]
    return {"Put": {**about, "Item": encode_item(item)}}


def _about(table: str, key: Mapping[str, str], condition: str, change: str, values: Mapping[str, Any]) -> Entry:
    names = {name: name[1:] for name in re.findall(r"#\w+", f"{change} {condition}")}
    return {
        "TableName": table,
        "Key": encode_item(key),
        **({"ConditionExpression": condition} if condition else {}),
        **({"ExpressionAttributeNames": names} if names else {}),
        **(
            {"ExpressionAttributeValues": encode_item({f":{name}": value for name, value in values.items()})}
            if values
            else {}
        ),
    }

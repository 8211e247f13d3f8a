"""Who wants no reminders at an address: asked for many at once, changed by whoever learns of it, the latest word counting."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from adapters.aws import batch_items
from adapters.aws.attribute_values import encode_item
from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.faults import aws_calls, code
from domain.notifications.instants import iso
from domain.notifications.keys import Key, opt_out

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Address = tuple[str, str]  # way of contact, and the number or mail address there


@dataclass(frozen=True)
class OptOutList:
    """`OPTOUT#digest` / method of the state table: {method, at, source, out}. It holds no address; who came back has `out` False."""

    dynamodb: "DynamoDBClient"
    state_table: str
    backoff: Backoff = PATIENT

    def standing(self, addresses: Iterable[Address]) -> set[Address]:
        """Those of them that want none, as it stands now; a hundred keys a call. Unavailable: throttled beyond patience."""
        asked = {address: opt_out(*address) for address in addresses}
        keys = (key.attributes() for key in set(asked.values()))
        found = batch_items.get(self.dynamodb, self.state_table, keys, consistent=True, backoff=self.backoff)
        out = {Key(item["PK"], item["SK"]) for item in found if item.get("out", True)}
        return {address for address, key in asked.items() if key in out}

    def add(self, method: str, address: str, at: datetime, source: str) -> bool:
        """`source`: who says so (STOP, provider, link, bounce, complaint). False: a later word stands already.

        Unavailable: out of reach; repeating the call does no harm.
        """
        return self.put(opt_out(method, address), at, source)

    def remove(self, method: str, address: str, at: datetime, source: str) -> bool:
        """They want reminders again; otherwise as `add`."""
        return self.put(opt_out(method, address), at, source, out=False)

    def put(self, key: Key, at: datetime, source: str, *, out: bool = True) -> bool:
        """As `add`, for who knows the key alone."""
        item = {**key.attributes(), "method": key.sk, "at": iso(at), "source": source, "out": out}
        try:
            with aws_calls("change the list of opt-outs"):
                self.dynamodb.put_item(
                    TableName=self.state_table,
                    Item=encode_item(item),
                    ConditionExpression="attribute_not_exists(PK) OR #at < :at",
                    ExpressionAttributeNames={"#at": "at"},
                    ExpressionAttributeValues=encode_item({":at": iso(at)}),
                )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

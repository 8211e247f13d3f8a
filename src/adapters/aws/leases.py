"""A name in, the right to be the only one who works under it out, for as long as it is kept up."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls, code
from domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REWRITE = "rewrite"  # compaction and erasure: who holds it is the only one to rewrite what is archived
LENGTH = timedelta(minutes=5)  # a call to S3, with all its tries, takes less than two thirds of it
FREE = "attribute_not_exists(PK) OR #until <= :now OR holder = :holder"
OURS = "holder = :holder"


class Held(Unavailable):
    """Another one works under that name: who, and until when unless it goes on."""

    def __init__(self, holder: str, until: datetime) -> None:
        super().__init__(f"{holder} is at work, until {until:%Y-%m-%dT%H:%M:%SZ} unless it goes on")
        self.holder, self.until = holder, until


class Lost(Unavailable):
    """The lease has run out and somebody else may be at work: stop at once."""


@dataclass(slots=True)
class Lease:
    """`LEASE#{name}` / `LEASE` of the ledger table: {holder, until (epoch seconds), expiresAt}. `holder` is one invocation."""

    dynamodb: "DynamoDBClient"
    ledger_table: str
    holder: str
    name: str = REWRITE
    length: timedelta = LENGTH
    clock: Callable[[], float] = time.time
    _until: float = 0.0

    @contextmanager
    def held(self) -> Iterator[Self]:
        """Held: somebody else has it. It is given back in the end, and runs out by itself if its holder dies."""
        self._write(FREE)
        try:
            yield self
        finally:
            self._give_back()

    def keep(self) -> None:
        """To be called before each effect: afterwards at least two thirds of the lease are left. Lost: it was taken by another."""
        if self._until - self.clock() < self.length.total_seconds() * 2 / 3:
            self._write(OURS)

    def _write(self, condition: str) -> None:
        now = self.clock()
        until = now + self.length.total_seconds()
        item = {**self._key, "holder": self.holder, "until": until, "expiresAt": round(until) + 86400}
        values = {":holder": self.holder} | ({":now": now} if condition == FREE else {})
        request: dict[str, Any] = {"ExpressionAttributeNames": {"#until": "until"}} if condition == FREE else {}
        try:
            with aws_calls(f"take the lease {self.name}"):
                self.dynamodb.put_item(
                    TableName=self.ledger_table,
                    Item=encode_item(item),
                    ConditionExpression=condition,
                    ExpressionAttributeValues=encode_item(values),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **request,
                )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            raise self._refusal(error, condition) from error
        self._until = until

    def _refusal(self, error: ClientError, condition: str) -> Unavailable:
        if condition == OURS:
            return Lost(f"{self.holder} has lost the lease {self.name}")
        response: Any = error.response  # the item that is in the way is in it, whatever botocore's types say
        standing = decode_item(response.get("Item", {}))
        until = datetime.fromtimestamp(standing.get("until", self.clock()), UTC)
        return Held(standing.get("holder", "somebody"), until)

    def _give_back(self) -> None:
        """Nothing is left to give back where another one has taken it."""
        try:
            with aws_calls(f"give back the lease {self.name}"):
                self.dynamodb.delete_item(
                    TableName=self.ledger_table,
                    Key=encode_item(self._key),
                    ConditionExpression=OURS,
                    ExpressionAttributeValues=encode_item({":holder": self.holder}),
                )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise

    @property
    def _key(self) -> dict[str, str]:
        return {"PK": f"LEASE#{self.name}", "SK": "LEASE"}

"""The send rate that all workers share: one item that logs their grants, changed by one of them at a time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.batch_items import Backoff
from adapters.aws.faults import aws_calls, code
from domain.errors import Unavailable
from domain.solicitation.pacing import Grant, Pace, Window

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

QUICKLY = Backoff(tries=12, base=0.01, most=0.2)


@dataclass(frozen=True)
class RateWindow:
    """`RATE#origination` / `WINDOW` of the Controls table: {rev, grants: [[epoch ms, mails], …]}.

    The instants are of the workers' own clocks, which on Lambda differ by less than `pacing.GUARD`.
    """

    dynamodb: "DynamoDBClient"
    controls_table: str
    origination: str = "ses"
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    backoff: Backoff = QUICKLY

    def book(self, wanted: int, rate: float, *, least: int | None = None, patience: float = 60.0) -> Grant | None:
        """A grant of up to `wanted` mails, of `least` at least, which may be more than a second's worth, within `Pace.horizon`; None when
        `patience` seconds brought none.

        Unavailable: the table is out of reach, or too many workers ask at once; nothing is granted.
        """
        pace, until = Pace.of(rate, least or 1), self.clock() + patience
        while True:
            grant = self._try(wanted, pace, least)
            if isinstance(grant, Grant):
                return grant
            if self.clock() + grant > until:
                return None
            self.sleep(grant)

    def wait(self, grant: Grant) -> bool:
        """Wait for the instant of a grant; False when it has gone by: then the call must not be made on it."""
        self.sleep(max(0.0, grant.at / 1000 - self.clock()))
        return grant.on_time(self._now())

    def _try(self, wanted: int, pace: Pace, least: int | None) -> Grant | float:
        """A grant that is written down, or how many seconds to wait before asking again."""
        for tried in range(self.backoff.tries):
            rev, window = self._read()
            now = self._now()
            grant = window.book(wanted, pace, now, least)
            if grant.at > now + pace.horizon:
                return (grant.at - now - pace.horizon) / 1000
            if self._write(rev, window.after(grant, pace)):
                return grant
            self.backoff.wait(tried)
        raise Unavailable(f"the rate of {self.origination} is asked for by too many at once")

    def _read(self) -> tuple[int, Window]:
        with aws_calls("read the send rate"):
            found = self.dynamodb.get_item(
                TableName=self.controls_table, Key=encode_item(self._key), ConsistentRead=True
            )
        item = decode_item(found.get("Item", {}))
        return item.get("rev", 0), Window(tuple(Grant(at, count) for at, count in item.get("grants", ())))

    def _write(self, rev: int, window: Window) -> bool:
        """False: another worker was granted something since the log was read."""
        grants = [[grant.at, grant.count] for grant in window.grants]
        unmoved: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(rev)"}
        if rev:
            values = encode_item({":rev": rev})
            unmoved = {"ConditionExpression": "rev = :rev", "ExpressionAttributeValues": values}
        item = encode_item({**self._key, "rev": rev + 1, "grants": grants})
        try:
            with aws_calls("share the send rate"):
                self.dynamodb.put_item(TableName=self.controls_table, Item=item, **unmoved)
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    @property
    def _key(self) -> dict[str, str]:
        return {"PK": f"RATE#{self.origination}", "SK": "WINDOW"}

    def _now(self) -> int:
        return round(self.clock() * 1000)

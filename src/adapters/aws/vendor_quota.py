"""A call of a vendor wanted in, the right to make it out: so many a second, so many a UTC day, and none while the vendor says wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import decode_item
from adapters.aws.faults import aws_calls, code
from adapters.aws.rate_window import RateWindow
from adapters.aws.transactions import update
from domain.errors import Unavailable
from domain.notifications.instants import iso, moment
from domain.notifications.keys import vendor_quota

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=8)  # a day's count is looked at for a week
TRIES = 3  # a worker that was held up over its instant books another one
UNBLOCKED = "(attribute_not_exists(#blockedUntil) OR #blockedUntil <= :now)"
LEFT = "(attribute_not_exists(#used) OR #used < :most)"


class Spent(Unavailable):
    """No call may be made for now; trying again at once is no use."""


class Busy(Unavailable):
    """The calls of the next seconds are taken."""


@dataclass(frozen=True)
class VendorQuota:
    """`QUOTA#{vendor}` / day of the state table: {used, blockedUntil, expiresAt}; `rate` calls a second, `daily` a day, of all workers."""

    dynamodb: "DynamoDBClient"
    state_table: str
    window: RateWindow
    rate: float
    daily: int
    vendor: str = "discovery"

    def take(self, now: datetime, *, share: float = 1.0, patience: float = 0.5) -> None:
        """To be called right before the call, which counts from now on. `share`: of the day's calls, what all may have used.

        Spent: the day's calls are used up, or the vendor wants none yet.
        Busy: `patience` seconds, and the window's own three, brought no instant.
        """
        self._count(now, int(self.daily * share))
        until = self.window.clock() + patience
        for _ in range(TRIES):
            grant = self.window.book(1, self.rate, patience=until - self.window.clock())
            if grant is None:
                break
            if self.window.wait(grant):
                return
        raise Busy(f"{self.vendor} is asked too often for now")

    def block(self, now: datetime, seconds: float) -> None:
        """No worker may call for so long: the vendor says so."""
        until = iso(now + timedelta(seconds=seconds))
        for day in {iso(now)[:10], until[:10]}:  # a wait may go on into tomorrow
            self._change(day, "SET #blockedUntil = :until, #expiresAt = :gone", now, "", until=until)

    def used(self, now: datetime) -> int:
        """Of the day, so far."""
        key: Any = {name: {"S": it} for name, it in vendor_quota(self.vendor, iso(now)[:10]).attributes().items()}
        with aws_calls("read a vendor's quota"):
            found = self.dynamodb.get_item(TableName=self.state_table, Key=key, ConsistentRead=True)
        return int(decode_item(found.get("Item", {})).get("used", 0))

    def _count(self, now: datetime, most: int) -> None:
        values = {"one": 1, "most": most, "now": iso(now)}
        try:
            change = "SET #expiresAt = :gone ADD #used :one"
            self._change(iso(now)[:10], change, now, f"{LEFT} AND {UNBLOCKED}", **values)
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            raise self._spent(error, most) from None

    def _spent(self, error: ClientError, most: int) -> Spent:
        response: Any = error.response
        standing = decode_item(response.get("Item", {}))
        if standing.get("used", 0) >= most:
            return Spent(f"{most} calls of {self.vendor} are used up for today")
        until = moment(standing["blockedUntil"])
        return Spent(f"{self.vendor} wants no calls before {until:%H:%M:%S} UTC")

    def _change(self, day: str, change: str, at: datetime, condition: str, **values: Any) -> None:
        gone = round((at + KEPT).timestamp())
        key = vendor_quota(self.vendor, day).attributes()
        asked = update(self.state_table, key, change, condition, gone=gone, **values)["Update"]
        with aws_calls("count a call of a vendor"):
            self.dynamodb.update_item(**asked, ReturnValuesOnConditionCheckFailure="ALL_OLD")

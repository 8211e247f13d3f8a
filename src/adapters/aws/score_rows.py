"""The whole Scores table in, read in parts; of each fan's row what is counted of it and what tells that it was written to out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.aws.attribute_values import Item, encode_item
from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.faults import aws_calls
from adapters.aws.row_changes import counted_of
from domain.errors import Unavailable
from domain.scores.keys import CAMPAIGN, COUNTS, is_fan_row
from domain.scores.reconciling import SavedRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Each of our writes changes one of the last three, and nobody else's write counts that changes none of these.
READ = ("PK", "SK", "isVerified", "verdict", "loadVersion", "updated", "loads")
EVERY, ONE = "begins_with(#SK, :campaign) OR #SK = :counts", "#SK = :campaign"


@dataclass(frozen=True, slots=True)
class ScoreRows:
    """`segments` may be read at the same time. A look reads all of the table, whatever it keeps (AWS: a Scan is paid by what it reads)."""

    dynamodb: "DynamoDBClient"
    table: str
    segments: int = 4
    backoff: Backoff = PATIENT

    def segment(self, number: int, campaign: str | None = None) -> Iterator[SavedRow]:
        """Of every campaign, or of one, as of now. Unavailable: throttled beyond patience."""
        asked = self._asked(number, campaign)
        while True:
            page = self._page(asked)
            for item in page["Items"]:
                yield _row(item)
            if "LastEvaluatedKey" not in page:
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _asked(self, number: int, campaign: str | None) -> dict[str, Any]:
        told = {":campaign": f"{CAMPAIGN}{campaign or ''}"} | ({} if campaign else {":counts": COUNTS})
        return {
            "TableName": self.table,
            "Segment": number,
            "TotalSegments": self.segments,
            "ConsistentRead": True,
            "FilterExpression": ONE if campaign else EVERY,
            "ProjectionExpression": ", ".join(f"#{name}" for name in READ),
            "ExpressionAttributeNames": {f"#{name}": name for name in READ},
            "ExpressionAttributeValues": encode_item(told),
        }

    def _page(self, asked: dict[str, Any]) -> Any:
        for tried in range(self.backoff.tries):
            try:
                with aws_calls(f"read {self.table}"):
                    return self.dynamodb.scan(**asked)
            except Unavailable:
                if tried + 1 == self.backoff.tries:
                    raise
                self.backoff.wait(tried)
        raise AssertionError("at least one try")


def _row(item: Item) -> SavedRow:
    pk, sk = item["PK"]["S"], item["SK"]["S"]
    if sk == COUNTS:
        return SavedRow(pk.removeprefix(CAMPAIGN), None)
    content = repr([item.get(name) for name in READ]).encode()
    fan = is_fan_row({"PK": pk, "SK": sk})
    return SavedRow(sk.removeprefix(CAMPAIGN), counted_of(item) if fan else None, content)

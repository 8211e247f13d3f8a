"""A program's candidates for a channel, best first: the index is read in shards, a page at a time, and merged exactly."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from heapq import merge
from math import isqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters.aws.attribute_values import Item, decode_item
from adapters.aws.faults import aws_calls
from domain.solicitation.keys import escaped
from domain.solicitation.program import Program

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NEEDED = ("GSI1SK", "PK", "SK", "expiresAt")  # what a merge looks at; comes with any choice of attributes
MOST = "2"  # above every score key: scores end at 1.000000


class Position(NamedTuple):
    """Where a candidate stands in the ranking: by score and the hash that breaks ties, then by customer."""

    score_key: str
    customer_key: str


@dataclass(frozen=True)
class Ranking:
    """The GSI1 of the Candidates table. Its reads lag behind writes by milliseconds (AWS: indexes are eventually consistent)."""

    dynamodb: "DynamoDBClient"
    table: str

    def top(
        self,
        program: Program,
        channel: str,
        *,
        min_score: float,
        now: datetime,
        attributes: tuple[str, ...] = (),
        after: Position | None = None,
        expected: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Index items of at least `min_score`, best first, one total order whatever the shards; expired ones are left out.

        `attributes` narrows what is read of each (all, if none are named; those of NEEDED always come). `after` goes on behind
        a position, be its candidate there still or not. `expected` is how many will be taken, if known: pages are cut to it.
        Unavailable: the table cannot be read now; what came before is good.
        """
        between = (floor(min_score), after.score_key if after else MOST)
        limit = None if expected is None else first_page(expected, program.serving_shards)
        shards = [
            self._shard(f"PROGRAM#{escaped(program.id)}#CHANNEL#{escaped(channel)}#{shard}", limit, between, attributes)
            for shard in range(program.serving_shards)
        ]
        current = now.timestamp()
        for item in merge(*shards, key=position, reverse=True):
            if (after is None or position(item) < after) and int(item["expiresAt"]["N"]) > current:
                yield decode_item(item)

    def _shard(
        self, key: str, limit: int | None, between: tuple[str, str], attributes: tuple[str, ...]
    ) -> Iterator[Item]:
        request = query(self.table, key, between, attributes)
        if limit is not None:
            request["Limit"] = limit
        while True:
            with aws_calls(f"read {self.table}"):
                page: Any = self.dynamodb.query(**request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def query(table: str, key: str, between: tuple[str, str], attributes: tuple[str, ...]) -> dict[str, Any]:
    """One shard's items in descending order."""
    names = tuple(dict.fromkeys((*NEEDED, *attributes))) if attributes else ()
    request: dict[str, Any] = {
        "TableName": table,
        "IndexName": "GSI1",
        "KeyConditionExpression": "GSI1PK = :key AND GSI1SK BETWEEN :least AND :most",
        "ExpressionAttributeValues": {":key": {"S": key}, ":least": {"S": between[0]}, ":most": {"S": between[1]}},
        "ScanIndexForward": False,
    }
    if names:
        request["ProjectionExpression"] = ", ".join(f"#{number}" for number in range(len(names)))
        request["ExpressionAttributeNames"] = {f"#{number}": name for number, name in enumerate(names)}
    return request


def position(item: Item) -> Position:
    return Position(item["GSI1SK"]["S"], item["PK"]["S"])


def floor(min_score: float) -> str:
    """The least score key of a score of at least `min_score`: keys have six decimals, so between two the upper one counts."""
    least = Decimal(repr(float(min_score))).quantize(Decimal("0.000001"), rounding=ROUND_CEILING)
    return f"{max(least, Decimal(0)):.6f}"


def first_page(expected: int, shards: int) -> int:
    """How many to ask of each shard for `expected` in all: its share and three deviations, so that few need a second page."""
    share = -(-expected // shards)
    return min(expected, share + 3 * isqrt(share) + 1)

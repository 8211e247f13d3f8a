"""A program's candidates for a channel, best first: the index is read in shards, a page at a time, and merged exactly."""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from math import isqrt
from typing import TYPE_CHECKING, Any

from adapters.aws.attribute_values import Item, decode_item
from adapters.aws.queries import Request, items, page, query
from domain.solicitation.keys import escaped
from domain.solicitation.listing import Position, score_floor
from domain.solicitation.program import Program

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NEEDED = ("GSI1SK", "PK", "expiresAt")  # what the merge looks at comes with any choice of attributes
ABOVE_ALL = "2"  # score keys end at 1.000000


@dataclass(frozen=True)
class Ranking:
    """The GSI1 of the Candidates table; it lags behind writes by milliseconds (AWS: indexes are eventually consistent).

    With a `pool` the first pages of all shards are asked for at once.
    """

    dynamodb: "DynamoDBClient"
    table: str
    pool: Executor | None = None

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
        between = (score_floor(min_score), after.score_key if after else ABOVE_ALL)
        requests = [
            self._request(f"PROGRAM#{escaped(program.id)}#CHANNEL#{escaped(channel)}#{shard}", between, attributes)
            for shard in range(program.serving_shards)
        ]
        if expected is not None:
            cut = first_page(expected, len(requests))
            requests = [{**request, "Limit": cut} for request in requests]
        current = now.timestamp()
        for item in merge(*self._shards(requests), key=position, reverse=True):
            if (after is None or position(item) < after) and int(item["expiresAt"]["N"]) > current:
                yield decode_item(item)

    def _request(self, key: str, between: tuple[str, str], attributes: tuple[str, ...]) -> Request:
        condition = "GSI1PK = :key AND GSI1SK BETWEEN :least AND :most"
        names = tuple(dict.fromkeys((*NEEDED, *attributes))) if attributes else ()
        values = {"key": key, "least": between[0], "most": between[1]}
        return {**query(self.table, condition, values, names), "IndexName": "GSI1", "ScanIndexForward": False}

    def _shards(self, requests: list[Request]) -> list[Iterator[Item]]:
        if self.pool is None or len(requests) == 1:
            return [items(self.dynamodb, request) for request in requests]
        others = [self.pool.submit(page, self.dynamodb, request) for request in requests[1:]]
        mine = page(self.dynamodb, requests[0])  # this thread would only wait
        firsts = [mine, *(other.result() for other in others)]
        return [items(self.dynamodb, request, first) for request, first in zip(requests, firsts, strict=True)]


def position(item: Item) -> Position:
    return Position(item["GSI1SK"]["S"], item["PK"]["S"])


def first_page(expected: int, shards: int) -> int:
    """How many to ask of each shard for `expected` in all: its share and two deviations, so that few need a second page."""
    share = -(-expected // shards)
    return min(expected, share + 2 * isqrt(share) + 1)

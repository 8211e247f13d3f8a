"""Scored records in, fans' rows of the Scores table written under the condition that they are as they were read out."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import decode_item
from adapters.aws.batch_items import KEYS_A_READ, Backoff, chunks, get
from adapters.aws.faults import aws_calls, code
from adapters.aws.score_updates import update
from domain.errors import Unavailable
from domain.scores.keys import Key
from domain.scores.scored import Scored
from domain.scores.upsert import FAILED, INVALID, NEEDED, Written, fold

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AT_ONCE = 16  # writes on their way; the client needs as many connections
A_FEW_TRIES = Backoff(tries=5, base=0.05, most=1.0)  # each one is botocore's own few tries
PK_BYTES, SK_BYTES = 2048, 1024  # AWS: of a partition key and a sort key, at most

Turn = tuple[
    dict[str, Any] | Unavailable | None, list[int]
]  # a row as it stands, and the places of the records that reach it


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """The table that score rows share with their neighbours: only our own attributes are read and written."""

    dynamodb: "DynamoDBClient"
    table: str
    at_once: int = AT_ONCE
    backoff: Backoff = field(default=A_FEW_TRIES)

    def upsert(self, records: Sequence[Scored], now: datetime) -> list[Written]:
        """What became of each record, in the order given. Records of one row are taken in that order, in one write.

        failed: nothing is lost, it may be given again. invalid: the table can never hold it. Both say why, without a value of it.
        """
        written: list[Written] = [Written(INVALID, "the key is too long")] * len(records)

        def one(turn: Turn) -> None:
            standing, places = turn
            for place, it in zip(places, self._row(standing, [records[at] for at in places], now), strict=True):
                written[place] = it

        if self.at_once == 1:
            for turn in self._turns(records):
                one(turn)
        else:
            with ThreadPoolExecutor(self.at_once) as workers:
                for _ in workers.map(one, self._turns(records)):
                    pass
        return written

    def rows(self, keys: Iterable[Key], attributes: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
        """The rows that there are, plain and in no order. Unavailable: not all could be read."""
        wanted = (key.attributes() for key in keys)
        return get(self.dynamodb, self.table, wanted, consistent=True, attributes=attributes, backoff=self.backoff)

    def _turns(self, records: Sequence[Scored]) -> Iterator[Turn]:
        """Row by row; each comes as soon as it is read, so that writing begins while others are."""
        places: dict[Key, list[int]] = {}
        for place, record in enumerate(records):
            places.setdefault(record.key, []).append(place)
        for keys in chunks(filter(_fits, places), KEYS_A_READ):
            told = {name for key in keys for place in places[key] for name in records[place].content}
            standing: dict[tuple[str, str], dict[str, Any]] = {}
            lost: Unavailable | None = None
            try:
                for row in self.rows(keys, ("PK", "SK", *sorted(told.union(NEEDED)))):
                    standing[row["PK"], row["SK"]] = row
            except Unavailable as reason:
                lost = reason
            for key in keys:
                yield standing.get(key, lost), places[key]

    def _row(
        self, standing: dict[str, Any] | Unavailable | None, records: list[Scored], now: datetime
    ) -> list[Written]:
        """Fold and write until nobody has written in between."""
        why = standing
        for tried in range(self.backoff.tries):
            if isinstance(standing, Unavailable):
                break
            try:
                folded = fold(standing, records, now)
                if folded.change:
                    with aws_calls(f"write {self.table}"):
                        self.dynamodb.update_item(**update(self.table, records[0].key, folded.change))
                return [Written(status) for status in folded.statuses]
            except Unavailable as reason:
                why = reason
            except ClientError as error:
                if code(error) == "ValidationException":
                    return self._each(standing, records, now, "the table refuses it")
                if code(error) != "ConditionalCheckFailedException":
                    raise
                why = Unavailable(f"{self.table}: others kept writing the row")
                standing = decode_item(error.response["Item"]) if "Item" in error.response else None  # type: ignore[typeddict-item]
            except (
                ValueError,
                RecursionError,
            ) as reason:  # a number that DynamoDB has not, a row whose `loads` is none
                return self._each(standing, records, now, f"{type(reason).__name__}")
            self.backoff.wait(tried)
        return [Written(FAILED, str(why))] * len(records)

    def _each(self, standing: dict[str, Any] | None, records: list[Scored], now: datetime, why: str) -> list[Written]:
        """Of several records one may be what cannot be written: each by itself, in order."""
        if len(records) == 1:
            return [Written(INVALID, why)]
        return [it for record in records for it in self._row(standing, [record], now)]


def _fits(key: Key) -> bool:
    return len(key.pk.encode()) <= PK_BYTES and len(key.sk.encode()) <= SK_BYTES

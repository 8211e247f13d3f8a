"""Scored records in, fans' rows of the Scores table written under the condition that they are as they were read out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError

from adapters.aws.attribute_values import decode_item
from adapters.aws.batch_items import KEYS_A_READ, Backoff, chunks, get
from adapters.aws.faults import aws_calls, code
from adapters.aws.score_updates import update
from adapters.aws.session import QUICK
from domain.errors import Unavailable
from domain.scores.keys import Key
from domain.scores.marks import REMEMBERED
from domain.scores.scored import Scored
from domain.scores.upsert import FAILED, INVALID, NEEDED, Written, fold

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AT_ONCE = 16  # workers, each with a connection
A_FEW_TRIES = Backoff(tries=4, base=0.05, most=1.0)  # each one is botocore's own two
# A table that does not answer at all fails a batch within a minute and a half: the function has two.
CONFIG = QUICK.merge(
    Config(
        connect_timeout=2,
        read_timeout=3,
        retries={"mode": "standard", "total_max_attempts": 2},
        max_pool_connections=AT_ONCE,
    )
)
WORTH_A_READ = 20  # rows
PK_BYTES, SK_BYTES = 2048, 1024  # AWS: of a partition key and a sort key, at most
GIVE_UP = 3  # rows
TOO_LONG, NOT_TRIED = Written(INVALID, "the key is too long"), Written(FAILED, "the rows before it failed")

Standing = dict[str, Any] | None  # a row, plain; None: there is none


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
        reaching: dict[Key, list[Scored]] = {}
        for record in records:
            reaching.setdefault(record.key, []).append(record)
        written = {key: iter([TOO_LONG] * len(them)) for key, them in reaching.items() if not _fits(key)}
        shares = [*chunks((key for key in reaching if key not in written), self._share(len(reaching) - len(written)))]
        with ThreadPoolExecutor(self.at_once) as workers:
            run = workers.map if self.at_once > 1 else map
            for done in run(lambda keys: self._written({key: reaching[key] for key in keys}, now), shares):
                written |= {key: iter(them) for key, them in done.items()}
        return [next(written[record.key]) for record in records]

    def rows(self, keys: Iterable[Key], attributes: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
        """The rows that there are, plain and in no order. Unavailable: not all could be read."""
        wanted = (key.attributes() for key in keys)
        return get(self.dynamodb, self.table, wanted, consistent=True, attributes=attributes, backoff=self.backoff)

    def _share(self, rows: int) -> int:
        """How many rows one worker reads in a call and then writes: as many for each of them, if that is worth a call."""
        rounds = ceil(rows / self.at_once / KEYS_A_READ) or 1
        return max(WORTH_A_READ, ceil(rows / self.at_once / rounds))

    def _written(self, reaching: Mapping[Key, list[Scored]], now: datetime) -> dict[Key, list[Written]]:
        told = {name for records in reaching.values() for record in records for name in record.content}
        try:
            found = self.rows(reaching, ("PK", "SK", *sorted(told.union(NEEDED))))
            standing = {(row["PK"], row["SK"]): row for row in found}
        except Unavailable as reason:
            return {key: [Written(FAILED, str(reason))] * len(records) for key, records in reaching.items()}
        done: dict[Key, list[Written]] = {}
        failed = 0  # one after the other: a table that does not answer must not take the time of all rows
        for key, records in reaching.items():
            # No more loads a write than a row remembers: its stream must show the mark of each.
            runs = chunks(records, REMEMBERED)
            row = self._in_turn(standing.get(key), runs, now) if failed < GIVE_UP else [NOT_TRIED] * len(records)
            failed = failed + 1 if row[-1].status == FAILED else 0
            done[key] = row
        return done

    def _in_turn(self, standing: Standing, runs: Iterable[list[Scored]], now: datetime) -> list[Written]:
        """A write each, and none past one that failed. Only the first is sure to find the row as it stands; the others read again."""
        written: list[Written] = []
        for run in runs:
            failed = bool(written) and written[-1].status == FAILED
            written += written[-1:] * len(run) if failed else self._row(standing, run, now)
        return written

    def _row(self, standing: Standing, records: list[Scored], now: datetime) -> list[Written]:
        """Fold and write until nobody has written in between."""
        why = "others kept writing the row"
        for tried in range(self.backoff.tries):
            try:
                folded = fold(standing, records, now)
                if folded.change:
                    with aws_calls(f"write {self.table}"):
                        self.dynamodb.update_item(**update(self.table, records[0].key, folded.change))
                return [Written(status) for status in folded.statuses]
            except Unavailable as reason:
                why = str(reason)
            except ClientError as error:
                if code(error) == "ValidationException":  # larger than 400 KB, or deeper than 32 maps
                    return self._each(standing, records, now, "the table refuses it")
                if code(error) != "ConditionalCheckFailedException":
                    raise
                standing = _as_it_is(error)
            except (ValueError, RecursionError):  # a number that DynamoDB has not, endless depth, foreign `loads`
                return self._each(standing, records, now, "no row can be made of it")
            self.backoff.wait(tried)
        return [Written(FAILED, why)] * len(records)

    def _each(self, standing: Standing, records: list[Scored], now: datetime, why: str) -> list[Written]:
        """Of several records one may be what cannot be written: each by itself."""
        if len(records) == 1:
            return [Written(INVALID, why)]
        return self._in_turn(standing, chunks(records, 1), now)


def _fits(key: Key) -> bool:
    return len(key.pk.encode()) <= PK_BYTES and len(key.sk.encode()) <= SK_BYTES


def _as_it_is(lost: ClientError) -> Standing:
    """The row that a lost condition has brought."""
    item: Any = lost.response.get("Item")
    return decode_item(item) if item else None

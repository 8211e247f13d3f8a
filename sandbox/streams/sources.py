"""A stream's shards and their raw records, from any Kinesis or DynamoDB Streams endpoint."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from botocore.exceptions import ClientError

Raw = Mapping[str, Any]
TABLE_RETENTION = timedelta(hours=24)  # of every DynamoDB stream


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard of a stream; a closed one takes no more records."""

    id: str
    parents: tuple[str, ...] = ()
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where to read on: behind position `after`, else from time `at`, else from the shard's beginning."""

    after: str | None = None
    at: datetime | None = None
    iterator: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Raw records in order and where to read on; None is the end of a closed shard."""

    records: tuple[Raw, ...]
    cursor: Cursor | None


class ShardGone(Exception):
    """The shard does not exist any more; ministack drops a shard when it is split, with what was unread."""


class Source(Protocol):
    """A stream that can be read shard by shard."""

    def shards(self) -> list[Shard]: ...

    def read(self, shard: str, cursor: Cursor, limit: int) -> Page:
        """Up to `limit` records at the cursor. Raises ShardGone."""
        ...

    def retention(self) -> timedelta: ...

    def position(self, raw: Raw) -> str: ...


@dataclass(slots=True)
class KinesisSource:
    """A Kinesis data stream."""

    client: Any
    arn: str
    _retention: timedelta | None = field(init=False, default=None)

    def shards(self) -> list[Shard]:
        found: list[Shard] = []
        request: dict[str, Any] = {"StreamARN": self.arn}
        while True:
            answer = self.client.list_shards(**request)
            found += [_shard(raw, ("ParentShardId", "AdjacentParentShardId")) for raw in answer["Shards"]]
            if not answer.get("NextToken"):
                return found
            request = {"NextToken": answer["NextToken"]}

    def read(self, shard: str, cursor: Cursor, limit: int) -> Page:
        def fresh() -> str:
            start = _kinesis_start(cursor)
            return str(self.client.get_shard_iterator(StreamARN=self.arn, ShardId=shard, **start)["ShardIterator"])

        def page(iterator: str) -> Raw:
            answer: Raw = self.client.get_records(StreamARN=self.arn, ShardIterator=iterator, Limit=min(limit, 10_000))
            return answer

        with _noticing_a_gone_shard(self, shard):
            return _read(cursor, fresh, page, self.position)

    def retention(self) -> timedelta:
        if self._retention is None:
            summary = self.client.describe_stream_summary(StreamARN=self.arn)["StreamDescriptionSummary"]
            self._retention = timedelta(hours=summary["RetentionPeriodHours"])
        return self._retention

    def position(self, raw: Raw) -> str:
        return str(raw["SequenceNumber"])


@dataclass(slots=True)
class TableSource:
    """A DynamoDB table's stream."""

    client: Any
    arn: str

    def shards(self) -> list[Shard]:
        found: list[Shard] = []
        request: dict[str, Any] = {"StreamArn": self.arn}
        while True:
            answer = self.client.describe_stream(**request)["StreamDescription"]
            found += [_shard(raw, ("ParentShardId",)) for raw in answer["Shards"]]
            if not answer.get("LastEvaluatedShardId"):
                return found
            request["ExclusiveStartShardId"] = answer["LastEvaluatedShardId"]

    def read(self, shard: str, cursor: Cursor, limit: int) -> Page:
        def fresh() -> str:
            start = (
                {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": cursor.after}
                if cursor.after
                else {"ShardIteratorType": "TRIM_HORIZON"}
            )
            return str(self.client.get_shard_iterator(StreamArn=self.arn, ShardId=shard, **start)["ShardIterator"])

        def page(iterator: str) -> Raw:
            answer: Raw = self.client.get_records(ShardIterator=iterator, Limit=min(limit, 1_000))
            return answer

        try:
            with _noticing_a_gone_shard(self, shard):
                return _read(cursor, fresh, page, self.position)
        except ClientError as error:
            if cursor.after is None or error.response["Error"]["Code"] != "TrimmedDataAccessException":
                raise
            return self.read(shard, Cursor(), limit)  # what we had come to is forgotten: go on with the oldest kept

    def retention(self) -> timedelta:
        return TABLE_RETENTION

    def position(self, raw: Raw) -> str:
        return str(raw["dynamodb"]["SequenceNumber"])


def _kinesis_start(cursor: Cursor) -> dict[str, Any]:
    if cursor.after:
        return {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": cursor.after}
    if cursor.at:
        return {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": cursor.at}
    return {"ShardIteratorType": "TRIM_HORIZON"}


def _read(cursor: Cursor, fresh: Callable[[], str], page: Callable[[str], Raw], position: Callable[[Raw], str]) -> Page:
    """One page, through the cursor's iterator or a fresh one where it has none or it has expired."""
    try:
        answer = page(cursor.iterator or fresh())
    except ClientError as error:
        if cursor.iterator is None or error.response["Error"]["Code"] != "ExpiredIteratorException":
            raise
        answer = page(fresh())
    records = tuple(answer["Records"])
    onward = answer.get("NextShardIterator")
    after = position(records[-1]) if records else cursor.after
    return Page(records, replace(cursor, after=after, iterator=onward) if onward else None)


@contextmanager
def _noticing_a_gone_shard(source: Source, shard: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        missing = error.response["Error"]["Code"] == "ResourceNotFoundException"
        if missing and shard not in {known.id for known in source.shards()}:
            raise ShardGone(shard) from error
        raise


def _shard(raw: Raw, parents: tuple[str, ...]) -> Shard:
    numbers = raw.get("SequenceNumberRange", {})
    return Shard(
        raw["ShardId"], tuple(raw[name] for name in parents if raw.get(name)), "EndingSequenceNumber" in numbers
    )

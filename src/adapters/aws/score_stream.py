"""Records by partition key in; all of them on a Kinesis stream out, those of one key in the order they came."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.faults import aws_calls
from adapters.aws.session import QUICK
from domain.errors import Rejected, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

Entry = tuple[str, bytes]  # partition key and record

# AWS: a PutRecords call takes 500 records and 10 MB, a record 1 MB with its key, a key 256 characters. Half of the 10 MB is used.
ENTRIES, CALL_BYTES, RECORD_BYTES, KEY_LENGTH = 500, 5_000_000, 1_000_000, 256

# A call with all its tries ends well within a load's lease.
CONFIG = QUICK.merge(Config(connect_timeout=3, read_timeout=10))


@dataclass(frozen=True)
class ScoreStream:
    """One stream. A record may come twice where an answer was lost: who reads it has to bear that."""

    kinesis: "KinesisClient"
    name: str
    backoff: Backoff = PATIENT

    def put(self, entries: Iterable[Entry]) -> int:
        """Put all; how many. Only entries that were not taken are offered again, and none overtakes an earlier one of its key.

        Unavailable: patience ended, any of them may be in. Rejected: one is larger than a stream takes, those before it are in.
        """
        return sum(self._put(batch) for batch in batches(entries))

    def _put(self, batch: list[Entry]) -> int:
        left, tried = batch, 0
        while left:
            refused = self._offer(left)
            if refused:
                tried = 1 if len(refused) < len(left) else tried + 1
                if tried >= self.backoff.tries:
                    raise Unavailable(f"{self.name}: {len(refused)} of {len(batch)} records not taken {tried} times")
                self.backoff.wait(tried)
            left = refused
        return len(batch)

    def _offer(self, batch: list[Entry]) -> list[Entry]:
        """Those that the stream did not take."""
        records: Any = [{"PartitionKey": _short(key), "Data": data} for key, data in batch]
        with aws_calls(f"put records on {self.name}"):
            answer = self.kinesis.put_records(StreamName=self.name, Records=records)
        if not answer.get("FailedRecordCount"):
            return []
        return [entry for entry, result in zip(batch, answer["Records"], strict=True) if "ErrorCode" in result]


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """As many as one call takes; none holds a key twice, for within a call the earlier one could be refused and the later taken."""
    batch: list[Entry] = []
    keys: set[str] = set()
    size = 0
    for entry in entries:
        weight = _weight(entry)
        if len(batch) == ENTRIES or size + weight > CALL_BYTES or entry[0] in keys:
            yield batch
            batch, keys, size = [], set(), 0
        batch.append(entry)
        keys.add(entry[0])
        size += weight
    if batch:
        yield batch


def _weight(entry: Entry) -> int:
    key, data = entry
    weight = len(data) + len(_short(key).encode())
    if weight > RECORD_BYTES:
        raise Rejected(f"a record of {weight:,} bytes: a stream takes {RECORD_BYTES:,}")
    return weight


def _short(key: str) -> str:
    """A key only tells which records stay in order, so a hash of a long one does as well."""
    return key if len(key) <= KEY_LENGTH else sha256(key.encode()).hexdigest()

"""One part of a plan -> files, ledger, and error objects without what went through: in this order, so that it can be done again."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import orjson

from adapters.aws.archive_bucket import AT_ONCE, ArchiveBucket
from adapters.aws.replay_ledger import ReplayLedger
from domain.archive.batch import Batch, File, KindWriter, sort_out
from domain.archive.parked import Parked
from domain.archive.quarantine import without
from domain.archive.replaying import Part
from domain.archive.settling import settlement, undone

Put = Callable[[], None]


def settle(
    part: Part, now: datetime, *, bucket: ArchiveBucket, ledger: ReplayLedger, writers: Mapping[str, KindWriter]
) -> tuple[Batch, Counter[str]]:
    """What was put, and how many records met which outcome. Unavailable: half of it may be done; done again, it ends the same.

    A file that cannot be put becomes no new error, as it does in the archiver: its records still are where they were.
    """
    known = ledger.known(step.id for step in part.steps)
    todo = undone(part, known)
    arrivals = [step.arrival(number) for number, step in todo]
    batch = sort_out(arrivals, source=part.source, parse=orjson.loads, writers=writers)
    ends = settlement(part, todo, batch, known)
    _put(batch.files, ends.parked, bucket)
    ledger.record(part.plan, ends.ledgered, now)
    _clear(*part.emptied(ends.settled), bucket)
    bucket.delete([part.key])
    return batch, ends.counts


def _put(files: Iterable[File], parked: Iterable[Parked], bucket: ArchiveBucket) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        filed = pool.map(bucket.put_file, files)
        errors = pool.map(bucket.park, parked)
        list(filed), list(errors)


def _clear(whole: Iterable[str], partly: Mapping[str, set[str]], bucket: ArchiveBucket) -> None:
    """Delete the objects that hold nothing else, and write the others anew without what has left them."""
    emptied = list(whole)
    for key, gone in partly.items():
        if key not in bucket.keys(key):
            continue  # deleted by an earlier try
        body = bucket.read(key)
        rest = without(key, body, gone)
        if rest is None:
            emptied.append(key)
        elif rest != body:
            bucket.put(key, rest)
    bucket.delete(emptied)

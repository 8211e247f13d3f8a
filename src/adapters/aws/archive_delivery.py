"""A sorted batch in, its files and errors put side by side; what was put out, and which records are in neither."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import orjson

from adapters.aws.archive_bucket import AT_ONCE, ArchiveBucket
from domain.archive.batch import Batch, File, unarchived
from domain.archive.parked import Parked
from domain.errors import Unavailable

Put = Callable[[], "Delivered"]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What of a batch is durable. `failed` are the numbers of the records that are neither archived nor parked."""

    files: list[File] = field(default_factory=list)
    errors: list[Parked] = field(default_factory=list)
    failed: tuple[str, ...] = ()


def deliver(batch: Batch, bucket: ArchiveBucket) -> Delivered:
    """Put all of it. A file that cannot be put becomes an error, `upload_failed`; an error that cannot be put, failures."""
    jobs: list[Put] = [partial(_file, file, batch, bucket) for file in batch.files]
    jobs += [partial(_error, parked, bucket) for parked in batch.parked]
    outcomes = _side_by_side(jobs)
    return Delivered(
        [file for it in outcomes for file in it.files],
        [error for it in outcomes for error in it.errors],
        tuple(number for it in outcomes for number in it.failed),
    )


def _side_by_side(jobs: list[Put]) -> list[Delivered]:
    if len(jobs) < 2:
        return [job() for job in jobs]
    with ThreadPoolExecutor(min(AT_ONCE, len(jobs))) as pool:
        return list(pool.map(lambda job: job(), jobs))


def _file(file: File, batch: Batch, bucket: ArchiveBucket) -> Delivered:
    try:
        bucket.put_file(file)
        return Delivered(files=[file])
    except Unavailable:
        return _error(unarchived(file, batch.source, orjson.loads), bucket)


def _error(parked: Parked, bucket: ArchiveBucket) -> Delivered:
    try:
        bucket.park(parked)
        return Delivered(errors=[parked])
    except Unavailable:
        return Delivered(failed=parked.numbers)

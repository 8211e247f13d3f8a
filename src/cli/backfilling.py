"""Items of the Demand table in, files of the archive out, through the code that archives its changes."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import islice

import orjson

from adapters.aws.archive_bucket import ArchiveBucket
from adapters.aws.archive_delivery import deliver
from adapters.aws.found_items import clock_of, export_at, scanned
from adapters.files.kind_writers import kind_writers
from cli.deployment import Deployment
from domain.archive.backfill import as_found, canonical
from domain.archive.batch import Arrival, Batch, sort_out
from domain.archive.change import Image
from domain.archive.kinds import KINDS, kind_of
from domain.errors import Unavailable

PAGE = 10_000  # items a file of one kind and date holds at most; about 30 MB in memory


def found(deployment: Deployment, export: str | None) -> tuple[datetime, Iterable[Image]]:
    """When reading began, and the items: of a scan, or of an export on S3. Rejected: there is no such export."""
    if export:
        at = export_at(deployment.client("s3"), export)
        return at.taken(), at.items()
    dynamodb, table = deployment.client("dynamodb"), deployment.names["demand_table"]
    # Before the first page is read: whatever changes from now on is told by the stream. This machine's clock may be fast.
    return clock_of(dynamodb, table), scanned(dynamodb, table)


def wanted(items: Iterable[Image], kinds: Collection[str]) -> Iterator[Image]:
    """The items of these kinds; those whose type is none at all are the archive's to judge."""
    for item in items:
        kind = kind_of(str(item.get("type", {}).get("S")))
        if kind is None or kind in kinds:
            yield item


def pages(items: Iterable[Image]) -> Iterator[list[Image]]:
    rest = iter(items)
    while page := list(islice(rest, PAGE)):
        yield page


def sorted_out(items: Iterable[Image], since: datetime, table: str) -> Batch:
    """What the archiver makes of the items, each told by a change record of its own."""
    records = (as_found(item, table, since) for item in items)
    arrivals = (Arrival(record["eventID"], canonical(record).encode(), since.timestamp()) for record in records)
    return sort_out(arrivals, source=f"backfill-{table}", parse=orjson.loads, writers=kind_writers())


def filled(deployment: Deployment, items: Iterable[Image], since: datetime, *, dry: bool) -> dict[str, int]:
    """How many items were archived, by kind, and how many became errors. Unavailable: the bucket takes neither; begin again."""
    names, counts = deployment.names, Counter(dict.fromkeys((*KINDS, "errors", "skipped", "files"), 0))
    bucket = ArchiveBucket(deployment.client("s3"), names["archive_bucket"])
    for page in pages(items):
        batch = sorted_out(page, since, names["demand_table"])
        if not dry and (failed := deliver(batch, bucket).failed):
            raise Unavailable(
                f"{len(failed)} items could not be put into the archive; nothing harmful is done: run it again"
            )
        for file in batch.files:
            counts[file.kind] += len(file.numbers)
        counts.update(errors=len(batch.parked), skipped=batch.skipped, files=len(batch.files))
    return dict(counts)

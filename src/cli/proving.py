"""The Demand table, the archive and errors/ in, what is not the same in them for one date out."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from typing import Any

import orjson
from botocore.exceptions import ClientError

from adapters.aws.archive_bucket import ArchiveBucket
from adapters.aws.faults import code
from adapters.aws.found_items import scanned
from adapters.files import avro_files
from cli.backfilling import pages, sorted_out, wanted
from cli.deployment import Deployment
from cli.quarantined import bucket_of, quarantined
from domain.archive.change import Image
from domain.archive.kinds import KEYS, kind_of
from domain.archive.places import DATA, partition_prefix
from domain.archive.verification import MOVING, Findings, Key, Row, compare, key_of, latest
from domain.errors import Unavailable

AT_ONCE = 8  # objects read side by side
LOOKS = 5
OTHER = "other"  # items of no kind, by their keys in the table


@dataclass
class Standing:
    """The table as the archive would have it: rows of the date by kind and key, items of other dates, and items that are none's."""

    rows: dict[str, dict[Key, Row]] = field(default_factory=lambda: defaultdict(dict))
    elsewhere: dict[str, set[Key]] = field(default_factory=lambda: defaultdict(set))
    bad: dict[str, set[Key]] = field(default_factory=lambda: defaultdict(set))


def proven(deployment: Deployment, day: str, kinds: Collection[str]) -> dict[str, Findings]:
    """By kind, and `other` where the table has items of no kind. What cannot be a row has no date: it is told of with any.

    What changed within the last minute may still be on its way: a second look tells.
    """
    bucket = bucket_of(deployment)
    table = standing(deployment, day, kinds)
    parked = parked_in(bucket)
    return {
        kind: _at_last(partial(_compared, kind, day, table, parked[kind], bucket))
        for kind in (*kinds, *((OTHER,) if table.bad[OTHER] else ()))
    }


def _at_last(look: Callable[[], Findings]) -> Findings:
    """A compaction replaces a date's files at once: whoever finds one gone looks again."""
    for _ in range(LOOKS - 1):
        try:
            return look()
        except Unavailable as reason:
            if not isinstance(reason.__cause__, ClientError) or code(reason.__cause__) != "NoSuchKey":
                raise
    return look()


def _compared(kind: str, day: str, table: Standing, parked: Set[Key], bucket: ArchiveBucket) -> Findings:
    """Other dates are looked at where an item's last row may lie there: for kinds whose dates move, and for what seems left over."""
    wanted: dict[Key, Row] = {**table.rows[kind], **{key: {} for key in table.bad[kind]}}
    if kind == OTHER:
        return compare(kind, wanted, {}, parked=parked)
    compared = partial(compare, kind, wanted, parked=parked, elsewhere=table.elsewhere[kind])
    keys, place = list(bucket.keys(f"{DATA}{kind}/")), partition_prefix(kind, day)
    here = latest(kind, archived(bucket, kind, [key for key in keys if key.startswith(place)]))
    doubted = {*wanted, *here} if kind in MOVING else {*compared(here, parked=frozenset()).left_over}
    if not doubted:
        return compared(here)
    others = archived(bucket, kind, [key for key in keys if not key.startswith(place)])
    return compared(latest(kind, chain(here.values(), (row for row in others if key_of(kind, row) in doubted))))


def standing(deployment: Deployment, day: str, kinds: Collection[str]) -> Standing:
    """Read the whole table."""
    since, found = datetime.now(UTC), Standing()
    name = deployment.names["demand_table"]
    for page in pages(wanted(scanned(deployment.client("dynamodb"), name), kinds)):
        batch = sorted_out(page, since, name)
        for file in batch.files:
            rows = {key_of(file.kind, row): row for row in avro_files.read(file.body, file.kind)}
            if file.day == day:
                found.rows[file.kind].update(rows)
            else:
                found.elsewhere[file.kind].update(rows)
        for kind, key in (named(text) for it in batch.parked for text in it.events):
            found.bad[kind].add(key)
    return found


def archived(bucket: ArchiveBucket, kind: str, keys: Iterable[str]) -> Iterator[Row]:
    """Every row of these files, of which a few are held at a time."""
    waiting = (key for key in keys if key.endswith(".avro"))
    with ThreadPoolExecutor(AT_ONCE) as workers:
        while some := list(islice(waiting, AT_ONCE)):
            for key, body in zip(some, workers.map(bucket.read, some), strict=True):
                yield from avro_files.read(body, kind, key)


def parked_in(bucket: ArchiveBucket) -> dict[str, set[Key]]:
    """The items that records in errors/, or in batches that Lambda gave up on, tell of."""
    found: dict[str, set[Key]] = defaultdict(set)
    for kind, item in (named(held.text) for it in quarantined(bucket) for held in it.records):
        found[kind].add(item)
    return found


def named(text: str) -> tuple[str, Key]:
    """The kind and key of the item that a change record tells of; the keys of the table where it is of no kind."""
    try:
        change = orjson.loads(text)["dynamodb"]
        image: Image = change.get("NewImage") or change.get("OldImage") or {}
        kind = kind_of(str(image.get("type", {}).get("S")))
        if kind is None:
            return OTHER, (_text(change["Keys"]["PK"]), _text(change["Keys"]["SK"]))
        return kind, tuple(_text(image.get(name)) for name in KEYS[kind])
    except (ValueError, KeyError, TypeError, AttributeError):
        return OTHER, ("", "")


def _text(attribute: Any) -> str:
    return str(attribute.get("S", "")) if isinstance(attribute, dict) else ""

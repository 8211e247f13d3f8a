"""A partition's files in, fewer of them out: the new ones are there and proven before the old ones go."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from uuid import UUID

from adapters.aws.archive_versions import ArchiveVersions
from adapters.aws.leases import Lease
from adapters.files import avro_blocks
from adapters.files.avro_blocks import Container
from domain.archive.compaction import Partition, key_of, stamp
from domain.errors import Rejected, Unknown
from handlers.archive.compacting.reading import Reading

AVRO = "avro/binary"


@dataclass(frozen=True, slots=True)
class Replaced:
    """Files before and after, the rows that are left, and the duplicates that are not."""

    before: int = 0
    after: int = 0
    rows: int = 0
    duplicates: int = 0


def replace(partition: Partition, target: int, now: datetime, *, files: ArchiveVersions, lease: Lease) -> Replaced:
    """Every row of it is in some file at every moment, some of them twice: the views drop those.

    Whatever call it dies before, the next one finds old and new files together and does the same with all of them.
    Rejected: a file cannot be read or has a name of nobody's; nothing is done. Unknown: a new file is not what was written;
    the old ones stay. Unavailable: S3 does not answer, the lease is lost, or an old one was written anew meanwhile, and is still
    there; the others may be gone in part.
    """
    named, written, rows = stamp(partition, now), 0, 0
    reading = Reading(partition, files.read)
    for container in reading.containers(target):
        lease.keep()
        _store(container, partition, named, files)
        written, rows = written + 1, rows + container.rows
    lease.keep()
    files.delete(partition.files)
    return Replaced(len(partition.files), written, rows, reading.rows - rows)


def _store(container: Container, partition: Partition, named: str, files: ArchiveVersions) -> None:
    """Its name is its content's own: equal rows make equal files."""
    body = container.body()
    try:
        key = key_of(partition, named, str(UUID(bytes=md5(body, usedforsecurity=False).digest())))
    except ValueError as error:
        raise Rejected(str(error)) from error
    files.put(key, body, AVRO)
    if (found := avro_blocks.count(files.read(key), key)) != container.rows:
        raise Unknown(f"{key} has {found} rows and not the {container.rows} that were written")

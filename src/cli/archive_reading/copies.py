"""Files of the archive in, Parquet copies of them beside the command's other state out: each is read from Avro once."""

import os
import re
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

import pyarrow as pa
import pyarrow.parquet as pq

from adapters.files.avro_arrow import read_batches
from adapters.files.avro_schemas import schema
from adapters.files.hive_types import arrow
from cli.archive_reading.places import Found, Place
from domain.archive.columns import columns
from domain.archive.places import PARTITION
from domain.errors import Rejected

FETCHING = 4  # at once; each holds a file, which may be 128 MB
PLACE = 16  # letters of a place's digest, which its folder is named by
UNUSED = 30 * 86_400.0  # seconds that copies of a place are kept for, after it was asked last
OURS = re.compile(rf"[0-9a-f]{{{PLACE}}}").fullmatch


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies of one place's files, in a folder of their own below `root`."""

    place: Place
    root: Path

    def made(self, kind: str, found: Iterable[Found]) -> list[Path]:
        """One copy a file, made now where there is none yet. Vanished; Rejected: a file cannot be read; Unavailable."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)  # the archive's rows name people
        self.folder(kind).mkdir(parents=True, exist_ok=True)
        os.utime(self.folder(kind).parent)
        _tidy(self.root, time.time() - UNUSED)
        with ThreadPoolExecutor(FETCHING) as pool:
            return list(pool.map(self._copy, found))

    def drop(self, kind: str, but: Iterable[Found]) -> None:
        """Remove the copies of files that are no more, or are others by now."""
        kept = {self._path(found) for found in but}
        for path in set(self.folder(kind).glob("*.parquet")) - kept:
            path.unlink(missing_ok=True)

    def folder(self, kind: str) -> Path:
        return self.root / _digest(self.place.name)[:PLACE] / kind

    def _copy(self, found: Found) -> Path:
        path = self._path(found)
        if not path.exists():
            wanted = table_schema(found.kind)
            draft = path.with_suffix(f".{os.getpid()}")
            rows = read_batches(self.place.read(found.key), pa.schema(list(wanted)[:-1]), found.key, schema(found.kind))
            try:
                with pq.ParquetWriter(draft, wanted) as out:
                    for part in rows:
                        out.write_table(part.append_column(wanted.field(PARTITION), _repeated(found.day, len(part))))
                draft.replace(path)  # whole or not at all: another command may look for it
            finally:
                with suppress(FileNotFoundError):
                    draft.unlink()
        return path

    def _path(self, found: Found) -> Path:
        """Named for all that its content hangs on, so that it need never be looked into."""
        told = f"{found.key} {found.version} {table_schema(found.kind)}"
        return self.folder(found.kind) / f"{_digest(told)}.parquet"


def forget(root: Path) -> None:
    """Remove every copy: they name people who may have been erased from the archive since. What else lies there is not ours.

    Rejected: one cannot be removed, and still names them.
    """
    try:
        for place in filter(lambda path: OURS(path.name), root.iterdir() if root.is_dir() else ()):
            rmtree(place)
    except OSError as error:
        raise Rejected(f"the copies in {root} cannot be removed: {error.strerror or error}") from error


def _tidy(root: Path, before: float) -> None:
    """Remove the copies of places that nobody has asked since: each sandbox is a place of its own."""
    for place in root.iterdir():
        with suppress(FileNotFoundError):  # another command tidies too
            if OURS(place.name) and place.stat().st_mtime < before:
                rmtree(place, ignore_errors=True)


def table_schema(kind: str) -> pa.Schema:
    """As the Glue table has it, the partition's column last."""
    its = [(column.name, arrow(column.hive)) for column in columns(schema(kind))]
    return pa.schema([*its, (PARTITION, pa.string())])


def _repeated(value: str, times: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), times)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()

"""One query of a run in, where and under which tokens its rows are unloaded out, and the record that lets any later call go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from domain.solicitation.discretion import sayable
from domain.solicitation.program import Program, Query
from domain.solicitation.run import Run, bucket_ids

ATHENA_PARTITIONS = 100  # an UNLOAD writes no more partitions than this (Athena: considerations for UNLOAD)

UNREADABLE = "unreadable"

Status = Literal["STARTING", "RUNNING", "DONE", "FAILED"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One UNLOAD the warehouse has accepted: its id there, and the S3 folder (`s3://…/`) it writes to."""

    id: str
    location: str


@dataclass(frozen=True, slots=True)
class Running:
    """The warehouse has not finished the statement."""


@dataclass(frozen=True, slots=True)
class Done:
    """The statement has written `files` objects, by the warehouse's own manifest; `rows` where that counts them (Redshift)."""

    rows: int | None
    files: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The statement has ended without a result; `message` is the engine's own. `final`: the same text can never succeed."""

    message: str
    final: bool = False


State = Running | Done | Failed


@dataclass(frozen=True, slots=True)
class Extract:
    """How far one query of a run has come. `number` counts its tries from 1; each has its own folder, `prefix` (a key, no bucket).

    STARTING: recorded, perhaps accepted by the warehouse. RUNNING: its statements are known. `rows` and `files` count when DONE.
    """

    query: str
    number: int
    prefix: str
    status: Status
    started_at: datetime
    statements: tuple[Statement, ...] = ()
    rows: int | None = 0
    files: int = 0
    message: str = ""

    def folder(self, bucket: str) -> str:
        """The folder that holds the bucket's rows."""
        return f"{self.prefix}part-{int(bucket) // ATHENA_PARTITIONS}/bucket={bucket}/"

    def to_row(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "prefix": self.prefix,
            "status": self.status,
            "startedAt": self.started_at.isoformat(),
            "statements": [{"id": statement.id, "location": statement.location} for statement in self.statements],
            "rows": self.rows,
            "files": self.files,
            "message": self.message,
        }

    @classmethod
    def from_row(cls, query: str, row: Mapping[str, Any]) -> "Extract":
        return cls(
            query,
            int(row["number"]),
            row["prefix"],
            row["status"],
            datetime.fromisoformat(row["startedAt"]),
            tuple(Statement(statement["id"], statement["location"]) for statement in row["statements"]),
            row["rows"],
            int(row["files"]),
            row["message"],
        )


def first_try(run: Run, query: str, now: datetime) -> Extract:
    """A query's first try; a try after a failure has a fresh folder, since a failed UNLOAD leaves orphaned files."""
    return Extract(query, 1, f"{run.extract_prefix(query)}try-1/", "STARTING", now)


def next_try(run: Run, failed: Extract, now: datetime) -> Extract:
    number = failed.number + 1
    return Extract(failed.query, number, f"{run.extract_prefix(failed.query)}try-{number}/", "STARTING", now)


def queries_of(program: Program, run: Run) -> tuple[Query, ...]:
    """What a run extracts; a dry run writes no customer and so needs no contacts."""
    return program.queries if run.dry_run or program.contacts is None else (*program.queries, program.contacts)


def bucket_ranges(buckets: int) -> tuple[tuple[str, str], ...]:
    """First and last bucket of each statement; the n-th writes to `part-n/` (see `Extract.folder`)."""
    ids = bucket_ids(buckets)
    starts = range(0, buckets, ATHENA_PARTITIONS)
    return tuple((ids[start], ids[min(start + ATHENA_PARTITIONS, buckets) - 1]) for start in starts)


def token(extract: Extract, part: int) -> str:
    """What makes a repeated start of the same statement one statement: 64 characters (Athena wants 32 to 128, Redshift Data at most 64)."""
    return sha256(f"{extract.prefix}#{part}".encode()).hexdigest()


def settle(extract: Extract, states: Sequence[State]) -> Extract:
    """The extract after a look at all its statements: one failure fails it, all done finish it, else it runs on."""
    failures = [state for state in states if isinstance(state, Failed)]
    if failures:
        return replace(extract, status="FAILED", message=sayable(extract.query, failures[0].message))
    done = [state for state in states if isinstance(state, Done)]
    if len(done) < len(states):
        return extract
    counted = [state.rows for state in done if state.rows is not None]
    rows = sum(counted) if len(counted) == len(done) else None
    return replace(extract, status="DONE", rows=rows, files=sum(state.files for state in done))


def overdue(extract: Extract, now: datetime, timeout_minutes: int) -> bool:
    """Whether the extract has had all the time its connector gives it."""
    return now - extract.started_at >= timedelta(minutes=timeout_minutes)


def unreadable(place: str) -> dict[str, Any]:
    """What stands for an unloaded line that is no row: where it lies, and nothing of what it says. No target has this name."""
    return {UNREADABLE: place}


def wire_name(target: str) -> str:
    """A target's name in the unloaded rows. Athena and Redshift fold column names, even quoted ones, to lower case."""
    return target.lower()

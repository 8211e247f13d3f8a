"""A finished run's ledger and work files out of the sandbox into a folder, so that they can be read after it has stopped."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from adapters.aws.run_programs import key_of
from adapters.aws.runs import RunLedger
from adapters.files import jsonl
from domain.errors import Rejected
from domain.solicitation.program import Program
from domain.solicitation.run import Run, bucket_of, run_id
from domain.solicitation.story import STAGES
from sandbox.runtime import STATE, Sandbox

LEDGER, PROGRAM = "ledger.json", "program.json"


@dataclass(frozen=True)
class KeptRun:
    """One attempt of one run as files: `ledger.json` (the run's result), `program.json`, and `stages/bucket=NN/…`."""

    folder: Path

    @property
    def ledger(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / LEDGER).read_text())
        return document

    @property
    def program(self) -> Program:
        return Program.from_json(json.loads((self.folder / PROGRAM).read_text()))

    def rows_of(self, customer: str) -> dict[str, list[dict[str, Any]]]:
        """A customer's rows of each work file."""
        bucket = self.folder / "stages" / f"bucket={bucket_of(customer, self.program.buckets)}"
        return {
            stage: [row for row in _rows(bucket / f"{stage}.jsonl.gz") if row["customer"] == customer]
            for stage in STAGES
        }


def keep(sandbox: Sandbox, program: str, day: date, dry_run: str | None = None, folder: Path = STATE) -> KeptRun:
    """Copy the run's last attempt. Rejected: the sandbox knows no such run."""
    names = sandbox.address.names
    row = RunLedger(sandbox.client("dynamodb"), names["runs_table"]).row(program, day, run_id(program, day, dry_run))
    if row is None:
        raise Rejected(f"the sandbox has no run of {program} on {day}")
    run = Run.from_json(row["run"])
    kept = KeptRun(folder / run.prefix)
    s3, bucket = sandbox.client("s3"), names["work_bucket"]
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{run.prefix}/stages/"):
        for item in page.get("Contents", ()):
            _copy(s3, bucket, item["Key"], folder / item["Key"])
    _copy(s3, bucket, key_of(run.program_hash), kept.folder / PROGRAM)
    (kept.folder / LEDGER).write_text(json.dumps(row, indent=2))
    return kept


def found(program: str, day: date, folder: Path = STATE) -> KeptRun:
    """The newest kept attempt of a run, a dry one if there is no other. Rejected: none was kept."""
    runs = folder / "runs" / run_id(program, day)
    kept = [path.parent for path in (*runs.glob(f"attempt-*/{LEDGER}"), *runs.glob(f"dry-*/attempt-*/{LEDGER}"))]
    if not kept:
        raise Rejected(
            f"no run of {program} on {day} is known here: run it first, `ovation run {program} --date {day}`"
        )
    return KeptRun(max(kept, key=lambda path: (path.parent == runs, (path / LEDGER).stat().st_mtime)))


def _copy(s3: Any, bucket: str, key: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_file():
        with path.open("rb") as file:
            yield from jsonl.decode(file, path.name)

"""Schedule -> Runs: claim one program's run for one date, so that a second start ends as a duplicate."""

from datetime import UTC, datetime
from datetime import time as clock_time
from functools import cache
from pathlib import Path
from time import time
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.executions import Executions
from adapters.aws.run_programs import deployed_program, keep_program, load_program
from adapters.aws.runs import RunLedger
from adapters.aws.session import client
from adapters.aws.work_files import WorkFiles
from domain.errors import Rejected
from domain.solicitation.compiled import program_hash
from domain.solicitation.program import Program
from domain.solicitation.run import Run, bucket_ids, run_id
from domain.solicitation.stored import iso
from handlers.solicitation.settings import ClaimSettings

logger = Logger(service="claim")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return claim(event, now=time(), **live())


@cache
def live() -> dict[str, Any]:
    env = ClaimSettings.from_env()
    return {
        "ledger": RunLedger(client("dynamodb"), env.runs_table),
        "files": WorkFiles(client("s3"), env.work_bucket),
        "executions": Executions(client("stepfunctions")),
        "programs": Path(__file__).parents[2] / env.programs,
    }


def claim(
    event: dict[str, Any], *, now: float, ledger: RunLedger, files: WorkFiles, executions: Executions, programs: Path
) -> dict[str, Any]:
    """Claim the run of `event["program"]` on the UTC date of `event["scheduledTime"]` for `event["execution"]`."""
    hash, program = _program(event, files, programs)
    start = first_start(event, program, hash)
    if not program.enabled:
        return _answer("disabled", start, program, event)
    taken = ledger.claim(start, bool(event.get("rerun")), executions.running, now)
    logger.info("run", extra={"run_id": start.id, "outcome": taken.outcome, "attempt": taken.run.attempt})
    return _answer(taken.outcome, taken.run, program, event)


def first_start(event: dict[str, Any], program: Program, hash: str) -> Run:
    at = datetime.fromisoformat(event["scheduledTime"]).astimezone(UTC)
    dry_run = event.get("dryRun")
    return Run(
        id=run_id(program.id, at.date(), dry_run),
        program=program.id,
        program_hash=hash,
        date=at.date(),
        started_at=at,
        attempt=1,
        dry_run=bool(dry_run),
        holder=event["execution"],
    )


def _program(event: dict[str, Any], files: WorkFiles, programs: Path) -> tuple[str, Program]:
    """The program named by hash, put there by an operator, else the deployed one, kept under its hash for the run."""
    if given := event.get("programHash"):
        program = load_program(files, given)
        if program.id != event["program"]:
            raise Rejected(f"program hash {given} is {program.id}, not {event['program']}")
        return given, program
    program = Program.from_json(deployed_program(programs, event["program"]))
    keep_program(files, program_hash(program), program.to_json())
    return program_hash(program), program


def _answer(outcome: str, run: Run, program: Program, event: dict[str, Any]) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "run": run.to_json(),
        "buckets": bucket_ids(program.buckets),
        "contacts": program.contacts is not None and not run.dry_run,
        "earliest": _earliest(run, program, event),
    }


def _earliest(run: Run, program: Program, event: dict[str, Any]) -> dict[str, str]:
    """The instants before which what follows the batch waits, of the run's date; with `immediately` it waits for nothing."""
    started = datetime.fromisoformat(event["scheduledTime"]).astimezone(UTC)
    times = {} if event.get("immediately") else program.earliest
    return {
        job: iso(datetime.combine(run.date, clock_time.fromisoformat(times[job]), UTC) if job in times else started)
        for job in ("export", "campaign")
    }

"""Schedule -> Runs: claim one program's run for one date, so that a second start ends as a duplicate."""

from datetime import UTC, datetime
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
        return _answer("disabled", start, program)
    taken = ledger.claim(start, bool(event.get("rerun")), executions.running, now)
    logger.info("run", extra={"run_id": start.id, "outcome": taken.outcome, "attempt": taken.run.attempt})
    return _answer(taken.outcome, taken.run, program)


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


def _answer(outcome: str, run: Run, program: Program) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "run": run.to_json(),
        "buckets": bucket_ids(program.buckets),
        "contacts": program.contacts is not None and not run.dry_run,
    }

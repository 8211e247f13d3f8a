"""Work file + Customers -> work files: let one bucket's candidates through the program's filters."""

from collections import Counter
from functools import cache
from time import time
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.customers import Customers
from adapters.aws.run_programs import load_program
from adapters.aws.runs import RunLedger
from adapters.aws.session import client, dynamodb
from adapters.aws.work_files import WorkFiles
from domain.solicitation.candidate import Candidate
from domain.solicitation.filters import Verdict, screen
from domain.solicitation.run import Run
from handlers.solicitation.settings import FilterSettings

logger = Logger(service="filter")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return filter_bucket(Run.from_json(event["run"]), event["bucket"], started_at=time(), **live())


@cache
def live() -> dict[str, Any]:
    env = FilterSettings.from_env()
    tables = dynamodb()
    return {
        "ledger": RunLedger(tables, env.runs_table),
        "files": WorkFiles(client("s3"), env.work_bucket),
        "customers": Customers(tables, env.customers_table),
    }


def filter_bucket(
    run: Run, bucket: str, *, started_at: float, ledger: RunLedger, files: WorkFiles, customers: Customers
) -> dict[str, Any]:
    """Leave the eligible candidates, and one verdict for each other one."""
    ledger.check_held(run)
    program = load_program(files, run.program_hash)
    candidates = [Candidate.from_row(row) for row in files.read(run.work_key(bucket, "etl"))]
    histories = customers.histories(dict.fromkeys(candidate.customer for candidate in candidates), program)
    verdicts = list(screen(candidates, histories, program.filters, run.started_at))
    removed = [verdict for verdict in verdicts if verdict.filter]
    eligible = (verdict.candidate.to_row() for verdict in verdicts if not verdict.filter)
    files.write(run.work_key(bucket, "filter"), eligible)
    files.write(run.work_key(bucket, "verdicts"), map(_row, removed))
    counts = {
        "in": len(candidates),
        "out": len(verdicts) - len(removed),
        "removed": dict(Counter(verdict.filter for verdict in removed)),
        "reasons": dict(Counter(verdict.reason for verdict in removed)),
    }
    ledger.note(run, bucket, "filter", counts, started_at)
    logger.info("filter", extra={"run_id": run.id, "bucket": bucket, **counts})
    return counts


def _row(verdict: Verdict) -> dict[str, str | None]:
    customer, subject = verdict.candidate.key
    return {"customer": customer, "subject": subject, "filter": verdict.filter, "reason": verdict.reason}

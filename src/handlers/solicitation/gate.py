"""Runs -> verdict: let a run go on only when every unloaded row was read and few enough of them are bad."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.extracts import Extracts
from adapters.aws.run_programs import load_program
from adapters.aws.runs import RunLedger
from adapters.aws.session import client
from adapters.aws.work_files import WorkFiles
from domain.solicitation.books import admit
from domain.solicitation.run import Run
from handlers.solicitation.settings import GateSettings

logger = Logger(service="gate")


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    return gate(Run.from_json(event["run"]), **live())


@cache
def live() -> dict[str, Any]:
    env = GateSettings.from_env()
    ledger, files = RunLedger(client("dynamodb"), env.runs_table), WorkFiles(client("s3"), env.work_bucket)
    return {"ledger": ledger, "files": files, "extracts": Extracts(ledger.dynamodb, env.runs_table, files)}


def gate(run: Run, *, ledger: RunLedger, files: WorkFiles, extracts: Extracts) -> dict[str, int]:
    """Rejected: nothing has been stored yet, and nothing will be."""
    program = load_program(files, run.program_hash)
    counts = admit(program, ledger.buckets(run), extracts.written(run, [query.name for query in program.queries]))
    logger.info("gate", extra={"run_id": run.id, **counts})
    return counts

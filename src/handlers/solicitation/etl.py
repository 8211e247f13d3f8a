"""Unloaded rows -> work file: turn one bucket's warehouse rows into unified candidates, each customer and subject once."""

from collections import Counter
from functools import cache
from time import time
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.extracts import Extracts
from adapters.aws.run_programs import load_program
from adapters.aws.runs import RunLedger
from adapters.aws.session import client
from adapters.aws.work_files import WorkFiles
from domain.solicitation.intake import Intake, in_order, take_in
from domain.solicitation.run import Run
from handlers.solicitation.settings import EtlSettings

logger = Logger(service="etl")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return etl(Run.from_json(event["run"]), event["bucket"], started_at=time(), **live())


@cache
def live() -> dict[str, Any]:
    env = EtlSettings.from_env()
    ledger, files = RunLedger(client("dynamodb"), env.runs_table), WorkFiles(client("s3"), env.work_bucket)
    return {"ledger": ledger, "files": files, "extracts": Extracts(ledger.dynamodb, env.runs_table, files)}


def etl(
    run: Run, bucket: str, *, started_at: float, ledger: RunLedger, files: WorkFiles, extracts: Extracts
) -> dict[str, Any]:
    """Leave the bucket's candidates, duplicates and rejects; every row read is in exactly one of the three."""
    program = load_program(files, run.program_hash)
    keys = {query.name: extracts.keys(run, query.name, bucket) for query in program.queries}
    intake = take_in([(query, extracts.rows(keys[query.name])) for query in program.queries], program, run)
    files.write(run.work_key(bucket, "etl"), (candidate.to_row() for candidate in in_order(intake)))
    files.write(run.work_key(bucket, "duplicates"), intake.duplicates)
    files.write(run.work_key(bucket, "rejects"), intake.rejects)
    counts = {**_counts(intake), "files": {query: len(files) for query, files in keys.items()}}
    ledger.note(run, bucket, "etl", counts, started_at)
    logger.info("etl", extra={"run_id": run.id, "bucket": bucket, **counts})
    return counts


def _counts(intake: Intake) -> dict[str, Any]:
    return {
        "in": intake.read.total(),
        "rows": dict(intake.read),
        "out": len(intake.candidates),
        "duplicates": len(intake.duplicates),
        "rejected": len(intake.rejects),
        "reasons": dict(Counter(reject["reason"] for reject in intake.rejects)),
    }

"""Runs -> ledger, metrics, event: close the books of a run once every bucket has finished every stage."""

from functools import cache
from time import time
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.event_bus import EventBus
from adapters.aws.extracts import Extracts
from adapters.aws.run_programs import load_program
from adapters.aws.runs import RunLedger
from adapters.aws.session import client
from adapters.aws.work_files import WorkFiles
from domain.solicitation.books import check_contacts, close, share
from domain.solicitation.run import Run
from handlers.solicitation.settings import CompleteSettings

NAMESPACE = "Ovation/Solicitation"

logger = Logger(service="complete")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return complete(Run.from_json(event["run"]), now=time(), **live())


@cache
def live() -> dict[str, Any]:
    env = CompleteSettings.from_env()
    ledger, files = RunLedger(client("dynamodb"), env.runs_table), WorkFiles(client("s3"), env.work_bucket)
    return {
        "ledger": ledger,
        "files": files,
        "extracts": Extracts(ledger.dynamodb, env.runs_table, files),
        "bus": EventBus(client("events"), env.event_bus),
    }


def complete(
    run: Run, *, now: float, ledger: RunLedger, files: WorkFiles, extracts: Extracts, bus: EventBus
) -> dict[str, Any]:
    """The run's result, also kept in its ledger row. The event goes out first: a crash between the two repeats it, never loses it."""
    claimed_at = ledger.check_held(run)["claimedAt"]
    program, buckets = load_program(files, run.program_hash), ledger.buckets(run)
    if program.contacts and not run.dry_run:
        check_contacts(program, buckets, *extracts.written(run, [program.contacts.name]))
    result = close(run, program, buckets, now - claimed_at)
    if not run.dry_run:
        bus.publish("BatchCompleted", result)
    ledger.finish(run, result, now)
    if not run.dry_run:
        publish_metrics(result)
    logger.info(
        "complete", extra={name: result[name] for name in ("run_id", "extracted", "eligible", "stored", "seconds")}
    )
    return result


def publish_metrics(result: dict[str, Any]) -> None:
    """Counts, durations and the share of scores no model gave, by program; durations also by stage."""
    metrics = Metrics(namespace=NAMESPACE)
    metrics.add_dimension("Program", result["program"])
    for name in ("extracted", "rejected", "duplicates", "candidates", "eligible", "stored"):
        metrics.add_metric(name.capitalize(), MetricUnit.Count, result[name])
    fallback = result["scoring"]["fallback"]
    metrics.add_metric("Fallback", MetricUnit.Count, fallback)
    metrics.add_metric("FallbackShare", MetricUnit.NoUnit, share(fallback, result["eligible"]))
    metrics.add_metric("BatchSeconds", MetricUnit.Seconds, result["seconds"])
    metrics.flush_metrics()
    for stage, seconds in result["stage_seconds"].items():
        with single_metric("StageSeconds", MetricUnit.Seconds, seconds, namespace=NAMESPACE) as metric:
            metric.add_dimension("Program", result["program"])
            metric.add_dimension("Stage", stage)

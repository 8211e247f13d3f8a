"""Warehouse -> unloaded rows: start every query of a run once, wait a while, tell the machine whether to come back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from time import sleep
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.athena import Athena
from adapters.aws.extracts import Extracts
from adapters.aws.redshift import Redshift
from adapters.aws.run_programs import load_program
from adapters.aws.session import client
from adapters.aws.unload_sql import unloads
from adapters.aws.warehouse import Warehouse
from adapters.aws.work_files import WorkFiles
from domain.errors import Rejected, Unavailable
from domain.solicitation.discretion import sayable
from domain.solicitation.extraction import (
    Extract,
    Failed,
    first_try,
    next_try,
    overdue,
    queries_of,
    settle,
    token,
)
from domain.solicitation.program import Connector, Program, Query
from domain.solicitation.run import Run
from handlers.solicitation.settings import ExtractSettings

logger = Logger(service="extract")

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0  # seconds between two looks at the warehouse; each pause is half as long again


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    return extract(Run.from_json(event["run"]), **live())


@cache
def live() -> dict[str, Any]:
    env = ExtractSettings.from_env()
    files = WorkFiles(client("s3"), env.work_bucket)
    return {
        "extracts": Extracts(client("dynamodb"), env.runs_table, files),
        "warehouse": partial(warehouse_of, clients=cache(client)),
        "now": lambda: datetime.now(UTC),
        "pause": sleep,
        "patience_seconds": float(env.patience_seconds),
    }


def warehouse_of(connector: Connector, clients: Callable[[str], Any]) -> Warehouse:
    """The connector's engine; a client is built for the engines in use only, and once when `clients` remembers."""
    if connector.engine == "athena":
        return Athena(clients("athena"), clients("s3"), connector)
    return Redshift(clients("redshift-data"), clients("s3"), connector)


@dataclass(frozen=True)
class Source:
    """One query of a run, and the warehouse that answers it."""

    run: Run
    program: Program
    query: Query
    connector: Connector
    warehouse: Warehouse
    extracts: Extracts


def extract(
    run: Run,
    *,
    extracts: Extracts,
    warehouse: Callable[[Connector], Warehouse],
    now: Callable[[], datetime],
    pause: Callable[[float], None],
    patience_seconds: float,
) -> dict[str, str]:
    """DONE: every query is unloaded. RUNNING: call again. Whatever a call before this one started is gone on with.

    Raises with the engine's own message when a statement fails or its connector's time is up; the next call tries anew
    in a fresh folder.
    """
    program = load_program(extracts.files, run.program_hash)
    sources = [_source(run, program, query, warehouse, extracts) for query in queries_of(program, run)]
    known = extracts.read(run)
    current = [_begun(source, known.get(source.query.name), now()) for source in sources]
    if not _all_done(sources, current, now, pause, patience_seconds):
        return {"status": "RUNNING"}
    logger.info("extract", extra={"run_id": run.id, "attempt": run.attempt})
    return {"status": "DONE"}


def _all_done(
    sources: Sequence[Source],
    current: Sequence[Extract],
    now: Callable[[], datetime],
    pause: Callable[[float], None],
    patience_seconds: float,
) -> bool:
    """Look at the warehouse until all is done or patience has run out."""
    give_up, wait = now() + timedelta(seconds=patience_seconds), FIRST_PAUSE
    while True:
        current = [_looked_at(source, extract, now()) for source, extract in zip(sources, current, strict=True)]
        if all(extract.status == "DONE" for extract in current):
            return True
        if now() + timedelta(seconds=wait) > give_up:
            return False
        pause(wait)
        wait = min(wait * 1.5, LONGEST_PAUSE)


def _source(
    run: Run, program: Program, query: Query, warehouse: Callable[[Connector], Warehouse], extracts: Extracts
) -> Source:
    connector = program.connector(query.connector)
    return Source(run, program, query, connector, warehouse(connector), extracts)


def _begun(source: Source, known: Extract | None, now: datetime) -> Extract:
    """The extract with its statements running: recorded before the warehouse is asked, and again with what it answered."""
    if known is None or known.status == "FAILED":
        name = source.query.name
        fresh = next_try(source.run, known, now) if known else first_try(source.run, name, now)
        if not source.extracts.keep(source.run, fresh, known):
            fresh = source.extracts.read(source.run)[name]  # another call was first; we go on with its try
        known = fresh
    return _started(source, known) if known.status == "STARTING" else known


def _started(source: Source, extract: Extract) -> Extract:
    folder = f"s3://{source.extracts.files.bucket}/{extract.prefix}"
    try:
        statements = tuple(
            source.warehouse.start(unload, token(extract, part))
            for part, unload in enumerate(
                unloads(source.query, source.connector, source.run.date, source.program.buckets, folder)
            )
        )
    except Rejected as reason:
        message = sayable(extract.query, str(reason))
        source.extracts.keep(source.run, replace(extract, status="FAILED", message=message), extract)
        raise Rejected(message) from None  # the engine's own words are in the cause
    running = replace(extract, status="RUNNING", statements=statements)
    source.extracts.keep(source.run, running, extract)  # whoever is first: the tokens make them the same statements
    return running


def _looked_at(source: Source, extract: Extract, now: datetime) -> Extract:
    if extract.status == "DONE":
        return extract
    states = [source.warehouse.state(statement) for statement in extract.statements]
    after = settle(extract, states)
    if after.status == "RUNNING" and overdue(extract, now, source.connector.timeout_minutes):
        after = replace(
            extract, status="FAILED", message=f"not done after {source.connector.timeout_minutes} minutes, cancelled"
        )
    if after.status != extract.status:
        source.extracts.keep(source.run, after, extract)
    if after.status == "FAILED":
        for statement in extract.statements:
            source.warehouse.cancel(statement)
        final = any(isinstance(state, Failed) and state.final for state in states)
        raise (Rejected if final else Unavailable)(f"{source.connector.id}, query {source.query.name}: {after.message}")
    return after

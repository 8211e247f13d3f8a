"""Store outputs + the day's changes -> Parquet on S3: one UNLOAD a run, then the catalogue's partition points at it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from time import sleep
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.athena import Athena
from adapters.aws.catalogue import Catalogue
from adapters.aws.deliveries import Deliveries
from adapters.aws.extracts import Extracts
from adapters.aws.responses import Responses
from adapters.aws.run_programs import load_program
from adapters.aws.session import QUICK, client
from adapters.aws.warehouse import Unload
from adapters.aws.work_files import WorkFiles
from domain.errors import Rejected, Unavailable
from domain.solicitation.export import CANDIDATES, QUERY, STAGED, changes, label, staging, statement, target, window
from domain.solicitation.extraction import Extract, Failed, first_try, next_try, overdue, settle, token
from domain.solicitation.program import Connector
from domain.solicitation.run import Run, bucket_ids
from handlers.solicitation.complete import NAMESPACE
from handlers.solicitation.delivery_settings import ExportSettings

TIMEOUT_MINUTES = 30  # twice the mission's window (seed 001: 15 minutes)
PATIENCE = timedelta(seconds=20)  # how long one call waits for Athena before it hands back to the machine
PAUSE_SECONDS = 0.5

logger = Logger(service="export")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return export(Run.from_json(event["run"]), **live())


@cache
def live() -> dict[str, Any]:
    env = ExportSettings.from_env()
    dynamodb, s3 = client("dynamodb", QUICK), client("s3")
    ours = Connector("export", "athena", env.glue_database, workgroup=env.workgroup)
    exporter = Exporter(
        extracts=Extracts(dynamodb, env.runs_table, WorkFiles(s3, env.work_bucket)),
        deliveries=Deliveries(dynamodb, env.deliveries_table),
        responses=Responses(dynamodb, env.responses_table),
        catalogue=Catalogue(client("glue"), env.glue_database),
        athena=Athena(client("athena"), s3, ours),
        outputs=env.outputs_bucket,
    )
    return {"exporter": exporter, "now": lambda: datetime.now(UTC), "pause": sleep}


@dataclass(frozen=True)
class Exporter:
    """What an export needs; each of its steps may be repeated."""

    extracts: Extracts
    deliveries: Deliveries
    responses: Responses
    catalogue: Catalogue
    athena: Athena
    outputs: str

    def stage(self, run: Run, tried: Extract) -> None:
        """Lay out the inputs of one try, and let the catalogue know them."""
        files, folder = self.extracts.files, staging(run, tried)
        program = load_program(files, run.program_hash)
        for bucket in bucket_ids(program.buckets):
            files.copy(run.work_key(bucket, "score"), f"{folder}scored/{bucket}.jsonl.gz")
            files.copy(run.work_key(bucket, "store"), f"{folder}stored/{bucket}.jsonl.gz")
        start, end = window(run)
        answers = self.responses.between(run.program, start, end)
        files.write(f"{folder}changes/0.jsonl.gz", changes(self._sent(run, start, end), answers))
        for name, table in STAGED.items():
            self.catalogue.ensure(table, f"s3://{files.bucket}/runs/")
            self.catalogue.point(table, [label(run, tried)], f"s3://{files.bucket}/{folder}{name}/")

    def start(self, run: Run, tried: Extract) -> Extract:
        """The same try started twice is one statement."""
        location = f"s3://{self.outputs}/{target(run, tried)}"
        sql = statement(label(run, tried), location)
        results = f"s3://{self.outputs}/exports/results/"
        begun = self.athena.start(Unload(sql, (), location, results), token(tried, 0))
        return replace(tried, status="RUNNING", statements=(begun,))

    def publish(self, run: Run, tried: Extract) -> None:
        """Readers of the table see this try's files from now on."""
        self.catalogue.ensure(CANDIDATES, f"s3://{self.outputs}/exports/candidates/")
        values = [run.program, run.date.isoformat()]
        self.catalogue.point(CANDIDATES, values, f"s3://{self.outputs}/{target(run, tried)}")

    def _sent(self, run: Run, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        """What was sent in the window, by the campaigns of that day and of the two before: a late zone is sent to the day after."""
        for day in (start.date() - timedelta(days=back) for back in range(3)):
            for campaign in self.deliveries.campaigns(run.program, day):
                for delivery in self.deliveries.of_campaign(campaign["id"]):
                    if delivery.get("sentAt") and start <= datetime.fromisoformat(delivery["sentAt"]) < end:
                        yield delivery


def export(run: Run, *, exporter: Exporter, now: Any, pause: Any) -> dict[str, Any]:
    """DONE: the partition points at the run's rows. RUNNING: call again, it goes on with what an earlier call began.

    Raises with Athena's own message when the statement fails or takes too long; the next call tries anew in a fresh folder.
    """
    give_up = now() + PATIENCE
    tried = _begun(run, exporter, now())
    while tried.status != "DONE":
        tried = _looked_at(run, tried, exporter, now())
        if tried.status != "DONE":
            if now() > give_up:
                return {"status": "RUNNING"}
            pause(PAUSE_SECONDS)
    seconds = (now() - tried.started_at).total_seconds()
    with single_metric("ExportSeconds", MetricUnit.Seconds, seconds, namespace=NAMESPACE) as metric:
        metric.add_dimension("Program", run.program)
    logger.info("export", extra={"run_id": run.id, "files": tried.files})
    return {"status": "DONE", "location": f"s3://{exporter.outputs}/{target(run, tried)}", "files": tried.files}


def _begun(run: Run, exporter: Exporter, at: datetime) -> Extract:
    known = exporter.extracts.read(run).get(QUERY)
    if known is None or known.status == "FAILED":
        fresh = next_try(run, known, at) if known else first_try(run, QUERY, at)
        if not exporter.extracts.keep(run, fresh, known):
            fresh = exporter.extracts.read(run)[QUERY]  # another call was first; we go on with its try
        known = fresh
    if known.status != "STARTING":
        return known
    exporter.stage(run, known)
    running = exporter.start(run, known)
    exporter.extracts.keep(run, running, known)
    return running


def _looked_at(run: Run, tried: Extract, exporter: Exporter, at: datetime) -> Extract:
    state = exporter.athena.state(tried.statements[0])
    after = settle(tried, [state])
    if after.status == "RUNNING" and overdue(tried, at, TIMEOUT_MINUTES):
        after = replace(tried, status="FAILED", message=f"not done after {TIMEOUT_MINUTES} minutes, cancelled")
    if after.status == "DONE":
        exporter.publish(run, after)
    if after.status != tried.status:
        exporter.extracts.keep(run, after, tried)
    if after.status == "FAILED":
        exporter.athena.cancel(tried.statements[0])
        raise (Rejected if isinstance(state, Failed) and state.final else Unavailable)(f"export: {after.message}")
    return after

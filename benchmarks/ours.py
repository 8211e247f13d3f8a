"""Our side: one bucket from unloaded rows to stored candidates, through the four stages as they are deployed."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from adapters.aws.candidates import CandidateTable
from adapters.aws.champions import Champions
from adapters.aws.customers import Customers
from adapters.aws.endpoints import Endpoints
from adapters.aws.endpoints import runtime as model_runtime
from adapters.aws.extracts import Extracts
from adapters.aws.feature_store import ONE_TRY, FeatureStore
from adapters.aws.model_panel import ModelPanel
from adapters.aws.run_programs import keep_program
from adapters.aws.runs import RunLedger
from adapters.aws.score_cache import ScoreCache
from adapters.aws.session import client, dynamodb
from adapters.aws.work_files import WorkFiles
from adapters.files import jsonl
from benchmarks.facts import program
from benchmarks.wire import Wire
from domain.solicitation.extraction import first_try
from domain.solicitation.program import Query
from domain.solicitation.run import Run, run_id
from handlers.solicitation.etl import etl
from handlers.solicitation.filter import filter_bucket
from handlers.solicitation.score import score
from handlers.solicitation.store import store

DAY = date(2026, 11, 20)
RUN = Run(
    id=run_id("product-reviews", DAY),
    program="product-reviews",
    program_hash="0123456789abcdef",
    date=DAY,
    started_at=datetime(2026, 11, 20, 2, tzinfo=UTC),
    attempt=1,
    dry_run=False,
    holder="benchmark",
)


def query() -> Query:
    return program().queries[0]


def unload(wire: Wire, bucket: str, rows: Iterable[dict[str, Any]]) -> str:
    """Put a bucket's rows where the extract stage leaves them; the key."""
    key = f"{first_try(RUN, query().name, RUN.started_at).folder(bucket)}0.gz"
    wire.objects[key] = jsonl.encode(rows)
    return key


def run_row() -> dict[str, Any]:
    """The ledger's row of the run, its one extract done."""
    extract = {**first_try(RUN, query().name, RUN.started_at).to_row(), "status": "DONE"}
    return {"run": RUN.to_json(), "extracts": {query().name: extract}}


class Ours:
    """The stages' adapters, on clients made as the functions make them."""

    def __init__(self, wire: Wire) -> None:
        tables = wire.attach(dynamodb())
        self.files = WorkFiles(wire.attach(client("s3")), "work")
        self.ledger = RunLedger(tables, "Runs")
        self.extracts = Extracts(tables, "Runs", self.files)
        self.customers = Customers(tables, "Customers")
        features = FeatureStore(wire.attach(client("sagemaker-featurestore-runtime", ONE_TRY)))
        endpoints = Endpoints(lambda seconds: wire.attach(model_runtime(seconds)))
        self.panel = ModelPanel(ScoreCache(tables, "ScoreCache"), features, endpoints)
        self.champions = Champions(tables, "Controls")
        self.candidates = CandidateTable(tables, "Candidates")
        self.keep_program()

    def keep_program(self) -> None:
        """What `claim` leaves before the stages run."""
        keep_program(self.files, RUN.program_hash, program().to_json())

    def run(self, bucket: str) -> dict[str, Any]:
        """The counts of the last stage."""
        both = {"started_at": 0.0, "ledger": self.ledger, "files": self.files}
        etl(RUN, bucket, extracts=self.extracts, **both)
        filter_bucket(RUN, bucket, customers=self.customers, **both)
        score(RUN, bucket, panel=self.panel, champions=self.champions, **both)
        return store(RUN, bucket, candidates=self.candidates, **both)

"""Work file -> Candidates: store one bucket's scored candidates, and say what became of each."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from time import time
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.batch_items import KEYS_A_READ, chunks
from adapters.aws.candidates import CandidateTable
from adapters.aws.run_programs import load_program
from adapters.aws.runs import RunLedger
from adapters.aws.session import client, dynamodb
from adapters.aws.work_files import WorkFiles
from domain.errors import Unavailable
from domain.solicitation.candidate import band
from domain.solicitation.run import Run, bucket_of
from domain.solicitation.stored import Stored, decide, storer, withdrawable
from handlers.solicitation.settings import StoreSettings

logger = Logger(service="store")
ROUNDS = 5  # how often a candidate that changes under our hands is looked at again


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return store(Run.from_json(event["run"]), event["bucket"], started_at=time(), **live())


@cache
def live() -> dict[str, Any]:
    env = StoreSettings.from_env()
    tables = dynamodb()
    return {
        "ledger": RunLedger(tables, env.runs_table),
        "files": WorkFiles(client("s3"), env.work_bucket),
        "candidates": CandidateTable(tables, env.candidates_table),
    }


def store(
    run: Run, bucket: str, *, started_at: float, ledger: RunLedger, files: WorkFiles, candidates: CandidateTable
) -> dict[str, Any]:
    """Store each candidate once; of one that stands already, only what changed. A dry run says what would have been done."""
    ledger.check_held(run)
    program = load_program(files, run.program_hash)
    store_row = storer(program, run)
    results: list[dict[str, str]] = []
    bands: Counter[str] = Counter()
    items = 0
    for rows in chunks(files.read(run.work_key(bucket, "score")), KEYS_A_READ):
        page = [store_row(row) for row in rows]
        ledger.check_held(run)  # a stopped execution does not end the call it was in
        done, written = settle(page, run, candidates)
        items += written
        bands.update(band(row["score"]["value"]) for row in rows)
        results += (
            {"customer": row["customer"], "subject": row["subject"], "result": done[kept.key]}
            for row, kept in zip(rows, page, strict=True)
        )
    stays = {(result["customer"], result["subject"]) for result in results}
    refused = [store_row(row) for row in earlier(run, bucket, program.buckets, files) if _pair(row) not in stays]
    withdrawn = 0 if run.dry_run else withdraw(refused, candidates)
    files.write(run.work_key(bucket, "store"), results)
    counts = {
        **_counts(results),
        "items": items,
        "withdrawn": withdrawn,
        **{name: bands[name] for name in ("high", "medium", "low")},
    }
    ledger.note(run, bucket, "store", counts, started_at)
    logger.info("store", extra={"run_id": run.id, "bucket": bucket, "counts": counts})  # `created` is a LogRecord's own
    return counts


def settle(page: Sequence[Stored], run: Run, candidates: CandidateTable) -> tuple[dict[tuple[str, str], str], int]:
    """Bring a page of candidates into the table: the result of each by its key, and how many items were written.

    Unavailable: one of them kept changing while we looked, round after round.
    """
    results: dict[tuple[str, str], str] = {}
    items = 0
    pending = page
    for _ in range(ROUNDS):
        standing = candidates.standing(pending)
        choices = [(stored, decide(stored, standing.get(stored.key), run.started_at)) for stored in pending]
        results |= {stored.key: choice.result for stored, choice in choices}
        if run.dry_run:
            return results, 0
        items += candidates.create([stored for stored, choice in choices if choice.write == "create"])
        pending = []
        for stored in (stored for stored, choice in choices if choice.write == "replace"):
            written = candidates.replace(stored, standing[stored.key])
            items += written
            pending += [] if written else [stored]
        if not pending:
            return results, items
    raise Unavailable(f"{len(pending)} candidates of {run.id} kept changing")


def earlier(run: Run, bucket: str, buckets: int, files: WorkFiles) -> Iterator[dict[str, Any]]:
    """The bucket's candidates that earlier attempts of the run may have stored, each once, into however many buckets those cut."""
    known: set[tuple[str, str]] = set()
    for prefix in run.earlier_prefixes:
        for key in files.keys(f"{prefix}/stages/"):
            for row in files.read(key) if key.endswith("/score.jsonl.gz") else ():
                if bucket_of(row["customer"], buckets) == bucket and _pair(row) not in known:
                    known.add(_pair(row))
                    yield row


def withdraw(refused: Sequence[Stored], candidates: CandidateTable) -> int:
    """Take back what an earlier attempt stored and this one refuses; how many. What was asked or consumed meanwhile stays."""
    withdrawn = 0
    for page in chunks(refused, KEYS_A_READ):
        standing = candidates.standing(page)
        going = [stored for stored in page if withdrawable(stored, standing.get(stored.key))]
        candidates.sweep([stored for stored in going if stored.key not in standing])
        withdrawn += sum(
            candidates.withdraw(stored, standing[stored.key]) for stored in going if stored.key in standing
        )
    return withdrawn


def _pair(row: Mapping[str, Any]) -> tuple[str, str]:
    return (row["customer"], row["subject"])


def _counts(results: Sequence[dict[str, str]]) -> dict[str, int]:
    tally = Counter(result["result"] for result in results)
    outcomes = {name: tally[name] for name in ("created", "updated", "unchanged", "kept")}
    return {"in": len(results), "out": sum(outcomes.values()), **outcomes}

"""What the stages counted in, one result a run out, or the reason why the books do not balance."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.errors import Rejected
from domain.solicitation.program import Program
from domain.solicitation.run import Run, bucket_ids

Counts = Mapping[str, Any]
Buckets = Mapping[str, Mapping[str, Counts]]
AGAIN = "mend the rows, then start the run again with rerun, which unloads them anew"
STORE_RESULTS = ("created", "updated", "unchanged", "kept")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What one query's UNLOAD says it wrote; no `rows` from an engine whose manifest lists files only (Athena)."""

    query: str
    rows: int | None
    files: int


def admit(program: Program, buckets: Buckets, extracts: Sequence[Extracted]) -> dict[str, int]:
    """The gate before anything is stored. Rejected: rows are missing, or more of them are bad than the program accepts."""
    _finished("etl", program, buckets)
    read, rejected = _total(buckets, "etl", "in"), _total(buckets, "etl", "rejected")
    _all_read(program, buckets, extracts)
    if rejected > program.max_rejected_share * read:
        reasons = _counter(buckets, "etl", "reasons").most_common(3)
        raise Rejected(
            f"{program.id}: {rejected} of {read} rows are bad, more than maxRejectedShare {program.max_rejected_share:g}"
            f" ({', '.join(f'{reason} {count}' for reason, count in reasons)}): {AGAIN}"
        )
    return {"read": read, "rejected": rejected}


def _all_read(program: Program, buckets: Buckets, extracts: Sequence[Extracted]) -> None:
    """Every file the warehouse lists was read, each to its checked end, and every row it counts."""
    for extract in extracts:
        files, rows = _counter(buckets, "etl", "files")[extract.query], _counter(buckets, "etl", "rows")[extract.query]
        if files != extract.files:
            raise Rejected(f"{program.id}: {extract.query} unloaded {extract.files} files, {files} were read: {AGAIN}")
        if extract.rows not in (None, rows):
            raise Rejected(f"{program.id}: {extract.query} unloaded {extract.rows} rows, {rows} were read: {AGAIN}")


def check_contacts(program: Program, buckets: Buckets, extract: Extracted) -> None:
    """Rejected: contact data the warehouse unloaded was not read, for it expires a day after; only a rerun unloads it again."""
    _finished("contacts", program, buckets)
    if (read := _total(buckets, "contacts", "files")) != extract.files:
        raise Rejected(
            f"{program.id}: {extract.files} files of contacts were unloaded, {read} were read:"
            " if they have expired, start the run again with rerun"
        )


def close(run: Run, program: Program, buckets: Buckets, seconds: float) -> dict[str, Any]:
    """The run's result. Rejected: a bucket is missing, or what went into a stage did not come out of it."""
    for stage in ("etl", "filter", "score", "store"):
        _finished(stage, program, buckets)
    for bucket, stages in sorted(buckets.items()):
        _balance(bucket, stages)
    removed = _counter(buckets, "filter", "removed")
    candidates, eligible = _total(buckets, "etl", "out"), _total(buckets, "filter", "out")
    return {
        "run_id": run.id,
        "program": program.id,
        "date": run.date.isoformat(),
        "extracted": _total(buckets, "etl", "in"),
        "rejected": _total(buckets, "etl", "rejected"),
        "duplicates": _total(buckets, "etl", "duplicates"),
        "candidates": candidates,
        "filters": [
            {"filter": step.id, "removed": removed[step.id], "share": share(removed[step.id], candidates)}
            for step in program.filters
        ],
        "eligible": eligible,
        "scores": {level: _total(buckets, "score", level) for level in ("high", "medium", "low")},
        "stored": 0 if run.dry_run else _total(buckets, "store", "out"),
        "seconds": round(seconds, 3),
        "dry_run": run.dry_run,
        "attempt": run.attempt,
        "program_hash": run.program_hash,
        **_details(buckets),
    }


def _details(buckets: Buckets) -> dict[str, Any]:
    """What the funnel's numbers are made of."""
    return {
        "reasons": {
            "rejected": dict(_counter(buckets, "etl", "reasons")),
            "filters": dict(_counter(buckets, "filter", "reasons")),
        },
        "scoring": {name: _total(buckets, "score", name) for name in ("cached", "fallback")},
        "store": {name: _total(buckets, "store", name) for name in (*STORE_RESULTS, "withdrawn", "items")},
        "stage_seconds": stage_seconds(buckets),
    }


def share(part: int, whole: int) -> float:
    """A share of the unique candidates, four decimals; none of nothing is 0."""
    return round(part / whole, 4) if whole else 0.0


def stage_seconds(buckets: Buckets) -> dict[str, float]:
    """Seconds in which any bucket was in the stage, pauses between them left out; the clocks are those of the functions."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for stages in buckets.values():
        for stage, counts in stages.items():
            spans.setdefault(stage, []).append((float(counts["startedAt"]), float(counts["finishedAt"])))
    return {stage: round(_busy(sorted(times)), 3) for stage, times in sorted(spans.items())}


def _busy(spans: Sequence[tuple[float, float]]) -> float:
    """The length of the union of spans that come in the order of their starts."""
    busy, until = 0.0, float("-inf")
    for started, finished in spans:
        busy += max(0.0, finished - max(started, until))
        until = max(until, finished)
    return busy


def _finished(stage: str, program: Program, buckets: Buckets) -> None:
    missing = [bucket for bucket in bucket_ids(program.buckets) if stage not in buckets.get(bucket, {})]
    if missing:
        raise Rejected(f"{program.id}: {stage} did not finish {len(missing)} buckets: {', '.join(missing[:10])}")


def _balance(bucket: str, stages: Mapping[str, Counts]) -> None:
    etl, filtered, scored, stored = (stages[stage] for stage in ("etl", "filter", "score", "store"))
    books = {
        "etl: rows read = candidates + duplicates + rejects": (
            etl["in"],
            etl["out"] + etl["duplicates"] + etl["rejected"],
        ),
        "filter: candidates = eligible + removed": (etl["out"], filtered["out"] + sum(filtered["removed"].values())),
        "score: eligible = scored": (filtered["out"], scored["out"]),
        "score: scored = high + medium + low": (scored["out"], sum(scored[band] for band in ("high", "medium", "low"))),
        "store: scored = results": (scored["out"], sum(stored[result] for result in STORE_RESULTS)),
    }
    for book, (left, right) in books.items():
        if left != right:
            raise Rejected(f"bucket {bucket}: {book} does not hold: {left} and {right}")


def _total(buckets: Buckets, stage: str, name: str) -> int:
    return sum(int(stages[stage][name]) for stages in buckets.values())


def _counter(buckets: Buckets, stage: str, name: str) -> Counter[str]:
    return _sum(stages[stage].get(name, {}) for stages in buckets.values())


def _sum(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update({name: int(number) for name, number in count.items()})
    return total

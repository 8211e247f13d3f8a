"""Fans' rows of the Scores table -> its counts: recounted every night or when asked, and mended where they have drifted."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.score_counts import ScoreCounts
from adapters.aws.score_rows import ScoreRows
from adapters.aws.session import dynamodb
from domain.scores.reconciling import Finding, Recount, differing, fence, found, merged, recount
from handlers.scores.settings import NAMESPACE, ReconcileCountsSettings

logger = Logger(service="reconcile_counts")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return reconcile_counts(event, lambda: datetime.now(UTC), time.sleep, **live())


@cache
def live() -> dict[str, Any]:
    env = ReconcileCountsSettings.from_env()
    return {
        "rows": ScoreRows(dynamodb(), env.scores_table),
        "counts": ScoreCounts(dynamodb(), env.scores_table),
        "quiet": float(env.quiet_seconds),
    }


def reconcile_counts(
    event: Mapping[str, Any],
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    *,
    rows: ScoreRows,
    counts: ScoreCounts,
    quiet: float,
) -> dict[str, Any]:
    """All campaigns, or the event's `campaignId`. `quiet` is in seconds, and only waited for when counts differ.

    Answers {campaigns: [{campaignId, counted, recounted, drift, repaired, busy}]}. A busy campaign stays as it is: its rows or counts
    moved meanwhile. Unavailable: the table is out of reach; what was repaired stays so.
    """
    campaign = event.get("campaignId")
    first = _look(rows, campaign)
    ended, standing = clock(), counts.read(first)
    suspects = differing(first, standing)
    findings = {it: Finding(it, standing[it], look.figures) for it, look in first.items()}
    if suspects:
        sleep(quiet)
        standing = counts.read(suspects)
        line = fence(ended, clock())
        second = _look(rows, campaign)
        for it in suspects:
            finding = found(it, first[it], second.get(it, Recount()), standing[it])
            findings[it] = _mended(finding, counts, line, clock)
    return tell([findings[it] for it in sorted(findings)])


def _look(rows: ScoreRows, campaign: str | None) -> dict[str, Recount]:
    """Every campaign that has rows or counts; the one asked for even if it has neither."""
    with ThreadPoolExecutor(rows.segments) as readers:
        parts = readers.map(lambda number: recount(rows.segment(number, campaign)), range(rows.segments))
        return ({campaign: Recount()} if campaign else {}) | merged(parts)


def _mended(finding: Finding, counts: ScoreCounts, line: datetime, clock: Callable[[], datetime]) -> Finding:
    if finding.busy or not finding.drift:
        return finding
    done = counts.repair(finding.campaign, finding.recounted, finding.counts, line, clock())
    return replace(finding, repaired=done, busy=not done)


def tell(findings: Sequence[Finding]) -> dict[str, Any]:
    """A line a campaign that differs, the sums as metrics. The drift of a busy campaign is no drift yet."""
    answer = [
        {
            "campaignId": it.campaign,
            "counted": it.counts.figures.by_name(),
            "recounted": it.recounted.by_name(),
            "drift": it.drift,
            "repaired": it.repaired,
            "busy": it.busy,
        }
        for it in findings
    ]
    for one in answer:
        if one["drift"]:
            logger.error("drift", extra=one)
    figures = {
        "CountDrift": sum(it.drift for it in findings if not it.busy),
        "CountsRepaired": sum(it.repaired for it in findings),
        "CountsBusy": sum(it.busy for it in findings),
    }
    for name, number in figures.items():
        with single_metric(name, MetricUnit.Count, number, namespace=NAMESPACE):
            pass
    return {"campaigns": answer}

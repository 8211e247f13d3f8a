"""The messages of one campaign in, its verdict told and marked out; or what they wait for, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger

from adapters.aws.load_ledger import LoadLedger
from adapters.aws.score_counts import ScoreCounts
from adapters.aws.verdict_queue import VerdictQueue
from adapters.http.outside import Throttled
from adapters.http.slack import Refused
from domain.errors import Unavailable, Unknown
from domain.scores.load import INCOMPLETE, Load
from domain.scores.report import Reported
from domain.scores.verdict import Due, Patience, Verdict, verdict
from handlers.scores.reporting.announcing import Announcer

logger = Logger(service="verdict_reporter")


@dataclass(frozen=True)
class Desk:
    """All that a verdict needs. `retry`: until one that is not settled is looked at again."""

    loads: LoadLedger
    counts: ScoreCounts
    announcer: Announcer
    queue: VerdictQueue
    patience: Patience
    retry: timedelta


@dataclass(slots=True)
class Outcome:
    """What became of one campaign: its messages that are `waiting` come again after `seconds`."""

    waiting: Sequence[Due]
    seconds: float
    missing: tuple[str, ...] = ()
    posts: int = 0
    incomplete: int = 0


def settle(asked: Sequence[Due], now: datetime, worker: str, desk: Desk) -> Outcome:
    """Told first and marked then, so that all of it may be repeated from any point on."""
    outcome = Outcome(asked, desk.retry.total_seconds())
    try:
        found = told(asked[0].campaign, asked, now, worker, desk, outcome)
    except (Unavailable, Unknown) as reason:
        outcome.missing = (str(reason),)
        outcome.seconds = max(outcome.seconds, reason.seconds if isinstance(reason, Throttled) else 0)
        if isinstance(reason, Refused):
            logger.error("Slack says no", extra={"campaign": asked[0].campaign, "reason": str(reason)})
    else:
        outcome.waiting, outcome.missing = found.waiting, found.missing
    return outcome


def told(campaign: str, asked: Sequence[Due], now: datetime, worker: str, desk: Desk, outcome: Outcome) -> Verdict:
    """Read in the order that `verdict` asks for: figures that are older than what Slack has heard cannot be claimed."""
    slate, finished = desk.announcer.slate(campaign, worker, now)
    outcome.posts += finished
    loads = heard(campaign, slate.last, now, desk.loads)
    found = verdict(asked, loads, desk.counts.read([campaign])[campaign], slate.last, now, desk.patience)
    if found.report:
        outcome.posts += desk.announcer.announce(found.report, worker, now)
        outcome.incomplete += found.outcome == INCOMPLETE
    for load in found.settles:
        desk.loads.settled(campaign, load, found.outcome, now)
    about = {"campaign": campaign, "loads": list(found.settles), "outcome": found.outcome}
    if found.settles or found.report:
        logger.info("told" if found.report else "nothing new to tell", extra=about)
    return found


def heard(campaign: str, last: Reported | None, now: datetime, ledger: LoadLedger) -> list[Load]:
    """The campaign's loads; those that Slack was told of by somebody who died before marking them are marked."""
    loads = ledger.loads(campaign)
    unmarked = [it.load for it in loads if last and it.load in last.loads and it.settled_as is None]
    if last is None or not unmarked:
        return loads
    for load in unmarked:
        ledger.settled(campaign, load, last.outcome, now)
    return ledger.loads(campaign)

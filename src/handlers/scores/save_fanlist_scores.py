"""S3 -> Scores table, campaign data stream: the fans of a third party's list, each with the highest score it has of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.load_ledger import LoadLedger
from adapters.aws.message_delays import put_off
from adapters.aws.quick_bodies import quicken
from adapters.aws.score_files import CONFIG as FILES
from adapters.aws.score_files import ScoreFiles
from adapters.aws.score_stream import CONFIG as STREAM
from adapters.aws.score_stream import ScoreStream
from adapters.aws.score_table import CONFIG as TABLE
from adapters.aws.score_table import ScoreTable
from adapters.aws.service_secrets import ServiceSecrets
from adapters.aws.session import QUICK, client
from adapters.aws.verdict_queue import VerdictQueue
from adapters.http.campaign_service import CampaignService
from adapters.http.outside import http
from domain.errors import Rejected, Unavailable
from domain.scores.arrivals import arrivals
from domain.scores.drop import FANS, Drop, dropped
from handlers.scores.fanlists.saving import Saving
from handlers.scores.loading.messages import Message, messages, seconds_until_again
from handlers.scores.settings import NAMESPACE, SaveFanlistScoresSettings

COUNTS = {
    "input": ("in", "invalid", "duplicate", "valid"),
    "dynamo": ("in", "failed", "out", "rejected"),
    "stream": ("in", "failed", "out"),
}

logger = Logger(service="save_fanlist_scores")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return save_fanlist_scores(event, context.aws_request_id, context.get_remaining_time_in_millis, **live())


@cache
def live() -> dict[str, Any]:
    env = SaveFanlistScoresSettings.from_env()
    return {
        "ledger": LoadLedger(client("dynamodb", QUICK), env.scores_table),
        "files": ScoreFiles(client("s3", FILES)),
        "table": ScoreTable(quicken(client("dynamodb", TABLE)), env.scores_table),
        "stream": ScoreStream(client("kinesis", STREAM), env.campaign_data_stream),
        "campaigns": CampaignService(
            http(), env.campaign_service_url, ServiceSecrets(client("secretsmanager"), env.services_secret)
        ),
        "verdicts": VerdictQueue(client("sqs"), env.verdict_queue_url),
        "put_off": partial(put_off, client("sqs"), env.files_queue_url),
        "bucket": env.scoring_bucket,
        "clock": lambda: datetime.now(UTC),
    }


def save_fanlist_scores(
    event: Mapping[str, Any],
    holder: str,
    remaining: Callable[[], int],
    *,
    put_off: Callable[[str, float], object],
    **tools: Any,
) -> dict[str, Any]:
    """SQS messages with the events of files, or such an event by itself. Answers what this invocation did, in the seed's groups:
    the rows of files that it was first to read, the table's and the stream's records; and the messages that must come again.

    Unavailable: an event by itself whose file is not at its end.
    """
    saving = Saving(holder, remaining, **tools)
    try:
        left = [it.id for it in messages(event) if not _done(it, saving, put_off)]
    finally:
        answer = tell(saving)
    return {**answer, "batchItemFailures": [{"itemIdentifier": it} for it in left]}


def _done(message: Message, saving: Saving, put_off: Callable[[str, float], object]) -> bool:
    """False: it comes again, at once where only the time ran out, behind another one's lease where there is one."""
    try:
        _save(message.body, saving)
    except Unavailable as reason:
        if message.id is None:
            raise
        logger.warning("comes again", extra={"reason": str(reason)})
        with suppress(Unavailable):
            put_off(message.receipt, seconds_until_again(reason, saving.clock()))
        return False
    return True


def _save(told: Any, saving: Saving) -> None:
    """All files that the event tells of. What is none of ours is logged, and never asked for again."""
    for drop in list(_drops(told, saving)):
        saving.save(drop)


def _drops(told: Any, saving: Saving) -> Iterator[Drop]:
    with _refusals(saving):
        for arrival in arrivals(told):
            with _refusals(saving):
                yield _fanlist(dropped(arrival))


@contextmanager
def _refusals(saving: Saving) -> Iterator[None]:
    try:
        yield
    except Rejected as why:
        logger.error("no fanlist", extra={"reason": str(why)})
        saving.counts["files", "rejected"] += 1


def _fanlist(drop: Drop) -> Drop:
    if drop.kind != FANS:
        raise Rejected(f"{drop.arrival.key}: no list of fans, but of {drop.kind}")
    return drop


def tell(saving: Saving) -> dict[str, dict[str, int]]:
    """The seed's nested counts, the same as metrics: `FanlistDynamoOut` is `dynamo.out`."""
    counts = saving.counts
    answer = {group: {name: counts[group, name] for name in names} for group, names in COUNTS.items()}
    for group, found in answer.items():
        for name, count in found.items():
            metric(f"Fanlist{group.title()}{name.title()}", MetricUnit.Count, count)
    for _ in range(counts["files", "rejected"]):
        metric("RejectedFiles", MetricUnit.Count, 1)
    for share in saving.shares:
        metric("InvalidShare", MetricUnit.Percent, share)
    return answer


def metric(name: str, unit: MetricUnit, value: float) -> None:
    with single_metric(name, unit, value, namespace=NAMESPACE):
        pass

"""SQS -> Slack: of each campaign whose loads are counted to the end, one post a result; what is not settled yet comes again."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import orjson
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.load_ledger import LoadLedger
from adapters.aws.score_counts import ScoreCounts
from adapters.aws.service_secrets import ServiceSecrets
from adapters.aws.session import client
from adapters.aws.verdict_ledger import VerdictLedger
from adapters.aws.verdict_queue import VerdictQueue
from adapters.http.campaign_service import CampaignService
from adapters.http.outside import http
from adapters.http.slack import Slack
from domain.errors import Rejected, Unavailable
from domain.scores.verdict import Due, Patience, due
from handlers.scores.reporting.announcing import Announcer
from handlers.scores.reporting.settling import Desk, Outcome, settle
from handlers.scores.settings import NAMESPACE, VerdictReporterSettings

logger = Logger(service="verdict_reporter")
AT_ONCE = 10  # campaigns; SQS hands over no more messages


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return verdict_reporter(event["Records"], now=datetime.now(UTC), worker=uuid4().hex, desk=live())


@cache
def live() -> Desk:
    env = VerdictReporterSettings.from_env()
    dynamodb, tokens = client("dynamodb"), ServiceSecrets(client("secretsmanager"), env.services_secret)
    return Desk(
        LoadLedger(dynamodb, env.scores_table),
        ScoreCounts(dynamodb, env.scores_table),
        Announcer(
            VerdictLedger(dynamodb, env.scores_table),
            Slack(env.slack_url, tokens),
            CampaignService(http(), env.campaign_service_url, tokens),
            env.slack_channel,
            env.environment,
        ),
        VerdictQueue(client("sqs"), env.verdict_queue_url),
        Patience(timedelta(seconds=float(env.quiet_seconds)), timedelta(seconds=float(env.deadline_seconds))),
        timedelta(seconds=float(env.retry_seconds)),
    )


def verdict_reporter(records: Sequence[Any], *, now: datetime, worker: str, desk: Desk) -> dict[str, Any]:
    """Each campaign once, several at a time. A message that waits is put off, and named so that SQS keeps it."""
    asked = arrived(records)
    campaigns: dict[str, list[Due]] = {}
    for it in asked.values():
        campaigns.setdefault(it.campaign, []).append(it)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        settled = pool.map(lambda messages: settle(messages, now, worker, desk), campaigns.values())
        outcomes = dict(zip(campaigns, settled, strict=True))
    back = [record for record in records if waits(asked.get(record["messageId"]), outcomes)]
    for record in back:
        it = asked[record["messageId"]]
        put_off(record, it, outcomes[it.campaign], desk.queue)
    posts = sum(it.posts for it in outcomes.values())
    measure(
        SlackPosts=posts, VerdictsPutOff=len(back), VerdictsIncomplete=sum(it.incomplete for it in outcomes.values())
    )
    counts = {"requeue": {"success": len(back)}, "slack": {"success": posts}, "input": len(records)}
    return {"counts": counts, "batchItemFailures": [{"itemIdentifier": it["messageId"]} for it in back]}


def arrived(records: Sequence[Any]) -> dict[str, Due]:
    """By message; one that names no campaign can never be settled, and goes."""
    found = {}
    for record in records:
        sent_at = datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, UTC)
        try:
            found[record["messageId"]] = due(document(record["body"]), sent_at)
        except Rejected as reason:
            logger.error("no verdict is due", extra={"message_id": record["messageId"], "reason": str(reason)})
    return found


def document(body: str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def waits(it: Due | None, outcomes: Mapping[str, Outcome]) -> bool:
    return it is not None and it in outcomes[it.campaign].waiting


def put_off(record: Any, it: Due, outcome: Outcome, queue: VerdictQueue) -> None:
    """By visibility: nothing is sent, so nothing can be lost. If even that fails, it comes when the queue's own time is over."""
    about = {"campaign": it.campaign, "load": it.load, "missing": list(outcome.missing), "seconds": outcome.seconds}
    logger.info("put off", extra={**about, "received": record["attributes"].get("ApproximateReceiveCount")})
    with suppress(Unavailable):
        queue.put_off(record["receiptHandle"], outcome.seconds)


def measure(**counts: int) -> None:
    for name, count in counts.items():
        with single_metric(name, MetricUnit.Count, count, namespace=NAMESPACE):
            pass

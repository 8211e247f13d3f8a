"""scoresStream, and the queue of what had to wait -> Entry Service: the first choices of fans, with their markets' ids."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from adapters.aws.entry_ledger import EntryLedger
from adapters.aws.parked_records import ParkedRecords
from adapters.aws.score_table import ScoreTable
from adapters.aws.service_secrets import ServiceSecrets
from adapters.aws.session import client, dynamodb
from adapters.aws.waiting_entries import WaitingEntries
from adapters.http.campaign_service import CampaignService
from adapters.http.entry_service import EntryService
from adapters.http.outside import http
from handlers.scores.entering.again import offer_again
from handlers.scores.entering.batch import enter
from handlers.scores.entering.desk import Clock, Desk
from handlers.scores.entering.tally import Tally
from handlers.scores.settings import SaveEntryScoringSettings


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return save_entry_scoring(event["Records"], datetime.now(UTC), context.get_remaining_time_in_millis, desk=live())


@cache
def live() -> Desk:
    env = SaveEntryScoringSettings.from_env()
    session, tokens, s3 = http(), ServiceSecrets(client("secretsmanager"), env.services_secret), client("s3")
    tables = dynamodb()
    return Desk(
        campaigns=CampaignService(session, env.campaign_service_url, tokens),
        entries=EntryService(session, env.entry_service_url, env.entry_path, tokens),
        table=ScoreTable(tables, env.scores_table),
        ledger=EntryLedger(tables, env.scores_table),
        waiting=WaitingEntries(s3, env.scoring_bucket, client("sqs"), env.entry_retry_queue_url),
        parked=ParkedRecords(s3, env.scoring_bucket, "save_entry_scoring"),
    )


def save_entry_scoring(
    records: Sequence[Mapping[str, Any]], now: datetime, remaining: Callable[[], int], *, desk: Desk
) -> dict[str, Any]:
    """Records of the stream, or messages of the queue; `remaining` is in milliseconds.

    Answers {count: {records, input, scoring, entries, inserted, updated, found}} of what was settled, where `input` and `scoring`
    count campaigns, and what must come again. An offer that the service does not take waits in the queue and blocks no other.
    """
    clock, tally = Clock(now, remaining), Tally()
    if records[0]["eventSource"] == "aws:sqs":
        failed = offer_again(records, clock, desk, tally)
    else:
        first = enter(records, clock, desk, tally)
        failed = [first] if first else []
    return {"count": tally.told(), "batchItemFailures": [{"itemIdentifier": id} for id in failed]}

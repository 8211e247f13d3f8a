"""SQS, for S3 -> scoresStream: every fan of a scored file as one record a chunk, and the word that a verdict is due."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws import score_files, score_stream
from adapters.aws.load_ledger import LoadLedger
from adapters.aws.message_delays import put_off
from adapters.aws.score_files import ScoreFiles
from adapters.aws.score_stream import ScoreStream
from adapters.aws.session import QUICK, client
from adapters.aws.verdict_queue import VerdictQueue
from domain.errors import Rejected, Unavailable
from domain.scores.arrivals import arrivals
from domain.scores.drop import REGISTRANTS, Arrival, Drop, dropped
from domain.scores.load import ANSWERED, LOADED, LOADING, REJECTED, Progress, Standing
from handlers.scores.loading.messages import Message, messages, seconds_until_again
from handlers.scores.loading.reading import Desk, Turn
from handlers.scores.settings import NAMESPACE, LoadScoresToStreamSettings

METRICS = {"in": "RowsIn", "out": "RowsOut", "valid": "RowsValid", "invalid": "RowsInvalid", "failed": "RowsFailed"}

logger = Logger(service="load_scores_to_stream")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return load_scores_to_stream(event, context.aws_request_id, context.get_remaining_time_in_millis, desk=live())


@cache
def live() -> Desk:
    env, sqs = LoadScoresToStreamSettings.from_env(), client("sqs")
    return Desk(
        files=ScoreFiles(client("s3", score_files.CONFIG)),
        stream=ScoreStream(client("kinesis", score_stream.CONFIG), env.scores_stream),
        ledger=LoadLedger(client("dynamodb", QUICK), env.scores_table),
        verdicts=VerdictQueue(sqs, env.verdict_queue_url),
        put_off=partial(put_off, sqs, env.files_queue_url),
        bucket=env.scoring_bucket,
        chunk_rows=int(env.chunk_rows),
    )


def load_scores_to_stream(
    event: Mapping[str, Any], holder: str, remaining: Callable[[], int], *, desk: Desk
) -> dict[str, Any]:
    """Load the files that the messages, or the event itself, tell of. `remaining`: milliseconds of the call.

    Answers the figures of the loads that are at their end, and the messages that must come again: a file that is not goes on where
    it stopped. Unavailable: the same, of a call by hand, which nobody repeats.
    """
    count, failed = Counter(dict.fromkeys(ANSWERED, 0)), []
    for message in messages(event):
        try:
            for arrival in told_of(message):
                progress = taken(arrival, holder, remaining, desk)
                count.update({name: progress.figures[name] for name in ANSWERED})
        except Unavailable as reason:
            if message.id is None:
                raise
            come_again(message, reason, desk)
            failed.append({"itemIdentifier": message.id})
    return {"count": dict(count), "batchItemFailures": failed}


def told_of(message: Message) -> list[Arrival]:
    """None, of a message that no delivery will make good."""
    try:
        return arrivals(message.body)
    except Rejected as reason:
        reject(str(reason))
        return []


def taken(arrival: Arrival, holder: str, remaining: Callable[[], int], desk: Desk) -> Progress:
    """Bring one file to its end, however far others have brought it. Unavailable: it has not come there."""
    try:
        drop = of_registrants(arrival)
    except Rejected as reason:
        reject(str(reason), key=arrival.key)
        return Progress()
    standing = desk.ledger.begin(drop, holder, desk.clock())
    turn = Turn(desk, standing.drop, holder, remaining)
    if standing.state == LOADING:
        standing = loaded(turn, standing)
    if standing.state == LOADED and not standing.told:
        turn.tell(standing.progress)
    return standing.progress


def of_registrants(arrival: Arrival) -> Drop:
    drop = dropped(arrival)
    if drop.kind != REGISTRANTS:
        raise Rejected(f"{arrival.key}: a {drop.kind} has a function of its own")
    return drop


def loaded(turn: Turn, standing: Standing) -> Standing:
    """As the load stands when the file was read to its end, or was found to be none. Unavailable: it goes on from where it is."""
    progress = standing.progress
    try:
        with turn.given_back():
            for reached in turn.read(standing.progress):
                progress = reached
    except Rejected as reason:
        turn.reject(str(reason), progress)
        reject(str(reason), load=turn.drop.load, campaign=turn.drop.campaign)
        return replace(standing, state=REJECTED, progress=progress)
    finally:
        measure(progress.since(standing.progress))
    end(turn.drop, progress)
    return replace(standing, state=LOADED, progress=progress)


def come_again(message: Message, reason: Unavailable, desk: Desk) -> None:
    """Sooner than the queue would have it, if that can be had."""
    seconds = seconds_until_again(reason, desk.clock())
    logger.info("comes again", extra={"message_id": message.id, "seconds": seconds, "reason": str(reason)})
    with suppress(Unavailable):
        desk.put_off(message.receipt, seconds)


def reject(reason: str, **about: str) -> None:
    logger.error("rejected", extra={"reason": reason, **about})
    metric("RejectedFiles", MetricUnit.Count, 1)


def measure(grown: Mapping[str, int]) -> None:
    """What this call has done of a file, so that the metrics of all calls sum up to it."""
    for name, called in METRICS.items():
        metric(called, MetricUnit.Count, grown[name])


def end(drop: Drop, progress: Progress) -> None:
    figures = progress.figures
    about = {"load": drop.load, "campaign": drop.campaign, "version": drop.version}
    logger.info("loaded", extra={**about, "figures": figures, "reasons": progress.reasons})
    if figures["in"]:
        metric("InvalidShare", MetricUnit.Percent, 100 * figures["invalid"] / figures["in"])


def metric(name: str, unit: MetricUnit, value: float) -> None:
    with single_metric(name, unit, value, namespace=NAMESPACE):
        pass

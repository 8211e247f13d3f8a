"""Outbox -> SES, Deliveries: send each recipient of a chunk one mail at most, and write down what became of each."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.batch_items import Backoff
from adapters.aws.deliveries import Deliveries
from adapters.aws.kill_switch import KillSwitch
from adapters.aws.link_keys import LinkKeys
from adapters.aws.mailer import ONCE, Mailer
from adapters.aws.one_time_schedules import OneTimeSchedules
from adapters.aws.outbox import Outbox, waited
from adapters.aws.outcomes import Outcomes
from adapters.aws.rate_window import RateWindow
from adapters.aws.reservation_writes import Tables
from adapters.aws.reservations import Reservations
from adapters.aws.run_programs import load_program
from adapters.aws.send_facts import SendFacts
from adapters.aws.session import client, dynamodb
from adapters.aws.work_files import WorkFiles
from adapters.files.mail_templates import MailTemplates
from domain.errors import OvationError, Rejected, Unavailable
from domain.solicitation.delivery import Recipient
from domain.solicitation.sending import CHECK_AGAIN, course
from handlers.solicitation.chunks.ending import doubt, look_again, put_off, tomorrow, too_late, watch
from handlers.solicitation.chunks.letters import letters
from handlers.solicitation.chunks.posting import Posting
from handlers.solicitation.chunks.reserving import Taken, take_up
from handlers.solicitation.chunks.work import Chunk, Clock, Desk, Message, Tally
from handlers.solicitation.complete import NAMESPACE
from handlers.solicitation.delivery_settings import SendSettings

logger = Logger(service="send")
PAUSE = int(CHECK_AGAIN.total_seconds())


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return send(event["Records"], received=time.time(), desk=live())


@cache
def live() -> Desk:
    env = SendSettings.from_env()
    tables, files = dynamodb(), WorkFiles(client("s3"), env.work_bucket)
    return Desk(
        files=files,
        deliveries=Deliveries(tables, env.deliveries_table),
        facts=SendFacts(tables, env.candidates_table, env.customers_table),
        reservations=Reservations(tables, Tables(env.candidates_table, env.customers_table, env.deliveries_table)),
        outcomes=Outcomes(tables, env.deliveries_table),
        kill_switch=KillSwitch(tables, env.controls_table),
        window=RateWindow(tables, env.controls_table),
        mailer=Mailer(client("sesv2", ONCE), client("sesv2"), env.configuration_set),
        templates=MailTemplates(Path(__file__).parents[2] / env.templates),
        link_keys=LinkKeys(client("secretsmanager"), env.links_secret),
        engage_url=env.engage_url,
        outbox=Outbox(client("sqs"), env.outbox_url),
        schedules=OneTimeSchedules(
            client("scheduler"),
            env.schedule_group,
            env.schedule_role,
            env.release_function,
            env.lost_schedules_queue,
        ),
        backoff=Backoff(base=0.1),
    )


def send(
    records: Sequence[Mapping[str, Any]],
    *,
    received: float,
    desk: Desk,
    seconds: Callable[[], float] = time.monotonic,
    new_holder: Callable[[], str] = lambda: uuid4().hex,
) -> dict[str, Any]:
    """Work on each message; name those that SQS must deliver again, or set aside. `received` is in epoch seconds."""
    failures = []
    began = seconds()
    for record in records:
        try:
            message = Message.of(record["body"])
            start = message.scheduled + waited(record, received)
            work_on(message, Clock(start, seconds, began), new_holder(), desk)
        except (Unavailable, Rejected) as reason:
            failures.append({"itemIdentifier": record["messageId"]})
            tell_failure(record["messageId"], reason)
    return {"batchItemFailures": failures}


def work_on(message: Message, clock: Clock, holder: str, desk: Desk) -> None:
    """Unavailable: the message must come again. Rejected: it never can be worked on."""
    stopped = not message.check and desk.kill_switch.stopped()
    record = desk.deliveries.campaign(message.campaign)
    if record is None:
        raise Rejected(f"there is no campaign {message.campaign}")
    if record["state"] == "STOPPED" and not message.check:
        logger.warning("campaign is stopped", extra={"campaign": message.campaign, "chunk": message.chunk})
        return
    if stopped:
        desk.outbox.send([message.again(clock.now)], delay_seconds=PAUSE)
        tell_put_off({"stopped": 1}, message, record["program"])
        return
    program = load_program(desk.files, record["programHash"])
    recipients = tuple(Recipient.from_row(row) for row in desk.files.read(message.chunk))
    chunk = Chunk(message, record, program, recipients, holder, clock, Tally())
    try:
        check(chunk, desk) if message.check else deliver(chunk, desk)
    finally:
        tell(chunk)


def deliver(chunk: Chunk, desk: Desk) -> None:
    """Bring every recipient of the chunk to an end, or see to it that the chunk comes up again."""
    if not chunk.shadow and too_late(chunk):
        check(chunk, desk)
        chunk.tally.put_off["too_late"] += 1
        tomorrow(chunk, desk)
        return
    if not chunk.shadow and desk.mailer.account().left == 0 and not desk.reservations.standing(ids(chunk)):
        chunk.tally.put_off["spent"] += 1
        tomorrow(chunk, desk)
        return
    taken = take_up(chunk, desk)
    watched = [*taken.watched, *doubt(taken.doubtful, chunk, desk)]
    if chunk.shadow:
        shadow(taken, chunk, desk)
    elif taken.ours:
        posting = Posting(chunk, desk, list(taken.ours), letters(taken.ours, chunk, desk))
        end = posting.run()
        if end != "done":
            put_off(end, posting.left, chunk, desk)
    if watch(watched, chunk, desk) or chunk.tally.moved["Unknown"]:
        look_again(chunk, desk)
    if taken.waiting:
        raise Unavailable(f"{len(taken.waiting)} recipients of {chunk.message.chunk} are in other hands")


def check(chunk: Chunk, desk: Desk) -> None:
    """What became of the outcomes that were unknown; nothing is sent."""
    rows = desk.reservations.standing(ids(chunk)).values()
    courses = [(row, course(row, chunk.record["id"], chunk.clock.now)) for row in rows]
    doubtful = doubt([row for row, name in courses if name == "doubt"], chunk, desk)
    if watch([*doubtful, *(row for row, name in courses if name == "watch")], chunk, desk):
        look_again(chunk, desk)


def shadow(taken: Taken, chunk: Chunk, desk: Desk) -> None:
    """Render every mail, and keep that it would have been sent; the candidates and the caps stay as they are."""
    letters(taken.ours, chunk, desk)
    rows = [(chunk.written_off(one.recipient, "SHADOW", "shadow"), one.row or None) for one in taken.ours]
    lost = desk.reservations.write_off(rows, None) if rows else set()
    chunk.tally.moved["Shadow"] += len(rows) - len(lost)


def ids(chunk: Chunk) -> list[str]:
    return [one.delivery for one in chunk.recipients]


def tell(chunk: Chunk) -> None:
    """Counts as metrics, by program; what no event has settled by name of the delivery."""
    moved, about = chunk.tally.moved, {"campaign": chunk.record["id"], "chunk": chunk.message.chunk}
    counts = {name: count for name, count in moved.items() if count}
    for name, count in counts.items():
        measure(name, count, Program=chunk.program.id)
    for reason, count in chunk.tally.skipped.items():
        measure("Skipped", count, Program=chunk.program.id, Reason=reason)
    tell_put_off(chunk.tally.put_off, chunk.message, chunk.program.id)
    if chunk.tally.unsettled:
        logger.error("unknown outcomes were not settled", extra={**about, "deliveries": chunk.tally.unsettled})
    logger.info("send", extra={**about, "counts": counts, "skipped": dict(chunk.tally.skipped)})


def tell_put_off(reasons: Mapping[str, int], message: Message, program: str) -> None:
    """A chunk that waits is a new message each time, so that the queue's age does not show it: this metric does."""
    for reason, count in reasons.items():
        measure("PutOff", count, Program=program, Reason=reason)
        logger.warning("put off", extra={"campaign": message.campaign, "chunk": message.chunk, "reason": reason})


def measure(name: str, count: int, **dimensions: str) -> None:
    with single_metric(name, MetricUnit.Count, count, namespace=NAMESPACE) as metric:
        for dimension, value in dimensions.items():
            metric.add_dimension(dimension, value)


def tell_failure(message: str, reason: OvationError) -> None:
    logger.error("message failed", extra={"message_id": message, "kind": type(reason).__name__, "reason": str(reason)})

"""Outbox -> SMS service, SES, Demand table: send each notification once, in time and at the rate, and write down what became of it."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from botocore.config import Config

from adapters.aws.demand_dates import DemandDates
from adapters.aws.end_user_messaging import ONCE as TEXT_ONCE
from adapters.aws.end_user_messaging import SERVICE, EndUserMessaging
from adapters.aws.kill_switch import KillSwitch
from adapters.aws.link_keys import LinkKeys
from adapters.aws.mailer import ONCE, Mailer
from adapters.aws.message_delays import put_off
from adapters.aws.notification_rows import NotificationRows
from adapters.aws.opt_out_list import OptOutList
from adapters.aws.outbox import Outbox
from adapters.aws.quick_bodies import quicken
from adapters.aws.rate_window import RateWindow
from adapters.aws.send_checks import SendChecks
from adapters.aws.service_secrets import ServiceSecrets
from adapters.aws.session import QUICK, client
from adapters.files.reminder_mails import ReminderMails
from adapters.files.rule_files import read
from adapters.http.outside import http
from adapters.http.sms_service import SmsService
from domain.errors import OvationError, Rejected, Unavailable
from domain.notifications.classifying import SendingRules
from domain.notifications.keys import EMAIL, SMS
from domain.notifications.sms import TextService
from handlers.notifications.noting.measuring import ENDS, count
from handlers.notifications.rules import folder
from handlers.notifications.sending.batch import Batch, Message
from handlers.notifications.sending.desk import AT_ONCE, Desk, together
from handlers.notifications.sending.mails import Mails
from handlers.notifications.sending.slices import Slices
from handlers.notifications.sending.taking import take_up
from handlers.notifications.sending.texts import Texts
from handlers.notifications.settings import NAMESPACE, NotificationSendSettings

logger = Logger(service="notification_send")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return notification_send(event["Records"], received=time.time(), desk=live())


@cache
def live() -> Desk:
    env, sqs = NotificationSendSettings.from_env(), client("sqs")
    tables = quicken(client("dynamodb", QUICK.merge(Config(max_pool_connections=AT_ONCE))))
    rules = SendingRules.of(read(folder(), "sending"))
    opt_outs = OptOutList(tables, env.state_table)
    texts = Texts(
        service=text_service(env),
        window=RateWindow(tables, env.state_table, origination=SMS),
        rules=rules,
        parts_per_second=float(env.sms_rate),
        app_id=env.app_id,
        asu_app_id=env.asu_app_id,
        together=together,
    )
    mails = Mails(
        mailer=Mailer(client("sesv2", ONCE), client("sesv2"), env.configuration_set),
        window=RateWindow(tables, env.controls_table),
        templates=ReminderMails(folder().parent / "templates"),
        sender=env.mail_sender,
        links_url=env.links_url,
        link_keys=LinkKeys(client("secretsmanager"), env.links_secret),
    )
    return Desk(
        rows=NotificationRows(tables, env.demand_table),
        checks=SendChecks(tables, env.demand_table, opt_outs),
        kill_switch=KillSwitch(tables, env.controls_table),
        dates=DemandDates(tables, env.demand_table),
        opt_outs=opt_outs,
        generation=Outbox(sqs, env.generator_queue_url),
        rules=rules,
        channels={SMS: texts, EMAIL: mails},
        put_off=partial(put_off, sqs, env.outbox_url),
    )


def text_service(env: NotificationSendSettings) -> TextService:
    if env.sms_provider == "aws":
        return EndUserMessaging(client(SERVICE, TEXT_ONCE), env.sms_origination, env.sms_configuration_set)
    return SmsService(http(), env.sms_service_url, ServiceSecrets(client("secretsmanager"), env.services_secret))


def notification_send(
    records: Sequence[Mapping[str, Any]],
    *,
    received: float,
    desk: Desk,
    new_holder: Callable[[], str] = lambda: uuid4().hex,
) -> dict[str, Any]:
    """Bring each notification to an end, or see to it that it comes up again. `received` is in epoch seconds."""
    messages = understood(records, received)
    batch = Batch.of(messages, new_holder(), desk)
    try:
        send(batch)
    except Unavailable as reason:
        tell_failure(reason, messages=len(messages) - len(batch.done))
    tell(batch.tally)
    failed = [record["messageId"] for record in records if record["messageId"] not in batch.done]
    return {"batchItemFailures": [{"itemIdentifier": it} for it in failed]}


def understood(records: Sequence[Mapping[str, Any]], received: float) -> list[Message]:
    """Those that are none of ours come again until they are set aside, for somebody to look at."""
    found = []
    for record in records:
        try:
            found.append(Message.of(record, received))
        except Rejected as reason:
            tell_failure(reason, message_id=record["messageId"])
    return found


def send(batch: Batch) -> None:
    """Ways of contact take turns, so that none waits for the other's rate."""
    works = take_up(batch)
    ways = [
        Slices(channel, [work for work in works if work.row["contactMethod"] == method], batch)
        for method, channel in batch.desk.channels.items()
    ]
    while any(way.left for way in ways):
        for way in ways:
            if way.left:
                way.step()


def tell(tally: Counter[str]) -> None:
    """Counts by what became of notifications, and by what calls were answered with; ends under the names that all who end them use."""
    counts = {name: number for name, number in sorted(tally.items()) if number}
    logger.info("notification_send", extra={"counts": counts})
    for end in ENDS:
        if end.lower() in counts:
            count(end.capitalize(), counts[end.lower()])
    for name, number in counts.items():
        kind, dimension = ("Calls", "Answer") if name.startswith("call ") else ("Notifications", "Became")
        with single_metric(kind, MetricUnit.Count, number, namespace=NAMESPACE) as metric:
            metric.add_dimension(dimension, name.removeprefix("call "))


def tell_failure(reason: OvationError, **about: Any) -> None:
    logger.error("not sent", extra={"kind": type(reason).__name__, "reason": str(reason), **about})

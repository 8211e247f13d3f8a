"""SES events of reminder mails -> Demand table: what became of each, forward only; and which addresses want no more of them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.demand_dates import DemandDates
from adapters.aws.notification_rows import NotificationRows
from adapters.aws.opt_out_list import OptOutList
from adapters.aws.session import dynamodb
from adapters.files import rule_files
from domain.errors import Rejected, Unavailable
from domain.notifications.classifying import SendingRules
from domain.notifications.mail_statuses import read_mail
from domain.notifications.status_events import Reply, Told
from handlers.notifications.noting.desk import Desk, note
from handlers.notifications.noting.measuring import count, measure
from handlers.notifications.noting.replying import heed
from handlers.notifications.rules import folder
from handlers.notifications.settings import MailStatusConsumerSettings

# Its row is gone, is no row of ours, or is another message's by now: there is nothing to be kept.
STRAY = frozenset({"unknown", "malformed", "superseded"})

logger = Logger(service="mail_status_consumer")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return mail_status_consumer(event, **live())


@cache
def live() -> dict[str, Any]:
    env = MailStatusConsumerSettings.from_env()
    tables = dynamodb()
    return {
        "desk": Desk(
            NotificationRows(tables, env.demand_table),
            DemandDates(tables, env.demand_table),
            OptOutList(tables, env.state_table),
            SendingRules.of(rule_files.read(folder(), "sending")),
        )
    }


def mail_status_consumer(event: Mapping[str, Any], *, desk: Desk) -> dict[str, Any]:
    """Answers {outcome}: noted, repeated, replied, unknown, malformed, superseded or not_ours.

    Rejected: it is of a reminder, and not as SES makes them; Lambda gives it to the function's failure destination.
    Unavailable: it could not be written down, and must be told again.
    """
    try:
        told = read_mail(event)
    except Rejected as reason:
        count("StatusesParked", 1)
        logger.error("mail event rejected", extra={"event_id": event.get("id"), "reason": str(reason)})
        raise
    replies = [it for it in told if isinstance(it, Reply)]
    if left := [why for why in heed(replies, desk.opt_outs) if why]:
        raise Unavailable(left[0])
    noted = note([it for it in told if isinstance(it, Told)], desk)
    if noted.why:
        raise Unavailable(min(noted.why))
    measure(noted.moves, desk.rules)
    outcome = noted.outcomes[0] if noted.outcomes else "replied" if replies else "not_ours"
    tell(event, outcome)
    return {"outcome": outcome}


def tell(event: Mapping[str, Any], outcome: str) -> None:
    if outcome in STRAY:
        count("StatusesParked", 1)
    if outcome not in ("noted", "not_ours"):
        logger.info("mail event", extra={"event_id": event.get("id"), "outcome": outcome})

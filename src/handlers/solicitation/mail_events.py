"""SES events -> Deliveries, suppression list: what became of each mail, once each, whatever their order."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.deliveries import Deliveries
from adapters.aws.opt_outs import OptOuts
from adapters.aws.session import QUICK, client
from adapters.aws.telemetry import Telemetry
from adapters.aws.telemetry_writes import listing
from domain.errors import Rejected
from domain.solicitation.mail_events import MailEvent, read
from handlers.solicitation.complete import NAMESPACE
from handlers.solicitation.delivery_settings import MailEventsSettings

logger = Logger(service="mail_events")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return mail_events(event, **live())


@cache
def live() -> dict[str, Any]:
    env = MailEventsSettings.from_env()
    tables = client("dynamodb", QUICK)
    return {
        "telemetry": Telemetry(tables, env.deliveries_table),
        "deliveries": Deliveries(tables, env.deliveries_table),
        "opt_outs": OptOuts(tables, env.customers_table, env.candidates_table),
    }


def mail_events(
    event: dict[str, Any], *, telemetry: Telemetry, deliveries: Deliveries, opt_outs: OptOuts
) -> dict[str, Any]:
    """Note one event. What is not SES's is Rejected: Lambda gives it to the function's failure destination."""
    try:
        mail = read(event)
    except Rejected as reason:
        logger.error("mail event rejected", extra={"event_id": event.get("id"), "reason": str(reason)})
        raise
    if mail is None or mail.delivery is None:
        outcome = "not_followed" if mail is None else "not_ours"
    else:
        if mail.seen.kind == "complained":
            heed(mail.delivery, mail, telemetry=telemetry, deliveries=deliveries, opt_outs=opt_outs)
        listed = [
            listing(opt_outs.customers_table, key, mail.reason, mail.seen.at, mail.delivery) for key in mail.suppressed
        ]
        outcome = telemetry.note(mail.delivery, mail.seen, also=listed)
    tell(event, mail, outcome)
    return {"outcome": outcome}


def heed(delivery: str, mail: MailEvent, *, telemetry: Telemetry, deliveries: Deliveries, opt_outs: OptOuts) -> None:
    """Who complains of a mail wants no more of its program; a complaint noted before may have been taken back since."""
    found = deliveries.get(delivery)
    if found and not telemetry.noted(delivery, mail.seen):
        opt_outs.opt_out(found["customer"], found["program"], mail.seen.at)


def tell(event: dict[str, Any], mail: MailEvent | None, outcome: str) -> None:
    """Count the event by outcome and kind; name those that changed nothing, by ids alone."""
    kind = mail.seen.kind if mail else "other"
    with single_metric("MailEvents", MetricUnit.Count, 1, namespace=NAMESPACE) as metric:
        metric.add_dimension("Outcome", outcome)
        metric.add_dimension("Kind", kind)
    if outcome != "noted":
        ids = {"event_id": event.get("id"), "delivery": mail.delivery if mail else None}
        logger.info("mail event", extra={**ids, "kind": kind, "outcome": outcome})

"""AppSync -> Demand table: a fan asks to be reminded of a sale, takes that back, and sees what was asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.demand_rows import DemandRows
from adapters.aws.opt_out_list import OptOutList
from adapters.aws.session import dynamodb
from adapters.files.phone_numbers import e164
from domain.errors import Rejected, Unavailable
from domain.notifications.capture import (
    CODES,
    Refused,
    asked,
    fan_of,
    market_of,
    open_sale,
    opted_out,
    sale_of,
)
from domain.notifications.instants import moment
from domain.notifications.keys import demand_row
from domain.notifications.own_wishes import after, limit_of, shown, token_of
from handlers.notifications.events.details import Details, NotFound
from handlers.notifications.events.wiring import details
from handlers.notifications.settings import NAMESPACE, DemandCaptureSettings

Request = Mapping[str, Any]
Answer = dict[str, Any]

logger = Logger(service="demand_capture")


def handler(event: dict[str, Any], context: object) -> Answer:
    return demand_capture(event, **live())


@cache
def live() -> dict[str, Any]:
    env, tables = DemandCaptureSettings.from_env(), dynamodb()
    rows, opt_outs = DemandRows(tables, env.demand_table), OptOutList(tables, env.state_table)
    return {"desk": Desk(rows, opt_outs, details(env), env.fan_claim)}


@dataclass(frozen=True)
class Desk:
    """`fan_claim`: of the caller's token, the one that holds the fan's id."""

    rows: DemandRows
    opt_outs: OptOutList
    events: Details
    fan_claim: str


def demand_capture(request: Request, *, desk: Desk) -> Answer:
    """`{data}`, and `errorType` and `errorMessage` where it failed: for nobody but the fan of the caller's own token.

    Of remindMe and forgetMe {status, eventId, saleId, errorCode?}, of myReminders {items, nextToken}, or None. KeyError: no such field.
    """
    field, now = request["field"], moment(request["now"])
    act = FIELDS[field]
    try:
        return {"data": act(fan_of(request.get("identity"), desk.fan_claim), request, now, desk)}
    except NotFound:
        refused = Refused("Not Found", "there is no such event")
    except Refused as reason:
        refused = reason
    except Rejected as reason:
        refused = Refused("Bad Request", str(reason))
    except Unavailable as reason:
        logger.error("no answer", extra={"field": field, "reason": str(reason)})
        refused = Refused("Internal Server Error", "try again later")
    tell("WishesRefused", field)
    return {"data": failed(request, refused), "errorType": refused.kind, "errorMessage": str(refused)}


def remind_me(fan: str, request: Request, now: datetime, desk: Desk) -> Answer:
    told = input_of(request)
    wanted = asked(told, market_of(request.get("request")), e164)
    found = desk.events.get(wanted.event, now=now)
    sale = open_sale(found.event, found.sales, wanted.sale, now)
    if out := desk.opt_outs.standing(wanted.addresses):
        raise opted_out(list(out))
    new = desk.rows.save(wanted.wish(fan, found.event, sale, now))
    about = {"event_id": wanted.event, "sale_id": wanted.sale, "methods": wanted.methods}
    logger.info("wish", extra={"fan": fan, "new": new, **about})
    tell("Wishes" if new else "WishesAgain", "remindMe")
    return result("SAVED", told)


def forget_me(fan: str, request: Request, now: datetime, desk: Desk) -> Answer:
    """Of no wish that was there, too, it is then true that it is gone."""
    told = input_of(request)
    event, sale = sale_of(told)
    desk.rows.forget(demand_row(fan, event, sale))
    logger.info("wish forgotten", extra={"fan": fan, "event_id": event, "sale_id": sale})
    tell("WishesForgotten", "forgetMe")
    return result("DELETED", told)


def my_reminders(fan: str, request: Request, now: datetime, desk: Desk) -> Answer:
    told = request.get("arguments") or {}
    rows, last = desk.rows.of_fan(fan, limit_of(told.get("limit")), after(told.get("nextToken")))
    return {"items": shown(rows), "nextToken": token_of(last)}


FIELDS: Mapping[str, Callable[[str, Request, datetime, Desk], Answer]] = {
    "remindMe": remind_me,
    "forgetMe": forget_me,
    "myReminders": my_reminders,
}


def input_of(request: Request) -> Mapping[str, Any]:
    told = (request.get("arguments") or {}).get("input")
    return told if isinstance(told, Mapping) else {}


def failed(request: Request, refused: Refused) -> Answer | None:
    """None of a list: there is nothing to show."""
    if request["field"] == "myReminders":
        return None
    return {**result("FAILED", input_of(request)), "errorCode": CODES[refused.kind]}


def result(status: str, told: Mapping[str, Any]) -> Answer:
    """Ids as they were sent, cut to what an id can be."""
    event, sale = (str(told.get(name) or "")[:128] for name in ("eventId", "saleId"))
    return {"status": status, "eventId": event, "saleId": sale}


def tell(name: str, field: str) -> None:
    with single_metric(name, MetricUnit.Count, 1, namespace=NAMESPACE) as metric:
        metric.add_dimension(name="Field", value=field)

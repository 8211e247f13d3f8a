"""AppSync -> one event with its sales, cache first, and whether reminders of it are suppressed."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from adapters.http.discovery import checked_id
from domain.errors import Rejected, Unavailable
from domain.notifications.capture import market_of
from domain.notifications.demand_event import demand_event
from domain.notifications.instants import moment
from handlers.notifications.events.details import Details, NotFound
from handlers.notifications.events.wiring import details
from handlers.notifications.settings import EventDetailsSettings

logger = Logger(service="event_details")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return event_details(event, **live())


@cache
def live() -> dict[str, Any]:
    return {"events": details(EventDetailsSettings.from_env())}


def event_details(request: Mapping[str, Any], *, events: Details) -> dict[str, Any]:
    """`{data}`, or `{data: None, errorType, errorMessage}`: "Not Found", "Bad Request", "Internal Server Error"."""
    now, arguments = moment(request["now"]), request.get("arguments") or {}
    try:
        market_of(
            request.get("request"), arguments.get("tmMarketId")
        )  # the same event in each; there is none elsewhere
        found = events.get(checked_id(arguments.get("eventId")), now=now)
    except NotFound:
        return _refused("Not Found", "there is no such event")
    except Rejected as reason:
        return _refused("Bad Request", str(reason))
    except Unavailable as reason:
        logger.error("no answer", extra={"reason": str(reason)})
        return _refused("Internal Server Error", "try again later")
    return {"data": demand_event(found.event, found.sales)}


def _refused(kind: str, message: str) -> dict[str, Any]:
    return {"data": None, "errorType": kind, "errorMessage": message}

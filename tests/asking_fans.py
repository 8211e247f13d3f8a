"""Fans who ask `demand_capture`, each by the token that AppSync has verified, about an event that the cache holds."""

from dataclasses import replace
from datetime import timedelta

from cached_events import EVENT, NOW

from domain.notifications.instants import iso
from handlers.notifications import demand_capture

FAN, PHONE, MAIL = "fan-1", "+12125550123", "fan@example.com"
LATER = NOW + timedelta(minutes=5)
DESK = {}  # what the function has, of the test that runs


def begin(tables):
    """Anew, with one event whose sales are known by their ids."""
    tables.anew().add()
    tables.details.get(EVENT, now=NOW)
    tables.calls()
    DESK["desk"] = replace(demand_capture.live()["desk"], events=tables.details)  # by the cache's own clock
    return tables


def public_sale(cache):
    return next(it["id"] for it in cache.world.rows("sale") if "PUBLIC" in it["saleTypes"])


def call(field, arguments, *, fan=FAN, now=NOW, market=None, identity=None):
    claims = {"sub": fan} if fan is not None else {}
    about = {"identity": identity or {"claims": claims}, "request": {"headers": {"tm-market-id": market}}}
    return demand_capture.demand_capture({"field": field, "now": iso(now), "arguments": arguments, **about}, **DESK)


def remind(sale, event=EVENT, **more):
    how = {name: more.pop(name) for name in ("fan", "now", "market", "identity") if name in more}
    return call("remindMe", {"input": {"eventId": event, "saleId": sale, "phoneNumber": PHONE, **more}}, **how)


def forget(sale, event=EVENT, **how):
    return call("forgetMe", {"input": {"eventId": event, "saleId": sale}}, **how)


def listed(limit=None, token=None, **how):
    return call("myReminders", {"limit": limit, "nextToken": token}, **how)


def saved(sale, status="SAVED"):
    return {"data": {"status": status, "eventId": EVENT, "saleId": sale}}


def failed(answer):
    return answer["data"]["status"], answer["data"]["errorCode"], answer["errorType"]


def wishes(cache):
    return cache.world.rows("demand")

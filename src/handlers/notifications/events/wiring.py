"""Settings in, the cache of events out, as a function has it."""

from typing import Any

from botocore.config import Config

from adapters.aws.event_flights import EventFlights
from adapters.aws.event_rows import EventRows
from adapters.aws.quick_bodies import quicken
from adapters.aws.rate_window import RateWindow
from adapters.aws.service_secrets import ServiceSecrets
from adapters.aws.session import QUICK, client
from adapters.aws.vendor_quota import VendorQuota
from adapters.http.discovery import Discovery
from adapters.http.outside import http
from handlers.notifications.events.details import PATIENCE, Details
from handlers.notifications.events.vendor import Vendor
from handlers.notifications.rules import rules
from handlers.notifications.settings import EventSettings

AT_ONCE = 32  # callers of one process
# A fan's answer that is late is worth nothing; a call of the table takes milliseconds.
PROMPT = QUICK.merge(Config(connect_timeout=1, read_timeout=2, max_pool_connections=AT_ONCE))


def details(
    env: EventSettings, *, share: float = 1.0, rate_patience: float = 0.5, patience: float = PATIENCE, **more: Any
) -> Details:
    """`share` of the day's calls of the vendor that may be used up; seconds of `patience` for the vendor's rate, and for other callers.

    All of it must fit into a flight's lease and the function's own time; `more` are other fields of Details.
    """
    dynamodb = quicken(client("dynamodb", PROMPT))
    window = RateWindow(dynamodb, env.state_table, origination="discovery")
    quota = VendorQuota(dynamodb, env.state_table, window, float(env.discovery_rate), int(env.discovery_daily))
    tokens = ServiceSecrets(client("secretsmanager", PROMPT), env.services_secret)
    vendor = Vendor(Discovery(http(), env.discovery_url, tokens), quota, rules(), share, rate_patience)
    rows, flights = EventRows(dynamodb, env.demand_table), EventFlights(dynamodb, env.state_table)
    return Details(rows, flights, vendor, patience, **more)

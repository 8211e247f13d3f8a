"""What a fan asks of reminders in, the wish that is kept out, or why there is none: whose it is, in which sale, reached how."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from domain.errors import Rejected
from domain.notifications.demand import Demand
from domain.notifications.events import Event, Sale
from domain.notifications.keys import EMAIL, METHODS, SMS
from domain.notifications.locales import tag

Kind = Literal["Bad Request", "Unauthorized", "Not Found", "Opted Out", "Internal Server Error"]
Told = Mapping[str, Any]
E164 = Callable[
    [str, str], str
]  # a number as it is written in a region, in its international form; Rejected: none to write to

CODES: Mapping[Kind, int] = MappingProxyType(
    {"Bad Request": 400, "Unauthorized": 401, "Not Found": 404, "Opted Out": 400, "Internal Server Error": 500}
)
MARKETS = MappingProxyType(
    {"TM_US": "US", "TM_CA": "CA", "LN_US": "US", "LN_CA": "CA"}
)  # the region that numbers are written in
MARKET, HEADER = "TM_US", "tm-market-id"  # of who names none, and where they name it
LONGEST_FAN = 256  # bytes: half of what keys of the Demand table and its indexes take is left for the rest
LONGEST_SALE = 128
EVENT = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
# As browsers check it (HTML, 4.10.5.1.5), with a dot in its domain; letters of other scripts are none that SES writes to.
LOCAL, LABEL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"{LOCAL}@(?:{LABEL}\.)+{LABEL}", re.ASCII)
LONGEST_ADDRESS, LONGEST_NUMBER = 254, 40


class Refused(Rejected):
    """`kind` and text are for whoever asked; the text repeats nothing of what they sent."""

    def __init__(self, kind: Kind, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Asked:
    """To be reminded of a sale: `methods` of contact, sms first, and only the addresses that they need."""

    event: str
    sale: str
    methods: tuple[str, ...]
    phone: str | None
    email: str | None
    locale: str | None
    market: str

    @property
    def addresses(self) -> list[tuple[str, str]]:
        return [(method, it) for method, it in ((SMS, self.phone), (EMAIL, self.email)) if it]

    def wish(self, fan: str, event: Event, sale: Sale, now: datetime) -> Demand:
        about = {
            "eventName": event.name,
            "saleName": sale.name,
            "artistId": event.artist_id,
            "artistName": event.artist,
        }
        return Demand(
            fan, self.event, self.sale, self.methods, now, self.phone, self.email, self.locale, self.market, about
        )


def fan_of(identity: Any, claim: str) -> str:
    """Of the caller's verified token, and of nothing else. Refused: it names nobody."""
    claims = identity.get("claims") if isinstance(identity, Mapping) else None
    fan = claims.get(claim) if isinstance(claims, Mapping) else None
    if not _is_text(fan, LONGEST_FAN):
        raise Refused("Unauthorized", "sign in first")
    return str(fan)


def market_of(request: Any, told: Any = None) -> str:
    """The one that was `told`, else that of the call's header. Refused: there is no such market."""
    headers = request.get("headers") if isinstance(request, Mapping) else None
    market = told or (headers.get(HEADER) if isinstance(headers, Mapping) else None) or MARKET
    if not isinstance(market, str) or market not in MARKETS:
        raise Refused("Bad Request", f"there are the markets {', '.join(MARKETS)}")
    return market


def sale_of(told: Any) -> tuple[str, str]:
    """Event and sale of an input. Refused: one of them could never be an id."""
    event, sale = (told.get("eventId"), told.get("saleId")) if isinstance(told, Mapping) else (None, None)
    if not isinstance(event, str) or not EVENT.fullmatch(event):
        raise Refused("Bad Request", "eventId: 1 to 64 letters, digits, - and _")
    if not _is_text(sale, LONGEST_SALE):
        raise Refused("Bad Request", "saleId: the id of a sale of the event")
    return event, str(sale)


def asked(told: Any, market: str, e164: E164) -> Asked:
    """Refused: the name of what is missing or wrong in the input. Without `contactMethods` it is by SMS (seed)."""
    event, sale = sale_of(told)
    named = told.get("contactMethods") or [SMS]
    if not isinstance(named, Sequence) or not all(isinstance(it, str) and it in METHODS for it in named):
        raise Refused("Bad Request", f"contactMethods: {' and '.join(METHODS)}, or one of them")
    locale = told.get("locale") or None
    if locale is not None and tag(locale) is None:
        raise Refused("Bad Request", "locale: like en-us or fr-ca")
    return Asked(
        event,
        sale,
        tuple(it for it in METHODS if it in named),
        _number(told.get("phoneNumber"), MARKETS[market], e164) if SMS in named else None,
        _address(told.get("email")) if EMAIL in named else None,
        tag(locale),
        market,
    )


def open_sale(event: Event, sales: Sequence[Sale], id: str, now: datetime) -> Sale:
    """The sale of that id. Refused: there is none, nobody is reminded of it, or it has begun."""
    sale = next((it for it in sales if it.id == id), None)
    if sale is None:
        raise Refused("Not Found", "the event has no such sale")
    if event.suppressed or sale.suppressed:
        raise Refused("Bad Request", "there are no reminders of this sale")
    if sale.starts <= now:
        raise Refused("Bad Request", "the sale has begun")
    return sale


def opted_out(addresses: Sequence[tuple[str, str]]) -> Refused:
    """What to tell who has stopped reminders there before."""
    ways = {SMS: "text START to the number they came from", EMAIL: "use the link at the end of one"}
    told = "; ".join(f"by {method}: {ways[method]}" for method, _ in sorted(addresses, reverse=True))
    return Refused("Opted Out", f"you have stopped reminders. To get them again, {told}")


def _number(told: Any, region: str, e164: E164) -> str:
    if not isinstance(told, str) or not 0 < len(told) <= LONGEST_NUMBER:
        raise Refused("Bad Request", "phoneNumber: reminders by SMS need one")
    try:
        return e164(told, region)
    except Rejected as reason:
        raise Refused("Bad Request", f"phoneNumber: {reason}") from None


def _address(told: Any) -> str:
    address = told.strip() if isinstance(told, str) else ""
    local, _, _ = address.partition("@")
    odd = ".." in local or local.startswith(".") or local.endswith(".")
    if odd or len(address) > LONGEST_ADDRESS or not ADDRESS.fullmatch(address):
        raise Refused("Bad Request", "email: reminders by email need an address")
    return address


def _is_text(told: Any, longest: int) -> bool:
    return isinstance(told, str) and told.isprintable() and len(told.strip()) > 0 and len(told.encode()) <= longest

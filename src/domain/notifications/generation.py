"""A sale, its words and a fan's wish in, the notification's row out: what all of a sale have in common apart from a fan's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from domain.notifications.events import Event, Sale
from domain.notifications.instants import iso
from domain.notifications.keys import (
    EMAIL,
    SMS,
    UNSETTLED_SHARD,
    UNSETTLED_SINCE,
    message_id,
    notification_row,
    shard_of,
    unsettled_shard,
)
from domain.notifications.rendering import Rendered
from domain.notifications.statuses import SALE_MOVED, SALE_STARTED, moved

Row = Mapping[str, Any]
Fate = Literal["send", "late", "no_address"]
ADDRESSES = {SMS: "phoneNumber", EMAIL: "email"}
NO_ADDRESS = "no_address"
KEPT = timedelta(days=90)  # after the sale has started


@dataclass(frozen=True, slots=True)
class Wording:
    """`words` None: nothing is to be sent. `locale` is that of the words; `market` as the fan's demand has it."""

    locale: str
    market: str | None
    words: Rendered | None


def in_common(event: Event, sale: Sale, method: str, wording: Wording, fate: Fate, at: datetime) -> Row:
    """Of all reminders of a sale by one method in the same words, made at the same instant: all but what `own` tells."""
    told = {
        "type": "notification",
        "eventId": event.id,
        "saleId": sale.id,
        "saleName": None if sale.public else sale.name,
        "contactMethod": method,
        "locale": wording.locale,
        "marketId": wording.market,
        **(_words(method, wording.words) if wording.words else {}),
        "saleStartDateTime": iso(sale.starts),
        "status": {"id": "CREATED", "date": iso(at)},
        "date": {"created": iso(at), "updated": iso(at)},
        "sendAttempts": 0,
        "errors": [],
        "rev": 1,
        "expiresAt": int((sale.starts + KEPT).timestamp()),
    }
    row = {name: value for name, value in told.items() if value is not None}
    match fate:
        case "late":
            return moved(row, "EXPIRED", at, error={"reason": SALE_STARTED}, expiredReason=SALE_STARTED)
        case "no_address":
            return moved(row, "FAILED", at, error={"reason": NO_ADDRESS})
        case _:
            return {**row, UNSETTLED_SINCE: iso(at)}


def own(fan: str, sale: Sale, method: str, address: str | None, fate: Fate) -> dict[str, str]:
    """A fan's part of it."""
    key = notification_row(fan, sale.event_id, sale.id, method)
    told = {
        **key.attributes(),
        "fanId": fan,
        "messageId": message_id(key, iso(sale.starts)),
        "groupId": key.sk,
    }
    if address is not None:
        told[ADDRESSES[method]] = address
    if fate == "send":
        told[UNSETTLED_SHARD] = unsettled_shard(shard_of(key.pk))
    return told


def address_of(row: Row, method: str) -> str | None:
    """Where a demand row says that the fan is reached; None: nowhere."""
    found = row.get(ADDRESSES[method])
    return found.strip() or None if isinstance(found, str) else None


def replaceable(row: Row) -> bool:
    """A reminder that was never sent, as its sale had moved: the sale's new window makes another one of it."""
    return bool(row["status"]["id"] == "EXPIRED" and row.get("expiredReason") == SALE_MOVED)


def told_at(row: Row, starts: datetime) -> bool:
    """Whether a reminder is one of a sale that starts then, and has reached its fan or still may."""
    return row.get("saleStartDateTime") == iso(starts) and row["status"]["id"] not in ("FAILED", "EXPIRED")


def _words(method: str, words: Rendered) -> Row:
    if method == SMS:
        return {"messageBody": words.sms, "parts": words.parts}
    return {"templateVariables": dict(words.variables)}

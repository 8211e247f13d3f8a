"""An event of AWS End User Messaging in, whose notification it is of and what was seen of it out (AWS: Example event data)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from domain.errors import Rejected
from domain.notifications.keys import Key
from domain.notifications.statuses import Sighting, Status

# SUCCESSFUL: the carrier has taken it, which is not the phone. UNKNOWN, which AWS says after 72 hours, says nothing.
STATUSES: Mapping[str, Status] = {
    "TEXT_PENDING": "QUEUED",
    "TEXT_QUEUED": "QUEUED",
    "TEXT_SENT": "SENT",
    "TEXT_SUCCESSFUL": "SENT",
    "TEXT_DELIVERED": "DELIVERED",
    "TEXT_INVALID": "FAILED",
    "TEXT_INVALID_MESSAGE": "FAILED",
    "TEXT_UNREACHABLE": "FAILED",
    "TEXT_CARRIER_UNREACHABLE": "FAILED",
    "TEXT_BLOCKED": "FAILED",
    "TEXT_CARRIER_BLOCKED": "FAILED",
    "TEXT_SPAM": "FAILED",
    "TEXT_PROTECT_BLOCKED": "FAILED",
    "TEXT_TTL_EXPIRED": "EXPIRED",
}
WHY = frozenset({"FAILED", "EXPIRED"})


class Sighted(NamedTuple):
    """`message_id` is ours (`keys.message_id`), not AWS's."""

    key: Key
    sighting: Sighting
    message_id: str


def context_of(key: Key, message_id: str) -> dict[str, str]:
    """What travels with a text and comes back with its events (AWS: 5 entries at most, of 800 characters each)."""
    return {"pk": key.pk, "sk": key.sk, "id": message_id}


def is_text_event(event: Mapping[str, Any]) -> bool:
    """Whether it is one of AWS End User Messaging at all, on a text."""
    return str(event.get("eventType", "")).startswith("TEXT_")


def sighted(event: Mapping[str, Any]) -> Sighted | None:
    """None: it is on no text, or says nothing that counts. Rejected: it does, and nobody can tell of which notification, or when."""
    status = STATUSES.get(str(event.get("eventType")))
    if status is None:
        return None
    about = event.get("context")
    told = [about.get(name) for name in ("pk", "sk", "id")] if isinstance(about, Mapping) else [None]
    if not all(isinstance(it, str) and it for it in told):
        raise Rejected("the event of a text does not say which notification it is of")
    pk, sk, message_id = map(str, told)
    return Sighted(Key(pk, sk), Sighting(status, _at(event), _why(event) if status in WHY else None), message_id)


def _at(event: Mapping[str, Any]) -> datetime:
    """Epoch milliseconds."""
    told = event.get("eventTimestamp")
    try:
        if type(told) is int:
            return datetime.fromtimestamp(told / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        pass
    raise Rejected("the event of a text has no time")


def _why(event: Mapping[str, Any]) -> dict[str, Any]:
    code = str(event.get("messageStatus") or str(event["eventType"]).removeprefix("TEXT_"))
    return {"statusCode": code, "reason": str(event.get("messageStatusDescription") or code)}

"""An event of SES's from the bus in, what it says of one of our deliveries out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.errors import Rejected
from domain.solicitation.suppression import address_key
from domain.solicitation.telemetry import Kind, Seen

DELIVERY_TAG = "delivery"
DELIVERY_ID = re.compile(r"[0-9a-f]{32}")
# SES's word, which part of the detail tells of it, and ours. (AWS: SES event records; EventBridge detail types "Email Sent", …)
KINDS: Mapping[str, tuple[str, Kind]] = {
    "Send": ("mail", "sent"),
    "Delivery": ("delivery", "delivered"),
    "DeliveryDelay": ("deliveryDelay", "delayed"),
    "Bounce": ("bounce", "bounced"),
    "Complaint": ("complaint", "complained"),
    "Reject": ("mail", "rejected"),
    "Rendering Failure": ("mail", "rejected"),
}
PERMANENT = "Permanent"  # of bounce types; Transient and Undetermined ones may pass
REASONS = {"bounced": "bounce", "complained": "complaint"}
RECIPIENTS = {"bounced": "bouncedRecipients", "complained": "complainedRecipients"}


@dataclass(frozen=True, slots=True)
class MailEvent:
    """`delivery` is our tag, or None when the mail is not one of ours; `suppressed` the keys of addresses never to be mailed again."""

    delivery: str | None
    seen: Seen
    reason: str | None = None
    suppressed: tuple[Mapping[str, str], ...] = ()


def read(event: Mapping[str, Any]) -> MailEvent | None:
    """What an event says; None for a kind that we do not follow. Rejected: it is not as SES makes them; the text holds no address."""
    try:
        detail = event["detail"]
        if detail["eventType"] not in KINDS:
            return None
        part, kind = KINDS[detail["eventType"]]
        kind = "soft_bounced" if kind == "bounced" and detail["bounce"]["bounceType"] != PERMANENT else kind
        seen = Seen(
            kind,
            _instant(detail[part]["timestamp"]),
            machine=False,
            why=None,
            unique=_text(detail["mail"]["messageId"]),
            accepted=_instant(detail["mail"]["timestamp"]),
        )
        suppressed = tuple(address_key(_text(address)) for address in _addresses(kind, detail[part]))
        return MailEvent(_delivery(detail["mail"]), seen, REASONS.get(kind), suppressed)
    except KeyError as error:
        raise Rejected(f"mail event without {error.args[0]}") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise Rejected("mail event of another shape than SES's") from error


def _addresses(kind: str, part: Mapping[str, Any]) -> Iterator[str]:
    for recipient in part[RECIPIENTS[kind]] if kind in RECIPIENTS else ():
        yield recipient["emailAddress"]


def _delivery(mail: Mapping[str, Any]) -> str | None:
    [tag] = mail.get("tags", {}).get(DELIVERY_TAG) or [""]
    return tag if DELIVERY_ID.fullmatch(tag) else None


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("an instant without a zone")
    return at


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a text is missing")
    return value

"""An event of SES's from the bus in, what it says of a reminder mail out: how far it got, and whether its address wants no more."""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.errors import Rejected
from domain.notifications.instants import iso
from domain.notifications.keys import EMAIL
from domain.notifications.mail_tag import TAG, key_of
from domain.notifications.status_events import CODE, Reply, Told, notification_key
from domain.notifications.statuses import Sighting, Status
from domain.solicitation.mail_events import MailEvent, read

MESSAGE = "notification"  # the tag that holds the message id
# By our word for SES's. Delivery is the receiving server's word. SES reports a bounce, be it transient, when it tries no more;
# while it does, it reports a delay.
STATUSES: Mapping[str, Status] = {
    "sent": "QUEUED",
    "delayed": "QUEUED",
    "delivered": "DELIVERED",
    "bounced": "FAILED",
    "soft_bounced": "FAILED",
    "rejected": "FAILED",
}
ENDS = {"bounced": "bounce", "complained": "complaint"}  # after these no reminder goes there


def read_mail(event: Mapping[str, Any]) -> list[Told | Reply]:
    """Nothing where it is none of a reminder, or of a kind that we do not follow. Rejected: it is one, and not as SES makes them."""
    tags = _tags(event)
    found = read(event) if TAG in tags else None
    if found is None:
        return []
    key = notification_key(key_of(_first(tags[TAG]))._asdict())
    message = _first(tags[MESSAGE]) if MESSAGE in tags else None
    try:
        told = [Told(key, it, message) for it in _sightings(found, event["detail"])]
        return [*told, *_replies(found, event["detail"]["mail"])]
    except (AttributeError, KeyError, TypeError) as error:
        raise Rejected("mail event of another shape than SES's") from error


def _sightings(found: MailEvent, detail: Mapping[str, Any]) -> Iterator[Sighting]:
    kind = found.seen.kind
    if kind == "delayed":  # accepted it was, long before
        why = {**_why("delay", detail["deliveryDelay"], "delayType"), "timestamp": iso(found.seen.at)}
        yield Sighting("QUEUED", found.seen.accepted or found.seen.at, why)
    elif kind in ("bounced", "soft_bounced"):
        yield Sighting("FAILED", found.seen.at, _why("bounce", detail["bounce"], "bounceType", "bounceSubType"))
    elif kind in STATUSES:
        yield Sighting(STATUSES[kind], found.seen.at, {"reason": "rejected"} if kind == "rejected" else None)


def _why(what: str, part: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """SES's words for it; the receiving server's own text, which tends to repeat the address, stays out."""
    why = {"reason": "/".join([what, *(str(part.get(name))[:CODE] for name in names)])}
    told = part.get("bouncedRecipients") or part.get("delayedRecipients") or [{}]
    code = told[0].get("status")
    return {**why, "statusCode": code[:CODE]} if isinstance(code, str) and code else why


def _replies(found: MailEvent, mail: Mapping[str, Any]) -> Iterator[Reply]:
    """A reminder has one recipient, whose address is here as we wrote it; the other lists may have it otherwise."""
    if found.seen.kind in ENDS:
        yield Reply(EMAIL, _first(mail["destination"]), found.seen.at, True, ENDS[found.seen.kind])


def _tags(event: Mapping[str, Any]) -> Mapping[str, Any]:
    detail = event.get("detail")
    mail = detail.get("mail") if isinstance(detail, Mapping) else None
    tags = mail.get("tags") if isinstance(mail, Mapping) else None
    return tags if isinstance(tags, Mapping) else {}


def _first(told: Any) -> str:
    if not isinstance(told, list) or not told or not isinstance(told[0], str):
        raise Rejected("mail event of another shape than SES's")
    return told[0]

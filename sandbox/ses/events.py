"""Accepted mails in, what became of them out: the events that SES puts on the account's default bus."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.ses.fates import chance
from sandbox.ses.outbox import SentMail

Event = dict[str, Any]  # an entry of PutEvents
Publish = Callable[[list[Event]], None]
ENTRIES_A_CALL = 10  # of PutEvents

DETAIL_TYPES = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
    "Reject": "Email Rejected",
    "Rendering Failure": "Email Rendering Failed",
    "DeliveryDelay": "Email Delivery Delayed",
}


@dataclass
class EventFaults:
    """Shares of the events that the bus doubles, shuffles with others of their batch, holds back until told, or loses."""

    duplicated: float = 0.0
    reordered: float = 0.0
    delayed: float = 0.0
    dropped: float = 0.0
    seed: int = 0

    def suffer(self, events: list[Event]) -> tuple[list[Event], list[Event]]:
        """What is published now, and what only later."""
        now: list[tuple[float, Event]] = []
        later: list[Event] = []
        for place, event in enumerate(events):
            fall = {name: self._falls(name, event) for name in ("duplicated", "reordered", "delayed", "dropped")}
            if fall["dropped"]:
                continue
            spot = len(events) * chance("spot", event["Detail"]) if fall["reordered"] else float(place)
            copies = [event] * (1 + fall["duplicated"])
            if fall["delayed"]:
                later += copies
            else:
                now += [(spot, copy) for copy in copies]
        return [event for _, event in sorted(now, key=lambda placed: placed[0])], later

    def _falls(self, name: str, event: Event) -> bool:
        share: float = getattr(self, name)
        return share > 0 and chance(self.seed, name, event["Detail"]) < share


def events_of(mail: SentMail, fate: str) -> list[Event]:
    """The life of a mail, in the order in which it happened; instants are the sandbox's."""
    return [_event(mail, kind, after, {part: what} if part else {}) for kind, after, part, what in _life(mail, fate)]


def rendering_failure(mail: SentMail, why: str) -> list[Event]:
    failure = {"templateName": "inline", "errorMessage": why}
    return [_event(mail, "Rendering Failure", timedelta(), {"failure": failure})]


def to_bus(client: Any) -> Publish:
    """Publish through an EventBridge client, ten at a time."""

    def publish(events: list[Event]) -> None:
        for start in range(0, len(events), ENTRIES_A_CALL):
            answer = client.put_events(Entries=events[start : start + ENTRIES_A_CALL])
            assert not answer["FailedEntryCount"], answer

    return publish


def _life(mail: SentMail, fate: str) -> Iterator[tuple[str, timedelta, str, Mapping[str, Any]]]:
    took = timedelta(seconds=0.3 + 1.2 * chance("took", mail.id))
    yield "Send", timedelta(), "send", {}
    if fate in ("bounced", "globally_suppressed", "account_suppressed"):
        subtypes = {"globally_suppressed": "Suppressed", "account_suppressed": "OnAccountSuppressionList"}
        yield "Bounce", took, "bounce", _bounce(mail, took, "Permanent", subtypes.get(fate, "General"), "5.1.1")
        return
    if fate == "soft_bounced":
        yield "DeliveryDelay", took, "deliveryDelay", _delay(mail, took)
        late = took + timedelta(hours=1)
        yield "Bounce", late, "bounce", _bounce(mail, late, "Transient", "MailboxFull", "5.2.2")
        return
    yield "Delivery", took, "delivery", _delivery(mail, took)
    if fate == "complained":
        late = took + timedelta(minutes=10)
        yield "Complaint", late, "complaint", _complaint(mail, late)


def _event(mail: SentMail, kind: str, after: timedelta, part: Mapping[str, Any]) -> Event:
    detail = {"eventType": kind, "mail": _mail(mail), **part}
    return {
        "Time": mail.accepted_at + after,
        "Source": "aws.ses",
        "DetailType": DETAIL_TYPES[kind],
        "Resources": [f"arn:aws:ses:eu-west-1:000000000000:configuration-set/{mail.configuration_set}"],
        "Detail": json.dumps(detail),
    }


def _mail(mail: SentMail) -> dict[str, Any]:
    common = {"From": mail.sender, "To": ", ".join(mail.to), "Subject": mail.subject, **mail.headers}
    own = {"ses:configuration-set": mail.configuration_set, "ses:caller-identity": "sandbox"}
    tags = {**{name: value for name, value in own.items() if value}, **mail.tags}
    return {
        "timestamp": _instant(mail.accepted_at),
        "source": mail.sender,
        "sendingAccountId": "000000000000",
        "messageId": mail.id,
        "destination": list(mail.to),
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in common.items()],
        "commonHeaders": {"from": [mail.sender], "to": list(mail.to), "messageId": mail.id, "subject": mail.subject},
        "tags": {name: [value] for name, value in tags.items()},
    }


def _delivery(mail: SentMail, after: timedelta) -> dict[str, Any]:
    return {
        "timestamp": _instant(mail.accepted_at + after),
        "processingTimeMillis": int(after / timedelta(milliseconds=1)),
        "recipients": list(mail.to),
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "mta.sandbox.invalid",
    }


def _bounce(mail: SentMail, after: timedelta, kind: str, subtype: str, status: str) -> dict[str, Any]:
    said = {"action": "failed", "status": status, "diagnosticCode": f"smtp; 550 {status} as the sandbox decided"}
    return {
        "bounceType": kind,
        "bounceSubType": subtype,
        "bouncedRecipients": [{"emailAddress": address, **said} for address in mail.to],
        "timestamp": _instant(mail.accepted_at + after),
        "feedbackId": f"bounce-{mail.id}",
        "reportingMTA": "dns; mta.sandbox.invalid",
    }


def _complaint(mail: SentMail, after: timedelta) -> dict[str, Any]:
    return {
        "complainedRecipients": [{"emailAddress": address} for address in mail.to],
        "timestamp": _instant(mail.accepted_at + after),
        "feedbackId": f"complaint-{mail.id}",
        "complaintSubType": None,
        "complaintFeedbackType": "abuse",
        "userAgent": "Sandbox feedback loop",
    }


def _delay(mail: SentMail, after: timedelta) -> dict[str, Any]:
    recipient = {"status": "4.2.2", "diagnosticCode": "smtp; 452 4.2.2 mailbox full"}
    return {
        "timestamp": _instant(mail.accepted_at + after),
        "delayType": "MailboxFull",
        "expirationTime": _instant(mail.accepted_at + timedelta(hours=14)),
        "delayedRecipients": [{"emailAddress": address, **recipient} for address in mail.to],
    }


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"

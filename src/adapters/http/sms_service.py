"""The SMS service: a text in, whether it was taken out; the same text never twice, since it goes under its own key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import requests

from adapters.aws.service_secrets import SMS_TOKEN, ServiceSecrets
from adapters.http.outside import outside_call, patience
from domain.errors import Unavailable, Unknown
from domain.notifications.instants import iso
from domain.notifications.sms import Accepted, Refusal, Text

TIMEOUT = (2.0, 10.0)  # seconds to connect, and for the answer: a slice of texts waits for its slowest
GATEWAY = frozenset({502, 504, 520, 522, 524})  # somebody between us gave up, who does not know what the service did
LONGEST = 300  # characters of a reason that are kept


@dataclass(frozen=True)
class SmsService:
    """`POST {url}/messages`. `vendor` is the service's word for whom it sends through, where it has several."""

    http: requests.Session
    url: str
    tokens: ServiceSecrets
    vendor: str | None = None
    timeout: tuple[float, float] = TIMEOUT
    honours_keys: bool = True

    def send(self, text: Text, now: datetime) -> Accepted | Refusal:
        """One call. Unavailable: we have no token."""
        told = {
            "Authorization": f"Bearer {self.tokens.one(SMS_TOKEN, now)}",
            "Content-Type": "application/json",
            "Idempotency-Key": text.message_id,
        }
        body, url = orjson.dumps(_asked(text, self.vendor)), f"{self.url}/messages"
        try:
            with outside_call("sending a text"):
                answer = self.http.post(url, data=body, headers=told, timeout=self.timeout, allow_redirects=False)
        except Unavailable:
            return Refusal(0, "the SMS service was not reached")
        except Unknown:
            return Refusal(0, "the SMS service did not answer", ambiguous=True)
        return Accepted() if answer.ok and not answer.is_redirect else _refused(answer)


def _asked(text: Text, vendor: str | None) -> dict[str, Any]:
    message = {
        "to": {"phoneNumber": text.to},
        "text": text.body,
        "groupId": text.group_id,
        "messageId": text.message_id,
        "appMetadata": text.metadata,
        "appId": text.app_id,
        "expiresAt": iso(text.expires_at),
    }
    return {"correlationId": text.message_id, "message": {**message, "vendorId": vendor} if vendor else message}


def _refused(answer: requests.Response) -> Refusal:
    told = answer.headers.get("Retry-After")
    code = answer.status_code
    return Refusal(code, _reason(answer), patience(told) if told else 0.0, ambiguous=code in GATEWAY)


def _reason(answer: requests.Response) -> str:
    """The nested detail, else the message, else what the status says."""
    try:
        told = orjson.loads(answer.content)
    except ValueError:
        told = None
    told = told if isinstance(told, dict) else {}
    error = told.get("error")
    detail = error.get("detail") if isinstance(error, dict) else None
    found = next((it for it in (detail, told.get("message")) if isinstance(it, str) and it.strip()), None)
    return (found or f"answered {answer.status_code}").strip()[:LONGEST]

"""The Discovery API: an event's id in, what the vendor says of it out."""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import requests

from adapters.aws.service_secrets import DISCOVERY_KEY, ServiceSecrets
from adapters.http.outside import BUSY, MOST, Throttled, outside_call, patience
from domain.errors import Rejected, Unavailable, Unknown

TIMEOUT = (1.0, 3.0)  # seconds to connect, and between two parts of an answer
WHOLE = 4.0  # seconds for all of an answer: less is left of them where fans wait
LARGEST = 4 << 20  # bytes; the vendor's own are of about 20,000
SECOND = 2.0  # seconds to wait where the vendor does not say: its rate is by the second
ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
ASKED = {"locale": "*", "includeLicensedContent": "yes"}

# The key is in the query, as the vendor has it, and urllib3 tells each call with its query where somebody listens at DEBUG.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


class NotFound(Rejected):
    """There is no such event."""


def checked_id(event_id: object) -> str:
    """The id itself. Rejected: it is none that the vendor gives out."""
    if not isinstance(event_id, str) or not ID.fullmatch(event_id):
        raise Rejected("an event's id has 1 to 64 letters, digits, - and _")
    return event_id


@dataclass(frozen=True)
class Discovery:
    """Calls are made once: trying again is the caller's business. The key is in no text and no traceback of ours."""

    http: requests.Session
    url: str
    tokens: ServiceSecrets
    clock: Callable[[], float] = time.time
    timeout: tuple[float, float] = TIMEOUT
    whole: float = WHOLE

    def key(self, now: datetime) -> str:
        """Unavailable: the secret has none."""
        return self.tokens.one(DISCOVERY_KEY, now)

    def event(self, event_id: str, now: datetime) -> dict[str, Any]:
        """The vendor's document, as it is. NotFound. Rejected: no id. Throttled, Unavailable: ask again later."""
        doing = f"asking about event {checked_id(event_id)}"
        asked = {"apikey": self.key(now), **ASKED}
        try:
            with outside_call(doing):
                answer, body = self._get(f"{self.url}/discovery/v2/events/{event_id}.json", asked, doing)
        except (Unavailable, Unknown) as failed:  # their causes hold the address, with the key in it
            raise Unavailable(str(failed)) from None
        return self._read(answer, body, doing)

    def _get(self, url: str, asked: dict[str, str], doing: str) -> tuple[requests.Response, bytes]:
        until = time.monotonic() + self.whole
        with self.http.get(url, params=asked, timeout=self.timeout, allow_redirects=False, stream=True) as answer:
            body = bytearray()
            for part in answer.iter_content(1 << 16):
                body += part
                if len(body) > LARGEST or time.monotonic() > until:
                    raise Unavailable(f"{doing}: the answer is too large, or too slow")
            return answer, bytes(body)

    def _read(self, answer: requests.Response, body: bytes, doing: str) -> dict[str, Any]:
        document = _object(body)
        if answer.status_code == BUSY:
            raise Throttled(doing, self._patience(answer.headers))
        if answer.status_code in (401, 403):
            where = f"{DISCOVERY_KEY} in the secret {self.tokens.arn}"
            raise Unavailable(f"{doing}: the vendor lets us not in, mend {where}")
        if answer.status_code == 404:
            # A gateway on the way has its own 404s; only the vendor's says that there is no such event.
            raise NotFound(f"{doing}: there is none") if _unknown(document) else Unavailable(f"{doing}: answered 404")
        if answer.status_code != 200 or not document.get("id"):
            raise Unavailable(f"{doing}: answered {answer.status_code}, and with no event")
        return document

    def _patience(self, headers: Any) -> float:
        """Seconds, from the instant that the vendor names or the span it asks for."""
        try:
            wait = int(headers["Rate-Limit-Reset"]) / 1000 - self.clock()
        except (KeyError, ValueError):
            return patience(headers["Retry-After"]) if "Retry-After" in headers else SECOND
        return min(max(wait, 1.0), MOST)


def _object(body: bytes) -> dict[str, Any]:
    """Empty where it is none."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _unknown(document: dict[str, Any]) -> bool:
    """DIS1004: no resource was found; the vendor writes its statuses as texts."""
    errors = document.get("errors")
    return isinstance(errors, list) and any(isinstance(it, dict) and it.get("code") == "DIS1004" for it in errors)

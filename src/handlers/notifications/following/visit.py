"""One request of the public HTTP API in, what the pages need to know of it out."""

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from domain.solicitation.pages import preferred_locale

LOCALE = re.compile(r"[A-Za-z]{2}([-_][A-Za-z]{2})?", re.ASCII)
MOST_FIELDS = 20  # of a form; ours has one


@dataclass(frozen=True, slots=True)
class Visit:
    """One request; `now` is when it came in."""

    method: str
    now: datetime
    locale: str
    form: Mapping[str, Any]

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Visit":
        """From payload 2.0 of an HTTP API."""
        about = event["requestContext"]
        headers = {name.lower(): value for name, value in event.get("headers", {}).items()}
        asked = (event.get("queryStringParameters") or {}).get("locale") or ""
        liked = asked if LOCALE.fullmatch(asked) else preferred_locale(headers.get("accept-language", ""))
        now = datetime.fromtimestamp(about["timeEpoch"] / 1000, UTC)
        return cls(about["http"]["method"], now, liked, form_of(event, headers))


def form_of(event: Mapping[str, Any], headers: Mapping[str, str]) -> Mapping[str, Any]:
    """The fields of a form sent as browsers do by default; any other body holds none."""
    if not headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    body = event.get("body") or ""
    try:
        text = b64decode(body).decode(errors="replace") if event.get("isBase64Encoded") else body
        return parse_qs(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError:  # no base64, or more fields than any form of ours has
        return {}

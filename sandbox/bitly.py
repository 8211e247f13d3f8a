"""Bitly in this process: long addresses of callers with a token in, the same short link for the same address out."""

from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import orjson

from sandbox.aws_http import Reply, Request
from sandbox.outside import OutsideFaults, OutsideService, Refusal, json_reply, sent_json

GIVEN = "bitly-test"  # the token it knows unless told another one
LONGEST = 2048  # characters of an address


class BitlyServer(OutsideService):
    """POST /v4/shorten: 201 for a new link, 200 for one that is known. `links` are long addresses by short link.

    `monthly`: links that the plan still makes; then 429, as when calls come too fast. `unpaid`: 402 to every call. Other processes
    read GET /_links.
    """

    def __init__(
        self, faults: OutsideFaults | None = None, *, token: str = GIVEN, domain: str = "bit.ly", monthly: int = 10_000
    ) -> None:
        super().__init__(faults)
        self.token, self.domain, self.monthly = token, domain, monthly
        self.unpaid = False
        self.links: dict[str, str] = {}

    def answer(self, request: Request) -> Reply:
        if request.method == "GET" and request.path == "/_links":
            with self.lock:
                return Reply(orjson.dumps(self.links))
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise refusal(403, "FORBIDDEN", "You are currently forbidden to access this resource.")
        if (request.method, request.path) != ("POST", "/v4/shorten"):
            raise refusal(404, "NOT_FOUND", "What you are looking for cannot be found.")
        if self.unpaid:
            raise refusal(402, "UPGRADE_REQUIRED", "Your plan does not hold this.")
        with self.lock:
            return self._shorten(sent_json(request))

    def _shorten(self, told: Any) -> Reply:
        address = told.get("long_url") if isinstance(told, dict) else None
        if not well_formed(address):
            raise refusal(400, "INVALID_ARG_LONG_URL", "The value provided is invalid.")
        id = f"{self.domain}/{sha256(address.encode()).hexdigest()[:7]}"
        link, known = f"https://{id}", f"https://{id}" in self.links
        if not known and self.monthly < 1:
            raise refusal(429, "MONTHLY_ENCODE_LIMIT_EXCEEDED", "You have no links left this month.")
        if not known:
            self.monthly -= 1
            self.links[link] = address
        about = {"archived": False, "tags": [], "deeplinks": [], "custom_bitlinks": [], "references": {}}
        made = {"created_at": "2026-12-04T17:30:00+0000", "id": id, "link": link, "long_url": address, **about}
        return json_reply(made, 200 if known else 201)


def well_formed(address: Any) -> bool:
    if not isinstance(address, str) or not 0 < len(address) <= LONGEST:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)


def refusal(status: int, message: str, description: str) -> Refusal:
    return Refusal(status, {"message": message, "description": description, "resource": "bitlinks", "errors": []})

"""The Discovery API: a question about an event by its id in, the document that was added under it out."""

import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from sandbox.aws_http import Reply, Request
from sandbox.outside import OutsideFaults, OutsideService, Refusal, json_reply, sent_json

GIVEN = "discovery-test"  # the key it knows unless told another one
PATH = re.compile(r"/discovery/v2/events/([^/]+)\.json")
QUOTA = {
    "fault": {"faultstring": "Rate limit quota violation", "detail": {"errorcode": "policies.ratelimit.QuotaViolation"}}
}
Document = Mapping[str, Any]


class DiscoveryServer(OutsideService):
    """`documents` by event id. `rate` calls a second and `daily` ones are answered where they are set, the next is 429 with its reset.

    Other processes POST documents to /_events.
    """

    def __init__(
        self,
        faults: OutsideFaults | None = None,
        *,
        key: str = GIVEN,
        rate: int | None = None,
        daily: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(faults)
        self.key, self.rate, self.daily, self.clock = key, rate, daily, clock
        self.documents: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[float, str]] = []  # instant and event of each call that was let in, answered or not
        self._lately: deque[float] = deque()
        self._today: tuple[int, int] = (0, 0)  # day, calls

    def add(self, document: Document) -> str:
        """In the place of what was there under its id; the id."""
        with self.lock:
            self.documents[document["id"]] = deepcopy(dict(document))
        return str(document["id"])

    def remove(self, event: str) -> None:
        with self.lock:
            del self.documents[event]

    def move(self, event: str, start: datetime, presale: str | None = None) -> None:
        """Let the public sale start then, or the presale of that name."""
        told = f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        with self.lock:
            sales = self.documents[event]["sales"]
            moved = sales["public"] if presale is None else named(sales["presales"], presale)
            moved["startDateTime"] = told

    def answer(self, request: Request) -> Reply:
        if (request.method, request.path) == ("POST", "/_events"):
            return json_reply({"id": self.add(sent_json(request))})
        found = PATH.fullmatch(request.path)
        if found is None or request.method != "GET":
            raise Refusal(404, {"message": "there is no such route"})
        if parse_qs(request.query).get("apikey") != [self.key]:
            raise Refusal(401, {"fault": {"faultstring": "Invalid ApiKey"}})
        with self.lock:
            limits = self._limits(unquote(found[1]))
            document = self.documents.get(unquote(found[1]))
        if limits["Rate-Limit-Over"] != "0":
            return json_reply(QUOTA, 429, limits)
        if document is None:
            return json_reply(missing(unquote(found[1])), 404, limits)
        return json_reply(document, headers=limits)

    def _limits(self, event: str) -> dict[str, str]:
        """The headers of the answer; what is over the limit does not count."""
        now = self.clock()
        self.asked.append((now, event))
        while self._lately and self._lately[0] <= now - 1:
            self._lately.popleft()
        day = int(now // 86_400)
        used = self._today[1] if self._today[0] == day else 0
        fast, much = (
            self.rate is not None and len(self._lately) >= self.rate,
            self.daily is not None and used >= self.daily,
        )
        if not (fast or much):
            self._lately.append(now)
            self._today = (day, used + 1)
        reset = (day + 1) * 86_400 if much else self._lately[0] + 1 if fast else now + 1
        return {
            "Rate-Limit": str(self.daily or 5_000),
            "Rate-Limit-Available": str(max(0, (self.daily or 5_000) - self._today[1])),
            "Rate-Limit-Over": str(int(fast or much)),
            "Rate-Limit-Reset": str(round(reset * 1000)),
        }


def named(presales: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(it for it in presales if it["name"] == name)


def missing(event: str) -> dict[str, Any]:
    detail = f"Resource not found with provided criteria (locale=*, id={event})"
    about = {"about": {"href": "/discovery/v2/errors.html#DIS1004"}}
    return {"errors": [{"code": "DIS1004", "detail": detail, "status": "404", "_links": about}]}

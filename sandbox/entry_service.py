"""The owner's Entry Service: POST of a campaign's scored entries in, what became of them out; its book can be read."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson

from sandbox.aws_http import Reply, Request
from sandbox.outside import OutsideFaults, OutsideService, Refusal, json_reply, sent_json

GIVEN = "entry-test"  # the token it knows unless told another one
CALL = 1_000  # unique items at most
MARKET = 24  # letters of a market's id
PATHS = (
    re.compile(r"/campaigns/([^/]+)/scoring"),
    re.compile(r"/([^/]+)/entries/scoring"),
)  # as callers say, as its own table says
Entry = Mapping[str, Any]
GOOD: Mapping[str, Callable[[Any], bool]] = {
    "globalUserId": lambda told: isinstance(told, str) and told != "",
    "marketId": lambda told: isinstance(told, str) and len(told) == MARKET,
    "verdict": lambda told: isinstance(told, bool),
    "score": lambda told: isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told <= 1,
}


class EntryServer(OutsideService):
    """`entries` by campaign and fan, as they were told last; None for one that registered and has no scoring yet.

    A fan it does not know is inserted, one it knows is updated, or found when nothing is new. A call repeated under its
    Idempotency-Key has the first one's answer. Other processes read GET /_entries, `?campaign=` for one campaign's.
    """

    def __init__(self, faults: OutsideFaults | None = None, *, token: str = GIVEN) -> None:
        super().__init__(faults)
        self.token = token
        self.forget()

    def forget(self) -> None:
        """Everybody, every call, and whatever it was to refuse."""
        self.entries: dict[str, dict[str, Entry | None]] = {}
        self.unwanted: set[str] = set()  # fans whose entries are refused, and the call that holds one with them
        self.closed: set[str] = set()  # campaigns that are answered 503
        self._answers: dict[tuple[str, str], tuple[bytes, Reply]] = {}

    def know(self, campaign: str, fans: Iterable[str]) -> None:
        """Fans that have registered."""
        with self.lock:
            self.entries.setdefault(campaign, {}).update((fan, None) for fan in fans)

    def answer(self, request: Request) -> Reply:
        if request.method == "GET" and request.path == "/_entries":
            return self._book(parse_qs(request.query).get("campaign"))
        found = next((match for path in PATHS if (match := path.fullmatch(request.path))), None)
        if found is None or request.method != "POST":
            raise Refusal(404, {"message": "there is no such route"})
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise Refusal(401, {"message": "who is this?"})
        campaign = unquote(found[1])
        if campaign in self.closed:
            raise Refusal(503, {"message": "come back later"})
        with self.lock:
            return self._once(campaign, request)

    def _once(self, campaign: str, request: Request) -> Reply:
        key = request.headers.get("idempotency-key")
        if key and (known := self._answers.get((campaign, key))):
            if known[0] != request.body:
                raise Refusal(422, {"message": "another call had this Idempotency-Key"})
            return known[1]
        reply = json_reply(self._take(campaign, self._checked(sent_json(request))))
        if key:
            self._answers[campaign, key] = (request.body, reply)
        return reply

    def _checked(self, told: Any) -> list[Entry]:
        records = told.get("records") if isinstance(told, dict) else None
        if not isinstance(records, list) or not 1 <= len(records) <= CALL:
            raise Refusal(400, {"message": f"records: 1 to {CALL} of them"})
        for place, record in enumerate(records):
            wrong = [name for name, good in GOOD.items() if not good(record.get(name))]
            if wrong or record["globalUserId"] in self.unwanted:
                raise Refusal(400, {"message": f"records[{place}]: {', '.join(wrong) or 'unwanted'}"})
        if len({record["globalUserId"] for record in records}) < len(records):
            raise Refusal(400, {"message": "records: a fan comes twice"})
        return records

    def _take(self, campaign: str, records: list[Entry]) -> dict[str, int]:
        book = self.entries.setdefault(campaign, {})
        figures = {"scoring": len(records), "entries": len(records), "inserted": 0, "updated": 0, "found": 0}
        for record in records:
            fan = record["globalUserId"]
            figures["inserted" if fan not in book else "found" if book[fan] == record else "updated"] += 1
            book[fan] = record
        return figures

    def _book(self, campaigns: list[str] | None) -> Reply:
        with self.lock:
            shown = {name: book for name, book in self.entries.items() if campaigns is None or name in campaigns}
            return Reply(orjson.dumps(shown))

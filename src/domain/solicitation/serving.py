"""What a caller of the serving API may ask, and in which order it is told: pages with cursors, one customer's ranking, opt-outs."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from hashlib import sha256
from re import compile
from typing import Any, NamedTuple

from domain.errors import Rejected
from domain.solicitation.stored import OPEN, iso

Item = Mapping[str, Any]

PAGE = 1_000  # candidates in one answer: some 300 KB, where Lambda allows 6 MB
MOST = 100_000  # candidates in one listing, over all its pages
SEAL = 12  # bytes; a checksum against mistakes, not a signature: callers are authorised before
SERVED = frozenset({OPEN, "ASKED"})  # asked on one channel, a candidate may still be served on another
SCORE_KEY = compile(r"[01]\.[0-9]{6}#[0-9a-f]{32}")


class Refused(Rejected):
    """A call that cannot be answered: what is wrong, in which part of it, and what the caller can do about it."""

    def __init__(self, what: str, where: str, mend: str) -> None:
        super().__init__(f"{where}: {what}; {mend}")
        self.what, self.where, self.mend = what, where, mend


class NotThere(Refused):
    """It names something that there is not."""


class TooMuch(Refused):
    """Its answer would be larger than one answer may be."""


class Position(NamedTuple):
    """Where a candidate stands in the ranking: by score and the hash that breaks ties, then by customer."""

    score_key: str
    customer_key: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A channel's best candidates, as asked for: the same on every page. `limit` counts over all pages."""

    program: str
    channel: str
    min_score: float
    limit: int

    def seal(self, given: int, position: Position) -> str:
        """What ties a cursor to this listing."""
        asked = [self.program, self.channel, score_floor(self.min_score), self.limit, given, *position]
        return sha256(json.dumps(asked).encode()).hexdigest()[: 2 * SEAL]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: how many candidates the listing has `given` so far, and the last one's position."""

    given: int
    position: Position

    def to_text(self, listing: Listing) -> str:
        content = [self.given, *self.position, listing.seal(self.given, self.position)]
        return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    @classmethod
    def from_text(cls, text: str, listing: Listing) -> "Cursor":
        """Refused: it was changed on its way, or belongs to another listing."""
        try:
            given, score_key, customer_key, _ = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            cursor = cls(given, Position(score_key, customer_key))
            if cursor.to_text(listing) == text and cursor.lies_within(listing):
                return cursor
        except (NotBase64, ValueError, TypeError, RecursionError):
            pass
        what = "the cursor was changed, or belongs to a call with other parameters"
        raise Refused(what, "query.cursor", "repeat the call that gave it, or begin anew without a cursor")

    def lies_within(self, listing: Listing) -> bool:
        score_key, customer_key = self.position
        ordered = SCORE_KEY.fullmatch(score_key) and score_key >= score_floor(listing.min_score)
        return bool(ordered) and isinstance(customer_key, str) and 0 < self.given < listing.limit


@dataclass(frozen=True, slots=True)
class OptOut:
    """What a customer does not want to be asked about: nothing at all, or some programs."""

    everything: bool = False
    programs: frozenset[str] = frozenset()

    def covers(self, program: str) -> bool:
        return self.everything or program in self.programs


NO_OPT_OUT = OptOut()


def score_floor(min_score: float) -> str:
    """The least score key of a score of at least `min_score`: keys have six decimals, so between two the upper one counts."""
    least = Decimal(repr(float(min_score))).quantize(Decimal("0.000001"), rounding=ROUND_CEILING)
    return f"{max(least, Decimal(0)) + 0:.6f}"  # + 0: there is a -0.0


SHOWN = ("customerId", "subjectId", "subjectName", "marketplace", "eventDate", "score", "expiresAt", "genre")


def shown(item: Item) -> dict[str, Any]:
    """An index item as callers see it; scores in [0, 1], instants in UTC."""
    candidate = {
        "customer": item["customerId"],
        "subject": item["subjectId"],
        "subjectName": item["subjectName"],
        "marketplace": item["marketplace"],
        "eventDate": item["eventDate"],
        "score": item["score"],
        "expiresAt": _instant(item["expiresAt"]),
    }
    if "genre" in item:
        candidate["genre"] = item["genre"]
    return candidate


def of_customer(
    items: Iterable[Item], *, now: datetime, opt_out: OptOut, programs: Container[str], channel: str | None, limit: int
) -> list[dict[str, Any]]:
    """One customer's candidates, best first, from all their items; ties by the latest event, then by subject.

    A candidate is served on the channels it still has an index item for, if it is neither expired nor consumed.
    """
    bases: dict[str, Item] = {}
    channels: dict[str, list[Item]] = {}
    for item in items:
        if "channel" in item:
            channels.setdefault(item["SK"].rpartition("#CHANNEL#")[0], []).append(item)
        elif item["status"] in SERVED and item["expiresAt"] > now.timestamp():
            bases[item["SK"]] = item
    found = [
        {**shown(index[0]), "program": index[0]["programId"], "channels": names}
        for key, index in channels.items()
        if key in bases and (names := sorted(item["channel"] for item in index if channel in (None, item["channel"])))
    ]
    wanted = [one for one in found if one["program"] in programs and not opt_out.covers(one["program"])]
    return _ranked(wanted)[:limit]


def without_expired(answer: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """An older answer without the candidates that have expired since, be they in one list or in one a customer."""
    still_good = iso(now)

    def left(candidates: list[Item]) -> list[Item]:
        return [candidate for candidate in candidates if candidate["expiresAt"] > still_good]

    if "customers" in answer:
        return {**answer, "customers": {customer: left(own) for customer, own in answer["customers"].items()}}
    return {**answer, "candidates": left(answer["candidates"])}


def _ranked(candidates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    candidates.sort(key=lambda candidate: (candidate["subject"], candidate["program"]))
    candidates.sort(key=lambda candidate: (candidate["score"], candidate["eventDate"]), reverse=True)
    return candidates


@lru_cache(maxsize=1024)  # all candidates of a run expire together
def _instant(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))

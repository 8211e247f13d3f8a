"""What a caller of the serving API may ask, and in which order it is told: pages with cursors, one customer's ranking, opt-outs."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from domain.errors import Rejected
from domain.solicitation.stored import OPEN, iso

Item = Mapping[str, Any]

PAGE = 1_000  # candidates in one answer: some 300 KB, where Lambda allows 6 MB
MOST = 100_000  # candidates in one listing, over all its pages
SEAL = 12  # bytes; a checksum against mistakes, not a signature: callers are authorised before
SERVED = frozenset({OPEN, "ASKED"})  # asked on one channel, a candidate may still be served on another


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
        """Rejected: it was changed on its way, or belongs to another listing."""
        try:
            given, score_key, customer_key, _ = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            cursor = cls(given, Position(score_key, customer_key))
            if cursor.to_text(listing) == text:
                return cursor
        except (NotBase64, ValueError, TypeError, RecursionError):
            pass
        raise Rejected("the cursor was changed, or belongs to a call with other parameters")


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
    return f"{max(least, Decimal(0)):.6f}"


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
    return _ranked(
        [one for one in found if one["program"] in programs and not opt_out.covers(one["program"])],
    )[:limit]


def still_good(candidates: Sequence[Mapping[str, Any]], now: datetime) -> list[Mapping[str, Any]]:
    """Those of an older answer that have not expired since."""
    return [candidate for candidate in candidates if candidate["expiresAt"] > iso(now)]


def _ranked(candidates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    candidates.sort(key=lambda candidate: (candidate["subject"], candidate["program"]))
    candidates.sort(key=lambda candidate: (candidate["score"], candidate["eventDate"]), reverse=True)
    return candidates


@lru_cache(maxsize=1024)  # all candidates of a run expire together
def _instant(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))

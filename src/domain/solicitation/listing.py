"""What a caller lists in, and cursors that lead from page to page of just that listing out."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from hashlib import sha256
from re import compile
from typing import NamedTuple

from domain.solicitation.serving import Refused

PAGE = 1_000  # candidates in one answer: some 300 KB, where Lambda allows 6 MB
MOST = 100_000  # candidates in one listing, over all its pages
SEAL = 12  # bytes; a checksum against mistakes, not a signature: callers are authorised before
SCORE_KEY = compile(r"[01]\.[0-9]{6}#[0-9a-f]{32}")


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


def score_floor(min_score: float) -> str:
    """The least score key of a score of at least `min_score`: keys have six decimals, so between two the upper one counts."""
    least = Decimal(repr(float(min_score))).quantize(Decimal("0.000001"), rounding=ROUND_CEILING)
    return f"{max(least, Decimal(0)) + 0:.6f}"  # + 0: there is a -0.0

"""What the samples take from the shipped programs: caps, windows, places, feature groups (a test compares them)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time


@dataclass(frozen=True, slots=True)
class Blueprint:
    """`cap` requests in `window_days`; `places`: locale by marketplace; `*_group`: feature groups."""

    program: str
    cap_group: str
    cap: int
    window_days: int
    places: Mapping[str, str]
    customer_group: str
    subject_group: str
    starts: time  # of the batch, UTC
    other: str  # a program no other sample tells of, whose history must not matter to this one

    def started_at(self, day: date) -> datetime:
        """The instant that caps, TTLs and the age of events count from."""
        return datetime.combine(day, self.starts, UTC)


REVIEWS = Blueprint(
    program="product-reviews",
    cap_group="product-reviews",
    cap=3,
    window_days=30,
    places={"US": "en-US", "UK": "en-GB", "DE": "de", "FR": "fr", "JP": "ja"},
    customer_group="customer-features",
    subject_group="product-features",
    starts=time(2),
    other="product-reviews-pilot",
)
MUSIC = Blueprint(
    program="music-feedback",
    cap_group="music-feedback",
    cap=2,
    window_days=7,
    places={"US": "en-US", "UK": "en-GB", "DE": "de", "FR": "fr", "JP": "ja", "IN": "en"},
    customer_group="listener-features",
    subject_group="track-features",
    starts=time(2),
    other="music-feedback-pilot",
)

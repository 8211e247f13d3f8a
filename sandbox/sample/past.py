"""A crowd in, what its customers were asked and answered before today out: the history that eligibility and caps judge by."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from sandbox.sample.crowd import Crowd, Fate

Array = np.ndarray[Any, Any]
DAY = 86_400
YEAR = 300 * DAY  # how far back history goes beyond the window
MOST_OLDER = 3  # asks before the window, a customer
AT_THE_EDGE = 0.05  # share of customers whose nearest ask lies on the very edge of the window
EARLIER = 5_000  # subjects of former days, numbered after today's


@dataclass(frozen=True, slots=True)
class Events:
    """One event a place: whose, about which subject, and when (epoch seconds)."""

    owner: Array
    subject: Array
    at: Array


@dataclass(frozen=True, slots=True)
class Past:
    asked: Events
    answered: Events


def remember(
    crowd: Crowd, subject: Array, subjects: int, start: datetime, window_days: int, rng: np.random.Generator
) -> Past:
    """A past in which each customer has exactly `crowd.prior` asks in (start - window, start].

    An ask exactly one window ago no longer counts, one a second later does. `subject` is each candidate's, of `subjects` in all.
    """
    window = window_days * DAY
    inside, into = _spread(crowd.prior, window, rng)
    outside, beyond = _spread(rng.integers(0, MOST_OLDER + 1, crowd.customers), YEAR, rng)
    same = np.flatnonzero(crowd.fate == Fate.ASKED)
    before = np.where(crowd.contested[crowd.owner[same]], window, DAY) + rng.integers(0, YEAR, len(same))
    others = np.concatenate([inside, outside])
    asked = Events(
        owner=np.concatenate([others, crowd.owner[same]]),
        subject=np.concatenate([subjects + (others * 7 + rank(others)) % EARLIER, subject[same]]),
        at=int(start.timestamp()) - np.concatenate([window - 1 - into, window + beyond, before]),
    )
    said = np.flatnonzero(crowd.fate == Fate.ANSWERED)
    ago = rng.integers(DAY, YEAR, len(said))
    return Past(asked, Events(crowd.owner[said], subject[said], int(start.timestamp()) - ago))


def _spread(counts: Array, seconds: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Owners, each as often as it counts, and different distances in [0, `seconds`) within an owner; some owners begin with 0."""
    owner = np.repeat(np.arange(len(counts)), counts)
    place = rank(owner)
    slot = seconds // max(1, int(counts.max(initial=0)))
    distance = place * slot + rng.integers(0, slot, len(owner))
    return owner, np.where((place == 0) & (rng.random(len(owner)) < AT_THE_EDGE), 0, distance)


def rank(owner: Array) -> Array:
    """0, 1, 2 … within each owner, in the order given."""
    order = np.argsort(owner, kind="stable")
    grouped = owner[order]
    first = np.r_[True, grouped[1:] != grouped[:-1]][: len(owner)]
    starts = np.flatnonzero(first)
    place = np.empty(len(owner), np.int64)
    place[order] = np.arange(len(owner)) - np.repeat(starts, np.diff(np.r_[starts, len(owner)]))
    return place

"""A funnel in, a crowd out: which customer owns each candidate, why it is removed, and how often each was asked before."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from sandbox.sample.funnel import Funnel, apportion

Array = np.ndarray[Any, Any]
Pattern = tuple[int, int]  # asks inside the window, candidates that reach the cap


class Fate(IntEnum):
    """Why a candidate ends; CONTESTED ones reach the frequency cap, which takes as many as their customer has too many."""

    CONTESTED = 0
    DISTRUSTED = 1
    ANSWERED = 2
    ASKED = 3
    SUBJECT_INELIGIBLE = 4
    OPTED_OUT = 5
    DISENGAGED = 6


REASONS = (Fate.ANSWERED, Fate.ASKED, Fate.SUBJECT_INELIGIBLE, Fate.OPTED_OUT)
REASON_WEIGHTS = (35, 25, 25, 15)
BANDS = ("high", "medium", "low")
NO_BAND = -1


@dataclass(frozen=True, slots=True)
class Crowd:
    """Customers by number: `prior` asks inside the window, `opted_out`, `contested` (has candidates that reach the cap), `band`.

    Candidates by number: their `owner` and `fate`, in no particular order.
    """

    prior: Array
    opted_out: Array
    contested: Array
    band: Array
    owner: Array
    fate: Array

    @property
    def customers(self) -> int:
        return len(self.prior)


def gather(funnel: Funnel, cap: int, rng: np.random.Generator) -> Crowd:
    """A crowd whose candidates the chain removes exactly as the funnel says, given `cap` requests in the window."""
    prior, size = _capped(funnel, cap, rng)
    loose, opted_out = _loose(funnel)
    households = _sizes(opted_out, 3, rng)
    strangers = -(-len(loose) // 2)  # about as many rows a head as the others have
    groups = (len(prior), len(households), strangers)
    owners = [
        np.repeat(np.arange(groups[0]), size),
        np.repeat(groups[0] + np.arange(groups[1]), households),
        _host(loose, groups, rng),
    ]
    fates = [np.full(int(size.sum()), Fate.CONTESTED), np.full(int(households.sum()), Fate.OPTED_OUT), loose]
    band = np.full(sum(groups), NO_BAND)
    band[: groups[0]] = _bands(size - _overflow(prior, size, cap), funnel, rng)
    return Crowd(
        prior=np.concatenate([prior, rng.integers(0, cap + 2, groups[1] + groups[2])]),
        opted_out=np.repeat([False, True, False], groups),
        contested=np.repeat([True, False, False], groups),
        band=band,
        owner=np.concatenate(owners),
        fate=np.concatenate(fates),
    )


def _loose(funnel: Funnel) -> tuple[Array, int]:
    """The fates that do not depend on what else their customer has, and how many candidates end with an opt-out."""
    reasons = dict(zip(REASONS, apportion(funnel.removed["eligibility"], REASON_WEIGHTS), strict=True))
    opted_out = reasons.pop(Fate.OPTED_OUT)
    filters = {Fate.DISTRUSTED: funnel.removed["trust"], Fate.DISENGAGED: funnel.removed.get("engagement", 0)}
    counts = {**filters, **reasons}
    return np.repeat(np.array(list(counts), np.int64), list(counts.values())), opted_out


def _capped(funnel: Funnel, cap: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Prior asks and candidates of customers that together have exactly as many over the cap, and under it, as the funnel wants."""
    surplus = funnel.removed["frequency-cap"]
    over = [(p, m) for p in range(cap + 2) for m in _too_many(p, cap)]
    drawn = _drawn(over, [2.0 if p >= cap else 1.0 for p, _ in over], surplus, rng)
    lost = _overflow(drawn[:, 0], drawn[:, 1], cap)
    kept = drawn[:, 1] - lost
    fits = (lost.cumsum() <= surplus) & (kept.cumsum() <= funnel.eligible)
    topped_up = np.tile((cap, 1), (surplus - int(lost[fits].sum()), 1))
    under = _under(funnel.eligible - int(kept[fits].sum()), cap, rng)
    prior, size = np.concatenate([drawn[fits], topped_up, under]).T
    return prior, size


def _drawn(patterns: list[Pattern], weights: list[float], size: int, rng: np.random.Generator) -> Array:
    shares = np.array(weights)
    return np.array(patterns)[rng.choice(len(patterns), size, p=shares / shares.sum())]


def _too_many(prior: int, cap: int) -> range:
    return range(1, cap + 1) if prior >= cap else range(cap - prior + 1, cap - prior + 4)


def _under(candidates: int, cap: int, rng: np.random.Generator) -> Array:
    """Customers within the cap, many of them exactly at it."""
    under = [(p, m) for p in range(cap) for m in range(1, cap - p + 1)]
    drawn = _drawn(under, [4.0 if pattern == (0, 1) else 1.0 for pattern in under], candidates, rng)
    fits = drawn[:, 1].cumsum() <= candidates
    return np.concatenate([drawn[fits], np.tile((0, 1), (candidates - int(drawn[fits, 1].sum()), 1))])


def _overflow(prior: Array, size: Array, cap: int) -> Array:
    return np.asarray(np.maximum(0, size - np.maximum(0, cap - prior)))


def _sizes(total: int, most: int, rng: np.random.Generator) -> Array:
    """Groups of 1 to `most` that add up to `total`."""
    drawn = rng.integers(1, most + 1, total)
    fits = drawn[drawn.cumsum() <= total]
    return np.concatenate([fits, np.ones(total - int(fits.sum()), np.int64)])


def _host(loose: Array, groups: tuple[int, int, int], rng: np.random.Generator) -> Array:
    """Two in five of these rows belong to customers who have candidates before the cap, the others to strangers.

    Distrusted rows may belong to someone who opted out as well: trust comes first.
    """
    contested, households, strangers = groups
    if not len(loose):
        return loose
    owner = contested + households + rng.integers(0, strangers, len(loose))
    luck = rng.random(len(loose))
    if contested:
        owner = np.where(luck < 0.4, rng.integers(0, contested, len(loose)), owner)
    if households:
        doubly = (loose == Fate.DISTRUSTED) & (luck > 0.9)
        owner = np.where(doubly, contested + rng.integers(0, households, len(loose)), owner)
    return owner


def _bands(passing: Array, funnel: Funnel, rng: np.random.Generator) -> Array:
    """A band a customer so that the candidates that pass fill the bands: large customers first, into the emptiest that holds them."""
    room = [funnel.bands[name] for name in BANDS]
    want = [max(1, count) for count in room]
    band = np.full(len(passing), NO_BAND)
    for customer in np.lexsort((rng.random(len(passing)), -passing)).tolist():
        size = int(passing[customer])
        if not size:
            break
        choice = max(range(len(BANDS)), key=lambda b: (room[b] >= size, room[b] / want[b]))
        band[customer] = choice
        room[choice] -= size
    return band

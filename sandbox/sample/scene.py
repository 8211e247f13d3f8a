"""What both samples are built from: the crowd, who its people and subjects are, and the traits that filters judge by."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from sandbox.sample.blueprint import Blueprint
from sandbox.sample.columns import draw_numbers, ids
from sandbox.sample.crowd import Crowd, gather
from sandbox.sample.funnel import Funnel
from sandbox.sample.subjects import assign

Array = np.ndarray[Any, Any]
NEWCOMERS = 50  # one customer in so many rows has only rows that are not extracted
AT_THE_LIMIT = 0.03  # share of values that lie right at a filter's limit
MARKETS = (46.0, 18.0, 14.0, 12.0, 10.0, 12.0)  # weights, in the order of the blueprint's places


@dataclass(frozen=True, slots=True)
class Scene:
    """`subject` is each candidate's; numbers below `eligible` may be asked about. `people` and `things` are the ids by number;
    people beyond the crowd have no candidate, things beyond `subjects` are of former days. `market` is each person's."""

    plan: Blueprint
    funnel: Funnel
    day: date
    crowd: Crowd
    subject: Array
    eligible: int
    subjects: int
    people: pa.Array
    things: pa.Array
    market: Array


def stage(plan: Blueprint, funnel: Funnel, day: date, seed: int, prefixes: tuple[str, str], earlier: int) -> Scene:
    """Gather the crowd and name everyone; `earlier` things are named beyond today's."""
    rng = np.random.default_rng([seed, 1])
    crowd = gather(funnel, plan.cap, rng)
    eligible, ineligible = max(60, funnel.candidates // 150), max(30, funnel.candidates // 600)
    people = crowd.customers + max(5, funnel.extracted // NEWCOMERS)
    return Scene(
        plan=plan,
        funnel=funnel,
        day=day,
        crowd=crowd,
        subject=assign(crowd, eligible, ineligible, rng),
        eligible=eligible,
        subjects=eligible + ineligible,
        people=ids(prefixes[0], np.arange(people), seed),
        things=ids(prefixes[1], np.arange(eligible + ineligible + earlier), seed),
        market=draw_numbers(rng, MARKETS[: len(plan.places)], people),
    )


def bot_scores(guilty: Array, rng: np.random.Generator) -> Array:
    """At most 0.5, some of them exactly that, but for the guilty, who are above."""
    innocent = np.where(rng.random(len(guilty)) < AT_THE_LIMIT, 0.5, np.round(rng.beta(1.2, 6, len(guilty)) * 0.5, 4))
    above = np.where(rng.random(len(guilty)) < AT_THE_LIMIT, 0.5001, np.round(0.51 + 0.49 * rng.random(len(guilty)), 4))
    return np.where(guilty, above, innocent)


def charges(distrusted: Array, kinds: int, rng: np.random.Generator) -> list[Array]:
    """Which of so many reasons for distrust hold, by row: one each for the distrusted, now and then all of them; none for others."""
    reason = rng.integers(0, kinds, len(distrusted))
    everything = rng.random(len(distrusted)) < AT_THE_LIMIT
    return [distrusted & ((reason == kind) | everything) for kind in range(kinds)]

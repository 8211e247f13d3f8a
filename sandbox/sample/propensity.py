"""A band a customer in, features out that put its candidates there; and training tables the stand-in models learn the same from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from sandbox.sample.crowd import BANDS

Array = np.ndarray[Any, Any]
Features = dict[str, Array]
TRAINING_ROWS = 20_000
# The logit a customer is aimed at, by band. 0.7 lies at 0.85 and 0.4 at -0.41; the gaps leave room for what a subject adds.
AIMS = {"high": (1.25, 2.6), "medium": (-0.1, 0.5), "low": (-2.6, -0.75)}
ANYWHERE = (-2.6, 2.6)


@dataclass(frozen=True, slots=True)
class Truth:
    """The odds by which people of the sample answer. `slopes`: logit a unit and the value that adds nothing; `shifts`: logit of a text.

    The `lever` is the customer's feature that is set, within its range and to so many decimals, so that the logit comes out as aimed.
    """

    endpoint: str
    slopes: Mapping[str, tuple[float, float]]
    shifts: Mapping[str, Mapping[str, float]]
    lever: str
    range: tuple[float, float]
    decimals: int

    def logit(self, features: Mapping[str, Array]) -> Array:
        """What the given features add; those of this model that are not there add nothing."""
        total = np.zeros(len(next(iter(features.values()))))
        for name, (slope, centre) in self.slopes.items():
            if name in features:
                total = total + slope * (features[name] - centre)
        for name, shifts in self.shifts.items():
            if name in features:
                texts, place = np.unique(features[name], return_inverse=True)
                total = total + np.array([shifts[text] for text in texts])[place]
        return total

    @property
    def features(self) -> tuple[str, ...]:
        return (*self.slopes, *self.shifts)


def aim(truths: tuple[Truth, ...], drawn: Features, band: Array, rng: np.random.Generator) -> Features:
    """The drawn customer features with each model's lever set for the customers' bands; customers of none land anywhere."""
    limits = np.array([*AIMS.values(), ANYWHERE])[np.where(band < 0, len(BANDS), band)]
    features = dict(drawn)
    for truth in truths:
        goal = limits[:, 0] + rng.random(len(band)) * (limits[:, 1] - limits[:, 0])
        slope, centre = truth.slopes[truth.lever]
        value = centre + (goal - truth.logit({**drawn, truth.lever: np.full(len(band), centre)})) / slope
        features[truth.lever] = np.round(np.clip(value, *truth.range), truth.decimals)
    return features


def training(truth: Truth, customers: Features, subjects: Features, rng: np.random.Generator) -> pa.Table:
    """A row an ask of former days: the model's features and whether it was answered (`label`), drawn by the true odds."""
    features = {name: values for name, values in {**customers, **subjects}.items() if name in truth.features}
    odds = 1.0 / (1.0 + np.exp(-truth.logit(features)))
    answered = (rng.random(len(odds)) < odds).astype(np.int8)
    return pa.table({**{name: features[name] for name in sorted(features)}, "label": answered})

"""Owners and fates in, a subject a candidate out: none twice with the same customer, ineligible ones only where that is the reason."""

from typing import Any

import numpy as np

from sandbox.sample.crowd import Crowd, Fate

Array = np.ndarray[Any, Any]
SKEW = 2.0  # how much the popular ones lead


def assign(crowd: Crowd, eligible: int, ineligible: int, rng: np.random.Generator) -> Array:
    """Subjects 0 to `eligible` may be asked about, the `ineligible` ones after them may not.

    Who is not trusted, or has opted out, is removed whatever the subject, and so may have either kind.
    """
    either = np.isin(crowd.fate, (Fate.DISTRUSTED, Fate.OPTED_OUT))
    first = np.where(crowd.fate == Fate.SUBJECT_INELIGIBLE, eligible, 0)
    last = np.where((crowd.fate == Fate.SUBJECT_INELIGIBLE) | either, eligible + ineligible, eligible)
    subject = first + ((last - first) * rng.random(len(first)) ** SKEW).astype(np.int64)
    while len(again := _repeated(crowd.owner, subject, eligible + ineligible)):
        subject[again] = rng.integers(first[again], last[again])
    return subject


def _repeated(owner: Array, subject: Array, subjects: int) -> Array:
    """All but the first of equal pairs."""
    key = owner * subjects + subject
    order = np.argsort(key, kind="stable")
    return np.asarray(order[1:][key[order][1:] == key[order][:-1]])

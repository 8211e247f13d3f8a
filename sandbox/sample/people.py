"""Customer ids and marketplaces in, the columns of a contacts table out: invented names, example.com addresses, zones."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.sample.columns import draw, join, pick

Array = np.ndarray[Any, Any]
NO_EMAIL = 0.03
UNKNOWN = 0.05  # no zone or no locale of their own: the marketplace's counts

ZONES: Mapping[str, Mapping[str, float]] = {
    "US": {
        "America/New_York": 46,
        "America/Chicago": 28,
        "America/Denver": 6,
        "America/Phoenix": 2,
        "America/Los_Angeles": 16,
        "America/Anchorage": 1,
        "Pacific/Honolulu": 1,
    },
    "UK": {"Europe/London": 1},
    "DE": {"Europe/Berlin": 1},
    "FR": {"Europe/Paris": 1},
    "JP": {"Asia/Tokyo": 1},
    "IN": {"Asia/Kolkata": 1},
}
COUNTRIES = {"US": "US", "UK": "GB", "DE": "DE", "FR": "FR", "JP": "JP", "IN": "IN"}
GIVEN: Mapping[str, Sequence[str]] = {
    "US": ("Avery", "Jordan", "Riley", "Morgan", "Casey", "Quinn", "Dakota", "Skyler"),
    "UK": ("Alfie", "Imogen", "Rowan", "Freya", "Callum", "Elspeth", "Rhys", "Tamsin"),
    "DE": ("Jürgen", "Anke", "Sören", "Heike", "Uwe", "Grit", "Lennart", "Wiebke"),
    "FR": ("Zoé", "Benoît", "Maëlle", "Thibault", "Coralie", "Étienne", "Océane", "Loïc"),
    "JP": ("陽菜", "蓮", "結衣", "大翔", "美咲", "悠真", "さくら", "健太"),
    "IN": ("Aarav", "Diya", "Ishaan", "Kavya", "Rohan", "Meera", "Vihaan", "Anika"),
}
FAMILY: Mapping[str, Sequence[str]] = {
    "US": ("Sample", "Fielding", "Marsh", "Holloway", "Bright", "Castle", "Rivers", "Stone"),
    "UK": ("Ashdown", "Thorne", "O'Shea", "Penrose", "Whitlock", "Fairfax", "Lowe", "Hale"),
    "DE": ("Muster", "Größner", "Feldmann", "Bäcker", "Sommer", "Krüger", "Lindner", "Vogt"),
    "FR": ("Exemple", "Lefèvre", "Dubois", "Garçon", "Moreau", "Fontaine", "Rousseau", "Petit"),
    "JP": ("見本", "山田", "佐藤", "鈴木", "高橋", "田中", "渡辺", "伊藤"),
    "IN": ("Namuna", "Sharma", "Iyer", "Patel", "Nair", "Gupta", "Reddy", "Das"),
}


def contacts(ids: pa.Array, market: Array, places: Mapping[str, str], rng: np.random.Generator) -> dict[str, pa.Array]:
    """`email`, `name`, `time_zone`, `locale`, `country` by row; `market` counts through `places` (locale by marketplace).

    A few have no address, some no zone or no locale.
    """
    known = list(places)
    return {
        "email": _unknown(join(pc.utf8_lower(ids), "@example.com"), NO_EMAIL, rng),
        "name": _names(known, market, rng),
        "time_zone": _unknown(_zones(known, market, rng), UNKNOWN, rng),
        "locale": _unknown(pick(list(places.values()), market), UNKNOWN, rng),
        "country": pick([COUNTRIES[name] for name in known], market),
    }


def _names(known: Sequence[str], market: Array, rng: np.random.Generator) -> pa.Array:
    full = [
        f"{family} {given}" if name == "JP" else f"{given} {family}"
        for name in known
        for given in GIVEN[name]
        for family in FAMILY[name]
    ]
    each = len(full) // len(known)
    return pick(full, market * each + rng.integers(0, each, len(market)))


def _zones(known: Sequence[str], market: Array, rng: np.random.Generator) -> pa.Array:
    drawn = np.empty(len(market), object)
    for number, name in enumerate(known):
        there = np.flatnonzero(market == number)
        drawn[there] = draw(rng, list(ZONES[name]), len(there), list(ZONES[name].values())).to_numpy(False)
    return pa.array(drawn, pa.string())


def _unknown(values: pa.Array, share: float, rng: np.random.Generator) -> pa.Array:
    """The values, but for a share of them, which become null."""
    return pc.if_else(pa.array(rng.random(len(values)) < share), pa.scalar(None, pa.string()), values)

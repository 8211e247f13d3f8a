"""A number of rows in, how many of them each stage is to remove out: the seed's funnel, scaled to the candidate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Funnel:
    """Rows the query extracts, and what becomes of them: duplicates + removed + eligible = extracted; bands add up to eligible."""

    extracted: int
    duplicates: int
    removed: Mapping[str, int]
    eligible: int
    bands: Mapping[str, int]

    @property
    def candidates(self) -> int:
        """Unique ones."""
        return self.extracted - self.duplicates

    def to_json(self) -> dict[str, Any]:
        """In the words of `ovation run --json`; shares are of unique candidates."""
        return {
            "extracted": self.extracted,
            "rejected": 0,
            "duplicates": self.duplicates,
            "candidates": self.candidates,
            "filters": [
                {"filter": id, "removed": count, "share": round(count / max(1, self.candidates), 4)}
                for id, count in self.removed.items()
            ],
            "eligible": self.eligible,
            "scores": dict(self.bands),
        }


# Thousands of rows, as published (seed 001; for music the complete use case).
SEED: Mapping[str, Funnel] = {
    "product-reviews": Funnel(
        extracted=500,
        duplicates=0,
        removed={"trust": 50, "eligibility": 100, "frequency-cap": 150},
        eligible=200,
        bands={"high": 50, "medium": 100, "low": 50},
    ),
    "music-feedback": Funnel(
        extracted=2000,
        duplicates=500,
        removed={"trust": 100, "eligibility": 400, "engagement": 500, "frequency-cap": 300},
        eligible=200,
        bands={"high": 60, "medium": 100, "low": 40},
    ),
}


def scaled(program: str, rows: int) -> Funnel:
    """The program's funnel for `rows` extracted rows, rounded by largest remainder. KeyError: there is none for it."""
    seed = SEED[program]
    # Duplicates last, so that of equal remainders theirs is the one that goes: a lone row repeats nothing.
    eligible, *removed, duplicates = apportion(rows, [seed.eligible, *seed.removed.values(), seed.duplicates])
    bands = apportion(eligible, list(seed.bands.values()))
    return Funnel(
        extracted=rows,
        duplicates=duplicates,
        removed=dict(zip(seed.removed, removed, strict=True)),
        eligible=eligible,
        bands=dict(zip(seed.bands, bands, strict=True)),
    )


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Whole parts of `total` in proportion to `weights` that add up to it; the largest remainders round up, the first of equals first."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts

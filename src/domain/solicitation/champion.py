"""Which model of a program serves, in whose place, and the change that is under way; every step of it a new value."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain.solicitation.program import Scoring

Standing = Mapping[str, Any]  # config, and where known: job, dataHash, metrics, since


@dataclass(frozen=True, slots=True)
class Champion:
    """`generation` counts the changes that have come to serve; `revision` the writes. `pending`: begun, not yet seen to serve.

    A model never changed by us has generation 0 and no `serving`: what serves is then the endpoint's own first configuration.
    """

    program: str
    model: str
    revision: int = 0
    generation: int = 0
    serving: Standing | None = None
    predecessor: Standing | None = None
    pending: Standing | None = None

    def serves(self, config: str) -> bool:
        return self.serving is not None and self.serving["config"] == config


def intended(champion: Champion, wanted: Standing, current: str) -> Champion:
    """The change to `wanted` begun; what serves by the configuration `current` will be its predecessor."""
    known = champion.serving if champion.serves(current) else None
    return replace(champion, pending={**wanted, "predecessor": dict(known or {"config": current})})


def returning(champion: Champion) -> Champion | None:
    """The change back to the predecessor begun; None: there is none. What it came from is no predecessor: no going in circles."""
    if champion.predecessor is None:
        return None
    return replace(champion, pending={**champion.predecessor, "rollback": True, "predecessor": None})


def promoted(champion: Champion, since: str) -> Champion:
    """The pending change serves."""
    assert champion.pending is not None
    pending = {name: value for name, value in champion.pending.items() if name not in ("predecessor", "rollback")}
    return replace(
        champion,
        generation=champion.generation + 1,
        serving={**pending, "since": since},
        predecessor=champion.pending["predecessor"],
        pending=None,
    )


def dropped(champion: Champion) -> Champion:
    """The pending change did not come to serve."""
    return replace(champion, pending=None)


def as_deployed(scoring: Scoring, generations: Mapping[str, int]) -> Scoring:
    """The scoring with each model's version as it serves: `2+1` after one change, so that no cached score of the old one counts."""
    models = (
        replace(model, version=f"{model.version}+{generation}") if (generation := generations.get(model.id)) else model
        for model in scoring.models
    )
    return replace(scoring, models=tuple(models))

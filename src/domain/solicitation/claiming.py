"""A start of a run and what the ledger holds of it in, who may work on it out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from domain.solicitation.run import Run

Outcome = Literal["claimed", "duplicate"]


@dataclass(frozen=True, slots=True)
class Held:
    """The ledger's row of a run: who holds it, and whether it is done."""

    run: Run
    done: bool

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Held":
        return cls(Run.from_json(row["run"]), row["status"] == "DONE")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a start may do. `replaces`: whose row it takes over, None where it changes nothing or is the first."""

    outcome: Outcome
    run: Run
    replaces: Held | None = None


def decide(start: Run, held: Held | None, rerun: bool, running: Callable[[str], bool]) -> Claim:
    """Who works on a run that may have been started before.

    The first start fixes `started_at`, from which all TTLs count. A holder that no longer runs is taken over under the
    same attempt, so its extract and finished work files serve again; under a new one when the program has changed.
    A finished run starts again only when asked to.
    """
    if held is None:
        return Claim("claimed", start)
    if held.run.holder == start.holder:
        return Claim("claimed", held.run)
    if held.done and not rerun:
        return Claim("duplicate", held.run)
    if not held.done and running(held.run.holder):
        return Claim("duplicate", held.run)
    anew = held.done or rerun or held.run.program_hash != start.program_hash
    attempt = held.run.attempt + (1 if anew else 0)
    return Claim("claimed", replace(start, started_at=held.run.started_at, attempt=attempt), held)

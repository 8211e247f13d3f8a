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
    """What a start may do. `replaces`: whose row it takes over, None where it changes nothing or is the first.

    `anew`: what the replaced one extracted does not serve again.
    """

    outcome: Outcome
    run: Run
    replaces: Held | None = None
    anew: bool = False


def decide(start: Run, held: Held | None, rerun: bool, running: Callable[[str], bool]) -> Claim:
    """Who works on a run that may have been started before.

    The first start fixes `started_at`, from which all TTLs count. A holder that no longer runs is taken over; its extract
    serves again unless the program has changed. A finished run starts again only when asked to. Every takeover is an
    attempt of its own: the work files of earlier ones stay and tell what they may have stored.
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
    taken_over = replace(start, started_at=held.run.started_at, attempt=held.run.attempt + 1)
    return Claim("claimed", taken_over, held, anew)

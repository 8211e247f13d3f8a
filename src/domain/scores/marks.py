"""A fan's row keeps which loads have reached it, by part and outcome: two states of that in, what a load has newly reached out.

The row's attribute `loads` is one text, the oldest load first: `3fa2c1d0e5b7:created:0,7;9bd0aa41c2f6:unchanged:2`. It is written in
the same conditional write as the row, so whoever reads the stream of changes counts each record of each load exactly once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

CREATED, UPDATED, UNCHANGED, SUPERSEDED = "created", "updated", "unchanged", "superseded"
OUTCOMES = (CREATED, UPDATED, UNCHANGED, SUPERSEDED)
REMEMBERED = 8  # loads a row; an older one would have to reach the row again after so many others


@dataclass(frozen=True, slots=True)
class Mark:
    """What one load did to one row: its outcome, and the parts of the file that held a record of the fan."""

    load: str
    outcome: str
    parts: frozenset[int]


@dataclass(frozen=True, slots=True)
class Reached:
    """What a change of a row means for one load: so many records more, and `outcomes` by how much each count of fans moves."""

    load: str
    records: int
    outcomes: Mapping[str, int]


def read_marks(text: str) -> tuple[Mark, ...]:
    """ValueError: it is no such text."""
    return tuple(_read(one) for one in text.split(";")) if text else ()


def write_marks(marks: tuple[Mark, ...]) -> str:
    return ";".join(f"{it.load}:{it.outcome}:{','.join(map(str, sorted(it.parts)))}" for it in marks)


def is_marked(marks: tuple[Mark, ...], load: str, part: int) -> bool:
    """Whether that part of that load has reached the row already."""
    return any(it.load == load and part in it.parts for it in marks)


def marked(marks: tuple[Mark, ...], load: str, part: int, outcome: str) -> tuple[Mark, ...]:
    """With one more part. Of several outcomes of one load the strongest stays: created, updated, unchanged, superseded."""
    for place, it in enumerate(marks):
        if it.load == load:
            stays = min(it.outcome, outcome, key=OUTCOMES.index)
            return (*marks[:place], replace(it, outcome=stays, parts=it.parts | {part}), *marks[place + 1 :])
    return (*marks, Mark(load, outcome, frozenset({part})))[-REMEMBERED:]


def reached(old: tuple[Mark, ...], new: tuple[Mark, ...]) -> Iterator[Reached]:
    """What is new in `new`, load by load. Loads that are no longer remembered take nothing back."""
    before = {it.load: it for it in old}
    for it in new:
        was = before.get(it.load)
        if it == was:
            continue
        outcomes = {it.outcome: 1}
        if was:
            outcomes = {} if was.outcome == it.outcome else {was.outcome: -1, it.outcome: 1}
        yield Reached(it.load, len(it.parts - (was.parts if was else frozenset())), outcomes)


def _read(text: str) -> Mark:
    load, outcome, parts = text.split(":")
    if outcome not in OUTCOMES:
        raise ValueError(f"no outcome of a load: {outcome!r}")
    return Mark(load, outcome, frozenset(map(int, parts.split(","))))

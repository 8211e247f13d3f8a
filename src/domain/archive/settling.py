"""A part of a plan and what is known of its records in, what is to be put, ledgered and cleared away out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.archive.batch import Batch
from domain.archive.judging import ALREADY, ARCHIVED, DROPPED, PARKED, REJECTED, SKIPPED
from domain.archive.parked import Parked
from domain.archive.replaying import Part, Step

Known = Mapping[str, str]  # by event id the plan that replayed it


@dataclass(slots=True)
class Settlement:
    """`ledgered`: by event id the file its row is in, None for what is dropped. `settled` may leave their objects afterwards."""

    parked: list[Parked] = field(default_factory=list)
    ledgered: dict[str, str | None] = field(default_factory=dict)
    settled: list[Step] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def undone(part: Part, known: Known) -> list[tuple[str, Step]]:
    """The records to be sorted out, by their numbers.

    A part that was left half-way is done again with all that was its own, so that its files come out as before. What
    another plan has replayed stays out of them.
    """
    written = [(str(place), step) for place, step in enumerate(part.steps) if step.text is not None]
    if all(step.id in known for _, step in written):
        return []
    return [(number, step) for number, step in written if known.get(step.id, part.plan) == part.plan]


def settlement(part: Part, todo: Sequence[tuple[str, Step]], batch: Batch, known: Known) -> Settlement:
    """`batch` is what was sorted out of what was to do."""
    found, worked_on = Settlement(), {step.id for _, step in todo}
    for step, outcome, file, parked in _outcomes(todo, batch):
        found.counts[outcome] += 1
        if outcome != REJECTED:
            found.settled.append(step)
        if file:
            found.ledgered[step.id] = file
        if outcome == PARKED and parked:
            # Under its own name, as the archiver would have it: whoever parks it again writes over this one.
            found.parked.append(replace(parked, source=step.source, numbers=(step.number,)))
    for step in part.steps:
        if step.id not in worked_on:
            found.counts[ALREADY if step.id in known else DROPPED] += 1
            found.settled.append(step)
            if step.id not in known:
                found.ledgered[step.id] = None
    return found


def _outcomes(todo: Sequence[tuple[str, Step]], batch: Batch) -> Iterator[tuple[Step, str, str | None, Parked | None]]:
    files = {number: file.key for file in batch.files for number in file.numbers}
    parked = {parked.numbers[0]: parked for parked in batch.parked}
    for number, step in todo:
        if number in files:
            yield step, ARCHIVED, files[number], None
        elif number in parked:
            yield step, PARKED if step.lost else REJECTED, None, parked[number]
        else:
            yield step, SKIPPED, None, None

"""Loads of a campaign that have come to their end, and its counts, in; what Slack is to hear of them, beside what it has heard, out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from domain.scores.counting import Counts
from domain.scores.drop import FANS
from domain.scores.load import COMPLETE, INCOMPLETE, Load

TOLD = ("verified", "rejected", "selected")  # of the counts, in the order of the sentence


@dataclass(frozen=True, slots=True)
class Reported:
    """What Slack has heard last: the `figures` of TOLD, and of the last list of fans the records `processed`."""

    key: str
    figures: Mapping[str, int]
    processed: int | None
    loads: tuple[str, ...]
    outcome: str


@dataclass(frozen=True, slots=True)
class Report:
    """What Slack is to hear. `processed` None: no list of fans has changed anything; `of_fans`: nothing else is reported.

    `missing` after `minutes`, where the verdict is incomplete; `ready_at`: since when it could be told, None: nobody knows. `file`
    is the campaign's name as a file told it; `rows` of the files, and how many of them were refused.
    """

    campaign: str
    outcome: str
    figures: Mapping[str, int]
    last: Reported | None
    loads: tuple[str, ...]
    processed: int | None = None
    of_fans: bool = False
    missing: tuple[str, ...] = ()
    minutes: int = 0
    ready_at: datetime | None = None
    file: str | None = None
    rows: int = 0
    refused: int = 0

    @property
    def key(self) -> str:
        """One result's own, so that its post is found again; what was said before is part of it, for figures may come back."""
        told = (self.campaign, self.outcome, *(f"{self.figures[name]}" for name in TOLD), f"{self.processed}")
        before = self.last.key if self.last else ""
        return sha256("\x00".join((*told, before, *self.loads)).encode()).hexdigest()[:24]


def report(
    campaign: str,
    loads: Sequence[Load],
    counts: Counts,
    last: Reported | None,
    missing: tuple[str, ...] = (),
    minutes: int = 0,
) -> Report:
    """Complete, unless something is `missing`."""
    lists = [it for it in loads if it.drop.kind == FANS and (last is None or _has_changed(it))]
    return Report(
        campaign=campaign,
        outcome=INCOMPLETE if missing else COMPLETE,
        figures={name: getattr(counts, name) for name in TOLD},
        last=last,
        loads=tuple(it.load for it in loads),
        processed=sum(it.counted.get("records", 0) for it in lists) if lists else None,
        of_fans=bool(lists) and len(lists) == len(loads),
        missing=missing,
        minutes=minutes,
        ready_at=max((at for at in (counts.at, *(it.ended_at for it in loads)) if at), default=None),
        file=next((it.drop.name for it in reversed(loads) if it.drop.name), None),
        rows=sum(it.progress.figures["in"] for it in loads),
        refused=sum(it.progress.figures["invalid"] for it in loads),
    )


def is_known(told: Report, last: Reported | None) -> bool:
    """Slack has heard it so last. A list of fans that has changed something is a result of its own by its records. That a load
    misses something is never known, for it is marked by then; and after that, one that came to its end is good news even where no
    figure has moved. A neighbour's fans that are missing are news once: nothing marks the message, which may come again.
    """
    if last is None or (INCOMPLETE in (told.outcome, last.outcome) and told.loads):
        return False
    if told.outcome == INCOMPLETE and last.outcome != INCOMPLETE:
        return False
    return told.figures == last.figures and told.processed in (None, last.processed)


def _has_changed(load: Load) -> bool:
    return load.counted.get("created", 0) + load.counted.get("updated", 0) > 0

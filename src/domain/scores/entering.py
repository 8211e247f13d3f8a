"""Entrants of one shard in; what one transaction can settle, what one call can carry, and the figures of every load out."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from domain.scores.entry import Entrant, Parked

CALL = 1_000  # unique items of one call (Entry Service)
# One transaction moves the watermark, the figures of each load, and notes each offer that waits: at most 1 + 40 + (40 + 10) of
# DynamoDB's 100 actions.
LOADS, RECORDS = 40, 10_000
# records: of the stream. input: first choices among them, and what cannot be told apart from one. combined: overruled by a later one.
# input = entries + combined + parked + waiting; entries = inserted + updated + found, as the service says. scoring: calls taken.
FIGURES = ("records", "input", "scoring", "entries", "inserted", "updated", "found", "combined", "parked", "waiting")
Load = tuple[str, str]  # campaign and load
Sums = Mapping[Load, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Line:
    """One fan's entry, the number of the record that told it, and what its market is called."""

    number: str
    market: str
    entry: Mapping[str, Any]

    @property
    def kept(self) -> dict[str, Any]:
        """For people: an entry has its market's id at most."""
        return {"market": self.market, **self.entry}


@dataclass(frozen=True, slots=True)
class Offer:
    """What one call is to carry: distinct fans of one campaign and load. A second offer of the same is known to be the same."""

    campaign: str
    load: str
    version: str
    lines: tuple[Line, ...]

    @property
    def name(self) -> str:
        """From what records it is made of, not of what is known of their markets."""
        return _digest(self.campaign, self.load, *(line.number for line in self.lines))

    @property
    def key(self) -> str:
        """The idempotency key: two offers have one key only if they are of the same records and say the same."""
        return _digest(self.name, json.dumps(self.entries, sort_keys=True))

    @property
    def entries(self) -> list[Mapping[str, Any]]:
        return [line.entry for line in self.lines]

    def halves(self) -> "tuple[Offer, Offer]":
        middle = len(self.lines) // 2
        return replace(self, lines=self.lines[:middle]), replace(self, lines=self.lines[middle:])

    def parked(self, reason: str) -> list[Parked]:
        return [Parked(line.number, reason, line.kept, self.campaign, self.load) for line in self.lines]

    def to_json(self) -> dict[str, Any]:
        lines = [{"sequenceNumber": it.number, "market": it.market, "entry": it.entry} for it in self.lines]
        return {"campaignId": self.campaign, "load": self.load, "version": self.version, "lines": lines}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Offer":
        lines = tuple(Line(it["sequenceNumber"], it["market"], it["entry"]) for it in told["lines"])
        return cls(told["campaignId"], told["load"], told["version"], lines)


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of an offer of `size` entries: taken or overruled as `figures` say, or `parked`; or the rest, the `offer` as it is
    now, `waits` for the reason that this names.
    """

    offer: Offer
    size: int
    figures: Mapping[str, int] = field(default_factory=dict)
    parked: Sequence[Parked] = ()
    waits: str | None = None
    patience: float = 0.0  # seconds that the service asked for

    @property
    def taken(self) -> bool:
        return self.figures.get("scoring", 0) > 0


def slices(read: Iterable[Entrant | Parked]) -> Iterator[list[Entrant | Parked]]:
    """Consecutive parts of a batch, each small enough for one transaction."""
    part: list[Entrant | Parked] = []
    loads: set[Load] = set()
    for it in read:
        if len(part) == RECORDS or len(loads | {(it.campaign, it.load)}) > LOADS:
            yield part
            part, loads = [], set()
        part.append(it)
        loads.add((it.campaign, it.load))
    if part:
        yield part


def offers(part: Iterable[Entrant | Parked]) -> dict[str, list[Offer]]:
    """By campaign, an older load before a newer one. Of a fan's several entries of one load the last one stays."""
    told: dict[tuple[str, str, str], dict[str, Line]] = {}
    for it in part:
        if isinstance(it, Entrant) and it.entry is not None:
            fans = told.setdefault((it.campaign, it.version, it.load), {})
            fans[it.entry["globalUserId"]] = Line(it.number, it.market, it.entry)
    found: dict[str, list[Offer]] = {}
    for (campaign, version, load), fans in sorted(told.items()):
        lines = tuple(fans.values())
        chunks = (lines[at : at + CALL] for at in range(0, len(lines), CALL))
        found.setdefault(campaign, []).extend(Offer(campaign, load, version, chunk) for chunk in chunks)
    return found


def sums(part: Sequence[Entrant | Parked], offered: Iterable[Offered]) -> Sums:
    """What each load's figures move by. Records of which nobody knows the load are in none."""
    totals: dict[Load, Counter[str]] = {}
    for it in part:
        if it.load:
            totals.setdefault((it.campaign, it.load), Counter()).update(_seen(it))
    for one in offered:
        figures = totals[one.offer.campaign, one.offer.load]
        figures.update(moved(one))
        figures["combined"] -= one.size
    return totals


def moved(offered: Offered) -> Mapping[str, int]:
    """What an offer adds to its load's figures."""
    waiting = 0 if offered.waits is None else len(offered.offer.lines)
    return {**offered.figures, "parked": len(offered.parked), "waiting": waiting}


def moved_late(offered: Offered) -> Mapping[str, int]:
    """The same for an offer that was counted as waiting before."""
    return {**moved(offered), "waiting": -offered.size}


def _seen(it: Entrant | Parked) -> Mapping[str, int]:
    """An entry counts as combined until it is found in an offer."""
    if isinstance(it, Parked):
        return {"records": 1, "input": 1, "parked": 1}
    return {"records": 1} if it.entry is None else {"records": 1, "input": 1, "combined": 1}


def _digest(*parts: str) -> str:
    return sha256("\x00".join(parts).encode()).hexdigest()[:32]

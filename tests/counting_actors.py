"""Those who write to fans' rows: loads with parts, neighbours who decide, people who remove; and what is true of what they did."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from memory_table import Item, Place, text

from adapters.aws.score_counts import ScoreCounts
from domain.scores.marks import OUTCOMES, marked, read_marks, write_marks

CAMPAIGNS = ("a", "b", "c")
FANS = ("fan:1", "fan:2", "fan:3", "sid:4", "email:fan@people.example")
LOADS = ("3fa2c1d0e5b7", "9bd0aa41c2f6")
FIRST, STEP = 900, 7  # of the sequence numbers, which get a digit more soon
NAMES = ("verified", "rejected", "selected", "unscored", "fans")


@dataclass
class Change:
    """One record of the stream. `moves` is by how much it moves its campaign, `reached` what it is for each load."""

    number: int
    key: Place
    at: int
    record: dict[str, Any]
    moves: Counter[str] = field(default_factory=Counter)
    reached: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def campaign(self) -> str:
        return self.key[1].removeprefix("campaign:")


@dataclass
class Actors:
    """`sparing`: rows that a neighbour has written to during a repair, which none writes to again until it ends."""

    items: dict[Place, Item]
    changes: list[Change] = field(default_factory=list)
    sparing: set[Place] | None = None
    lives: Counter[Place] = field(default_factory=Counter)  # how often a row has lost its marks
    outcomes: dict[tuple[Place, int, str], str] = field(default_factory=dict)
    parts: set[tuple[Place, int, str, int]] = field(default_factory=set)

    def act(self, chance: Random, now: float) -> Change | None:
        """One write to one row, or to one of the rows about a campaign; None: it changed nothing."""
        campaign = chance.choice(CAMPAIGNS)
        key = (chance.choice(FANS), f"campaign:{campaign}")
        if chance.random() < 0.05:
            return self._changed(chance, (key[1], "meta:slack:counts"), {"at": text(str(now))}, now, {})
        if chance.random() < 0.6:
            return self._load(chance, key, now)
        return self._neighbour(chance, key, now)

    def truth(self, parked: Iterable[Change], counts: ScoreCounts) -> dict[str, dict[str, int]]:
        """Of each campaign: what its rows say, less what was parked after its last repair."""
        sums: dict[str, Counter[str]] = {campaign: Counter() for campaign in CAMPAIGNS}
        for (pk, sk), item in self.items.items():
            if sk.startswith("campaign:"):
                sums[sk.removeprefix("campaign:")].update(standing({"PK": text(pk), **item}))
        fences = counts.read(CAMPAIGNS)
        for change in parked:
            repaired = fences[change.campaign].repaired_at if change.campaign in fences else None
            if change.moves and (repaired is None or change.at >= repaired.timestamp()):
                sums[change.campaign].subtract(change.moves)
        figures = {campaign: {name: it[name] for name in NAMES} for campaign, it in sums.items()}
        return {campaign: it for campaign, it in figures.items() if any(it.values())}

    def loads(self, parked: Iterable[Change]) -> dict[tuple[str, str], Counter[str]]:
        """What each load has reached, less what was parked."""
        lost, sums = {it.number for it in parked}, {}
        for change in self.changes:
            for load, reached in change.reached.items():
                if change.number not in lost:
                    sums.setdefault((change.campaign, load), Counter()).update(reached)
        clean = {load: Counter({name: it for name, it in figures.items() if it}) for load, figures in sums.items()}
        return {load: it for load, it in clean.items() if it}

    def _load(self, chance: Random, key: Place, now: float) -> Change | None:
        """One part of a load, or two at once, reach the row; those that have reached it before do not."""
        item = self.items.get(key)
        reached: dict[str, Counter[str]] = {}
        marks = read_marks(item.get("loads", text(""))["S"]) if item else ()
        for _ in range(chance.choice((1, 1, 1, 2))):
            load, part = chance.choice(LOADS), chance.randrange(4)
            if (key, self.lives[key], load, part) in self.parts:
                continue
            status = (
                "created" if item is None and not reached else chance.choice(("updated", "unchanged", "superseded"))
            )
            self.parts.add((key, self.lives[key], load, part))
            reached.setdefault(load, Counter()).update(self._outcome(key, load, status))
            marks = marked(marks, load, part, status)
        if not reached:
            return None
        new = {**(item or {}), "loads": text(write_marks(marks)), "loadVersion": text(str(now))}
        if item is None or chance.random() < 0.5:
            new |= {"isVerified": {"BOOL": chance.random() < 0.6}, "updated": text(f"{now}-{len(self.changes)}")}
        return self._changed(chance, key, new, now, reached)

    def _outcome(self, key: Place, load: str, status: str) -> Counter[str]:
        """What one record more of a load means for it."""
        place = (key, self.lives[key], load)
        was = self.outcomes.get(place)
        stays = min(status, was or status, key=OUTCOMES.index)
        self.outcomes[place] = stays
        if was is None:
            return Counter({"records": 1, "unique": 1, stays: 1})
        moved = Counter({"records": 1})
        moved[stays] += 1
        moved[was] -= 1
        return moved

    def _neighbour(self, chance: Random, key: Place, now: float) -> Change | None:
        if self.sparing is not None:
            if key in self.sparing:
                return None
            self.sparing.add(key)
        item, kind = self.items.get(key), chance.random()
        if kind < 0.2:
            return self._changed(chance, key, None, now, {}) if item else None
        if kind < 0.3:  # a whole row of somebody else's, who knows nothing of ours
            return self._changed(chance, key, {"isVerified": text("yes"), "codes": text(str(now))}, now, {})
        if item is None:
            return None
        verdict = chance.choice(({"BOOL": True}, {"BOOL": True}, {"BOOL": False}, {"NULL": True}, None))
        new = {
            **{name: it for name, it in item.items() if name != "verdict"},
            **({"verdict": verdict} if verdict else {}),
        }
        if chance.random() < 0.1:
            new.pop("isVerified", None)
        return self._changed(chance, key, new, now, {}) if new != item else None

    def _changed(
        self, chance: Random, key: Place, new: Item | None, now: float, reached: dict[str, Counter[str]]
    ) -> Change:
        """The row is `new` now, and the stream has a record of it; its time is another machine's, in whole seconds."""
        old, keys = self.items.get(key), {"PK": text(key[0]), "SK": text(key[1])}
        if new is None:
            del self.items[key]
        else:
            self.items[key] = new = {**keys, **new}
        if new is None or "loads" not in new:
            self.lives[key] += 1
        number, at = FIRST + len(self.changes) * STEP, math.floor(now + chance.uniform(-2, 2))
        images = {"OldImage": old, "NewImage": new}
        told = {"Keys": keys, "SequenceNumber": str(number), "ApproximateCreationDateTime": at}
        record = {
            "eventName": "MODIFY" if old and new else "INSERT" if new else "REMOVE",
            "dynamodb": {**told, **{name: it for name, it in images.items() if it is not None}},
        }
        change = Change(number, key, at, record, reached=reached)
        if key[1].startswith("campaign:"):
            change.moves.update(standing(new))
            change.moves.subtract(standing(old))
            change.moves = Counter({name: it for name, it in change.moves.items() if it})
        self.changes.append(change)
        return change


def standing(item: Item | None) -> Counter[str]:
    """What one row adds to its campaign."""
    if item is None:
        return Counter()
    verified = item.get("isVerified")
    name = {True: "verified", False: "rejected"}.get(verified.get("BOOL") if verified else None, "unscored")
    return Counter({name: 1, "fans": 1, "selected": int(item.get("verdict") == {"BOOL": True})})

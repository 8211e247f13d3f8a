"""What is told of notifications in, their rows moved out: in groups of 25, forward only, and read again where somebody else wrote."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from adapters.aws.batch_items import chunks
from adapters.aws.demand_dates import DemandDates
from adapters.aws.notification_rows import NotificationRows
from adapters.aws.opt_out_list import OptOutList
from domain.errors import Unavailable
from domain.notifications.classifying import SendingRules
from domain.notifications.keys import SMS, Key
from domain.notifications.malformed import can_be_noted
from domain.notifications.status_events import Told
from domain.notifications.statuses import Row, seen, status_of

GROUP = 25  # notifications of one reading (seed 003)
AT_ONCE = 8  # writes
ROUNDS = 8  # readings of a row that others write at the same time

# unknown: there is no such notification. malformed: others wrote it, and nothing can be added to it. superseded: its sale has moved
# since, and another message takes its place. left: nobody could write it down, so it must be told again.
Outcome = Literal["noted", "repeated", "unknown", "malformed", "superseded", "left"]


@dataclass(frozen=True)
class Desk:
    rows: NotificationRows
    dates: DemandDates
    opt_outs: OptOutList
    rules: SendingRules


@dataclass
class Noted:
    """`outcomes` by the place of what was told; `moves`: rows before and after; `why` something was left."""

    outcomes: list[Outcome]
    moves: list[tuple[Row, Row]] = field(default_factory=list)
    why: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Settled:
    """Of one notification."""

    outcomes: Sequence[Outcome]
    move: tuple[Row, Row] | None = None
    why: str | None = None


def note(told: Sequence[Told], desk: Desk) -> Noted:
    """Each notification is written once, whatever is told of it at a time."""
    noted = Noted(["left"] * len(told))
    places: dict[Key, list[int]] = {}
    for place, it in enumerate(told):
        places.setdefault(it.key, []).append(place)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for keys in chunks(places, GROUP):
            group = {key: [told[place] for place in places[key]] for key in keys}
            for key, settled in _settle(group, desk, pool).items():
                _count(noted, places[key], settled)
    return noted


def _settle(group: Mapping[Key, Sequence[Told]], desk: Desk, pool: ThreadPoolExecutor) -> dict[Key, Settled]:
    done: dict[Key, Settled] = {}
    why = f"{ROUNDS} times somebody else wrote it first"
    for _ in range(ROUNDS):
        left = [key for key in group if key not in done]
        if not left:
            return done
        try:
            rows = desk.rows.read(left)
        except Unavailable as reason:
            why = str(reason)
            break
        settled = pool.map(lambda key: _one(group[key], rows.get(key), desk), left)  # noqa: B023
        done |= {key: it for key, it in zip(left, settled, strict=True) if it is not None}
    return {key: done.get(key) or Settled(["left"] * len(group[key]), why=why) for key in group}


def _one(told: Sequence[Told], row: Row | None, desk: Desk) -> Settled | None:
    """None: somebody has written the row since it was read."""
    if row is None:
        return Settled(["unknown"] * len(told))
    if not can_be_noted(row):
        return Settled(["malformed"] * len(told))
    ours = [it.message in (None, row.get("messageId", it.message)) for it in told]
    new = seen(row, [it.sighting for it, is_ours in zip(told, ours, strict=True) if is_ours])
    if new != row:
        try:
            _heed(row, new, [it for it, is_ours in zip(told, ours, strict=True) if is_ours], desk)
            if desk.rows.write(row, new) is None:
                return None
        except Unavailable as reason:
            return Settled(["left"] * len(told), why=str(reason))
    became: Outcome = "repeated" if new == row else "noted"
    return Settled([became if is_ours else "superseded" for is_ours in ours], None if new == row else (row, new))


def _heed(row: Row, new: Row, told: Sequence[Told], desk: Desk) -> None:
    """What else follows comes first, and bears repeating: were it left undone, the row would ask for it no more."""
    if "triggered" in new["date"] and "triggered" not in row["date"]:
        desk.dates.triggered([new])
    if status_of(new) == "DELIVERED" != status_of(row):
        desk.dates.notified([new])
    for it in told:
        why = it.sighting.error or {}
        if "phoneNumber" in row and desk.rules.opted_out(str(why.get("reason", ""))):
            desk.opt_outs.add(SMS, row["phoneNumber"], it.sighting.at, "provider")


def _count(noted: Noted, places: Sequence[int], settled: Settled) -> None:
    for place, outcome in zip(places, settled.outcomes, strict=True):
        noted.outcomes[place] = outcome
    if settled.move:
        noted.moves.append(settled.move)
    if settled.why:
        noted.why.add(settled.why)

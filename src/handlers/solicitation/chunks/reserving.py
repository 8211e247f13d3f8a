"""A chunk's recipients in; each reserved, or written off for its one reason, or seen to be in other hands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.errors import Unavailable
from domain.solicitation.delivery import ASKED, Recipient
from domain.solicitation.sending import Facts, course, refusal, skip_reason
from handlers.solicitation.chunks.work import Chunk, Desk

ROUNDS = 6  # how often recipients who change under our hands are looked at again without any of them getting settled
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reserved:
    """A recipient whose delivery is in our hands; name and address go no further than the mail."""

    recipient: Recipient
    row: Row
    facts: Facts


@dataclass
class Taken:
    """Where a chunk's recipients are after a look: ours, unknown outcomes nobody has reported, in doubt, in other hands,
    or another campaign's, which took them up while this one was put off."""

    ours: list[Reserved] = field(default_factory=list)
    watched: list[Row] = field(default_factory=list)
    doubtful: list[Row] = field(default_factory=list)
    waiting: list[Row] = field(default_factory=list)
    elsewhere: list[Recipient] = field(default_factory=list)


def take_up(chunk: Chunk, desk: Desk) -> Taken:
    """Reserve or write off every recipient that nobody has. Unavailable: some kept changing, round after round."""
    taken, pending, tried = Taken(), list(chunk.recipients), 0
    while pending:
        rows = desk.reservations.standing(one.delivery for one in pending)
        pending = [one for one in pending if not _seen(one, rows.get(one.delivery), chunk, taken)]
        left = _settle(pending, rows, chunk, desk, taken)
        tried = tried + 1 if len(left) == len(pending) else 0
        if left and tried >= ROUNDS:
            raise Unavailable(f"{len(left)} recipients of {chunk.record['id']} kept changing")
        if left:
            desk.backoff.wait(tried)
        pending = left
    for one in taken.elsewhere:
        chunk.tally.skipped[ASKED] += desk.reservations.set_aside(chunk.written_off(one, "SKIPPED", ASKED))
    return taken


def _seen(recipient: Recipient, row: Row | None, chunk: Chunk, taken: Taken) -> bool:
    """Sort out a recipient who needs no decision."""
    match course(row, chunk.record["id"], chunk.clock.now):
        case "decide" | "resume":
            return False
        case "wait" if (
            row and row["holder"] == chunk.holder
        ):  # reserved by us, though we were not told that it went well
            return False
        case "wait":
            taken.waiting += [row] if row else []
        case "watch":
            taken.watched += [row] if row else []
        case "doubt":
            taken.doubtful += [row] if row else []
        case "leave" if row and row["campaign"] != chunk.record["id"]:
            taken.elsewhere.append(recipient)
    return True


def _settle(
    pending: list[Recipient], rows: Mapping[str, Row], chunk: Chunk, desk: Desk, taken: Taken
) -> list[Recipient]:
    """Decide on each recipient by what is known now; those for whom that no longer held when it was to be written."""
    if not pending:
        return []
    facts = desk.facts.of(pending, chunk.program)
    left: list[Recipient] = []
    skipped: list[tuple[Row, Row | None]] = []
    for one in pending:
        row, known = rows.get(one.delivery), facts[one.delivery]
        if row is not None and row["status"] == "RESERVED" and row["campaign"] == chunk.record["id"]:
            done = _resume(one, row, known, chunk, desk, taken)
        elif reason := skip_reason(one, known, chunk.program, chunk.clock.now):
            skipped.append((chunk.written_off(one, "SKIPPED", reason), row))
            continue
        elif chunk.shadow:
            taken.ours.append(Reserved(one, row or {}, known))
            continue
        else:
            done = _reserve(one, row, known, chunk, desk, taken)
        left += [] if done else [one]
    lost = desk.reservations.write_off(skipped, "skipped") if skipped else set()
    chunk.tally.skipped.update(row["reason"] for row, _ in skipped if row["id"] not in lost)
    return left + [one for one in pending if one.delivery in lost]


def _reserve(one: Recipient, before: Row | None, facts: Facts, chunk: Chunk, desk: Desk, taken: Taken) -> bool:
    row = chunk.reserved(one)
    if not desk.reservations.reserve(row, before, facts, chunk.clock.now):
        return False
    taken.ours.append(Reserved(one, row, facts))
    return True


def _resume(one: Recipient, row: Row, facts: Facts, chunk: Chunk, desk: Desk, taken: Taken) -> bool:
    """Go on with what another worker reserved, or give it back if it should not be sent any more."""
    at = chunk.clock.now
    mine = row if row["holder"] == chunk.holder else desk.reservations.take_over(row, chunk.holder, at)
    if mine is None:
        return False
    if reason := refusal(one, facts, at):
        return give_back(mine, reason, facts, chunk, desk)
    taken.ours.append(Reserved(one, mine, facts))
    return True


def give_back(row: Row, reason: str, facts: Facts, chunk: Chunk, desk: Desk) -> bool:
    """Write a reservation off for a reason that came up since; False: something has moved since it was read."""
    done = desk.reservations.skip(row, reason, facts, chunk.program, chunk.clock.now)
    chunk.tally.skipped[reason] += done
    return done

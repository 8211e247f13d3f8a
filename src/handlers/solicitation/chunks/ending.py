"""Who of a chunk is not settled in; leases given up, messages queued or a schedule made out, so that each comes up again."""

from collections.abc import Sequence
from datetime import datetime, time, tzinfo
from typing import Any

from adapters.aws.outcomes import Outcome
from adapters.files.zones import known_zone
from domain.solicitation.send_time import AHEAD, hour_is_over, next_at
from domain.solicitation.sending import CHECK_AGAIN, overdue
from domain.solicitation.stored import iso
from handlers.solicitation.chunks.posting import End, repeat
from handlers.solicitation.chunks.reserving import Reserved
from handlers.solicitation.chunks.work import Chunk, Desk

Row = dict[str, Any]
SOON = 60  # seconds till a chunk that was throttled, or took too long, is taken up again
WAITS = {"stopped": int(CHECK_AGAIN.total_seconds()), "held": int(CHECK_AGAIN.total_seconds()), "later": SOON}


def put_off(end: End, left: Sequence[Reserved], chunk: Chunk, desk: Desk) -> None:
    """Give up who is left, then see to it that the chunk comes up again: soon, or tomorrow when today's quota is spent."""
    chunk.tally.put_off[end] += 1
    if end == "spent":
        for one in left:
            release(one, chunk, desk)
        tomorrow(chunk, desk)
        return
    desk.outcomes.record([Outcome.not_sent(one.row, chunk.clock.now) for one in left])
    desk.outbox.send([chunk.message.again(chunk.clock.now)], delay_seconds=WAITS[end])


def release(one: Reserved, chunk: Chunk, desk: Desk) -> None:
    """Take a reservation back as if it had never been: tomorrow decides anew."""

    def undo(facts: Any) -> bool:
        return desk.reservations.release(one.row, facts, chunk.program, chunk.clock.now)

    repeat(one, undo, chunk, desk)


def tomorrow(chunk: Chunk, desk: Desk) -> datetime:
    """Schedule the chunk for the same local hour; where zones that shared today's instant part ways, for the last of them."""
    local, now = time.fromisoformat(chunk.record["sendTime"]), chunk.clock.now
    at = max(next_at(local, rules, now + AHEAD) for rules in zones(chunk))
    told = {**chunk.message.again(at), "slot": iso(chunk.recipients[0].send_at)}
    desk.schedules.create(f"{chunk.record['id']}|{chunk.message.chunk}|{iso(at)}", at, told)
    return at


def too_late(chunk: Chunk) -> bool:
    """Whether the local hour has gone by while the chunk waited, for the kill switch or for SES: nobody is written to at night."""
    return hour_is_over(time.fromisoformat(chunk.record["sendTime"]), zones(chunk), chunk.clock.now)


def zones(chunk: Chunk) -> list[tzinfo]:
    return [known_zone(name).rules for name in sorted({one.zone for one in chunk.recipients})]


def doubt(rows: Sequence[Row], chunk: Chunk, desk: Desk) -> list[Row]:
    """The outcome of calls whose workers died is unknown; the rows as they now stand."""
    written = desk.outcomes.record([Outcome.unknown(row, chunk.clock.now) for row in rows])
    chunk.tally.moved["Unknown"] += len(written)
    return [outcome.after for outcome in written]


def watch(rows: Sequence[Row], chunk: Chunk, desk: Desk) -> int:
    """Report the unknown outcomes that no event has settled within the hour; how many are still to be looked at again."""
    late = [row for row in rows if overdue(row, chunk.clock.now)]
    reported = [row["id"] for row in late if desk.outcomes.report(row, chunk.clock.now)]
    chunk.tally.moved["UnknownUnsettled"] += len(reported)
    chunk.tally.unsettled += reported
    return len(rows) - len(late)


def look_again(chunk: Chunk, desk: Desk) -> None:
    """Queue a look at the chunk's unknown outcomes in a quarter of an hour."""
    now = iso(chunk.clock.now)
    message = chunk.message.again(chunk.clock.now, check=True, firstSeen=chunk.message.first_seen or now)
    desk.outbox.send([message], delay_seconds=int(CHECK_AGAIN.total_seconds()))

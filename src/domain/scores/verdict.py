"""What is due to be said of a campaign, its loads and its counts in; a verdict out: what is reported, what waits, and for what.

A load is over when it was read to its end and every record that it put on its way is counted (promise D-3). Its verdict is due when
no other load of the campaign is at work either and the counts stand still: nobody is told figures that are about to move.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.errors import Rejected
from domain.scores.counting import Counts
from domain.scores.load import INCOMPLETE, LOADED, LOADING, REJECTED, UNCHANGED, Load
from domain.scores.report import Report, Reported, is_known, report

Loads = Mapping[str | None, Load]  # of one campaign, by id


@dataclass(frozen=True, slots=True)
class Due:
    """A message of the queue, sent at `since`. `load` None: a neighbour asks, and `count` are the fans there must be at least."""

    campaign: str
    count: int
    load: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long counts must stand still, and how long a verdict waits for what is missing."""

    quiet: timedelta
    deadline: timedelta


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one campaign: `settles` are loads, which are settled as `outcome` once the report, if there is one, is out.

    `waiting` messages come again, for they wait for what is `missing`; all others are done with.
    """

    outcome: str = UNCHANGED
    report: Report | None = None
    settles: tuple[str, ...] = ()
    waiting: tuple[Due, ...] = ()
    missing: tuple[str, ...] = ()


def due(document: Any, since: datetime) -> Due:
    """A message's body. Rejected: it names no campaign. A `count` that is no number asks for no fans."""
    campaign = document.get("campaignId") if isinstance(document, dict) else None
    if not isinstance(campaign, str) or not campaign:
        raise Rejected("a message without a campaignId")
    count, load = document.get("count"), document.get("loadId")
    number = count if isinstance(count, int) and not isinstance(count, bool) else 0
    return Due(campaign, number, load if isinstance(load, str) and load else None, since)


def verdict(
    asked: Sequence[Due],
    loads: Sequence[Load],
    counts: Counts,
    last: Reported | None,
    now: datetime,
    patience: Patience,
) -> Verdict:
    """`asked` are messages of one campaign. `last`, `loads` and `counts` were read in this order: what is settled in one is in the next.

    What is late or was refused is reported at once, alone, as incomplete; what is settled comes with the next look.
    """
    known: Loads = {it.load: it for it in loads}
    open_ = [it for it in asked if not _is_reported(known.get(it.load))]
    missing = {it: _missing(it, known, counts, now, patience) for it in open_}
    bad = [it for it in open_ if _is_refused(known.get(it.load)) and not missing[it]]
    bad += [it for it in open_ if missing[it] and now >= _since(it, known) + patience.deadline]
    due_now = bad or [it for it in open_ if not missing[it]]
    waiting = tuple(it for it in open_ if it not in due_now)
    waits = _once(missing[it] for it in waiting)
    if not due_now:
        return Verdict(waiting=waiting, missing=waits)
    told = _incomplete(bad, missing, known, counts, last, now) if bad else _complete(due_now, known, counts, last)
    if is_known(told, last):
        return Verdict(UNCHANGED, None, told.loads, waiting, waits)
    return Verdict(told.outcome, told, told.loads, waiting, waits)


def is_over(load: Load) -> bool:
    """Nothing of it will move any count; of a file that was refused in the midst, what came before must be counted too."""
    return load.state != LOADING and load.counted.get("records", 0) >= load.out


def _is_reported(load: Load | None) -> bool:
    """A second message of it has nothing new to say, unless what was missing has come after all."""
    if load is None or load.settled_as is None:
        return False
    return load.settled_as != INCOMPLETE or load.state == REJECTED or not is_over(load)


def _is_unreported(load: Load) -> bool:
    return load.state == LOADED and is_over(load) and load.settled_as in (None, INCOMPLETE)


def _missing(it: Due, known: Loads, counts: Counts, now: datetime, patience: Patience) -> tuple[str, ...]:
    """What the message still waits for, in words; nothing: its verdict is due."""
    load, found = known.get(it.load), []
    if load is None and counts.fans < it.count:
        found.append(f"{counts.fans:,} of {it.count:,} fans counted")
    if load is not None and not is_over(load):
        found.append(_progress(load))
    if any(_is_under_way(other, now, patience.deadline) for other in known.values() if other is not load):
        found.append("another file is on its way")
    if counts.at is not None and now < counts.at + patience.quiet:
        found.append("the counts still move")
    return tuple(found)


def _progress(load: Load) -> str:
    """Before it is read to its end, nobody knows how many records it has."""
    of = " so far, and the file is not read to its end" if load.state == LOADING else ""
    return f"{load.counted.get('records', 0):,} of {load.out:,} records counted{of}"


def _is_refused(load: Load | None) -> bool:
    return load is not None and load.state == REJECTED


def _is_under_way(load: Load, now: datetime, deadline: timedelta) -> bool:
    """It may still move the counts, and was not given up waiting for."""
    if is_over(load) or load.settled_as is not None:
        return False
    return load.is_worked_on(now) or now < (load.ended_at or load.started_at) + deadline


def _since(it: Due, known: Loads) -> datetime:
    """From when on its deadline runs."""
    load = known.get(it.load)
    return it.since if load is None else load.ended_at or load.started_at


def _complete(due_now: Sequence[Due], known: Loads, counts: Counts, last: Reported | None) -> Report:
    """Of what the messages name, and of all that came to its end unreported: its records are in the counts as well."""
    named = {it.load for it in due_now}
    loads = [it for it in known.values() if it.load in named or _is_unreported(it)]
    return report(due_now[0].campaign, loads, counts, last)


def _incomplete(
    bad: Sequence[Due],
    missing: Mapping[Due, tuple[str, ...]],
    known: Loads,
    counts: Counts,
    last: Reported | None,
    now: datetime,
) -> Report:
    late = [it for it in bad if missing[it]]
    minutes = round(max((now - _since(it, known)).total_seconds() / 60 for it in late)) if late else 0
    loads = [it for it in known.values() if it.load in {one.load for one in bad}]
    refusals = [f"the file was refused ({it.why})" for it in loads if _is_refused(it)]
    return report(bad[0].campaign, loads, counts, last, _once([*(missing[it] for it in late), refusals]), minutes)


def _once(texts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for several in texts for text in several))

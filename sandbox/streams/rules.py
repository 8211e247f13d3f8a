"""A batch and its outcome -> what is acknowledged, what is tried again and what is given up; nothing else is possible."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sandbox.streams.mapping import INFINITE, Mapping
from sandbox.streams.record import Record
from sandbox.streams.responses import Done, Failed, FailedFrom, NotInvoked, Outcome

RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
AGE_EXCEEDED = "RecordAgeExceeded"
FIRST_DELAY, LONGEST_DELAY = 1, 60  # seconds before a retry, doubling; AWS publishes no figures


@dataclass(frozen=True, slots=True)
class Batch:
    """Records sent to the function together. Without records it is the final call of a tumbling window."""

    records: tuple[Record, ...]
    retries: int = 0
    invocations: int = 0
    not_before: datetime | None = None
    final: bool = False
    terminated_early: bool = False


@dataclass(frozen=True, slots=True)
class Discard:
    """A batch given up, for the on-failure destination; `error` is the function's last one, if it named one."""

    batch: Batch
    condition: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a batch, in stream order: first acknowledged, then discarded or sent again."""

    acknowledged: tuple[Record, ...] = ()
    again: tuple[Batch, ...] = ()
    discard: Discard | None = None


def judge(batch: Batch, outcome: Outcome, mapping: Mapping, now: datetime) -> Verdict:
    """Decide by Lambda's rules for streams; a split never uses up a retry."""
    match outcome:
        case Done():
            return Verdict(acknowledged=batch.records)
        case NotInvoked():
            return Verdict(again=(replace(batch, not_before=now + timedelta(seconds=FIRST_DELAY)),))
        case FailedFrom(index=index):
            return _cut(_called(batch), index, mapping, now)
        case Failed(error=error):
            called = _called(batch)
            if mapping.bisect and len(batch.records) > 1:
                return Verdict(again=_halves(called))
            return _retry(called, mapping, now, error)


def without_expired(
    batch: Batch, mapping: Mapping, retention: timedelta, window_end: datetime | None, now: datetime
) -> tuple[Discard | None, Batch | None]:
    """Take out what is older than the mapping allows or the stream keeps.

    The final call of a window has no records: it ages from the window's end.
    """
    limit = retention if mapping.max_age == INFINITE else min(retention, timedelta(seconds=mapping.max_age))
    if batch.final:
        aged = window_end is not None and now - window_end > limit
        return (Discard(batch, AGE_EXCEEDED), None) if aged else (None, batch)
    old = tuple(record for record in batch.records if now - record.arrived > limit)
    if not old:
        return None, batch
    kept = tuple(record for record in batch.records if now - record.arrived <= limit)
    return Discard(replace(batch, records=old), AGE_EXCEEDED), replace(batch, records=kept) if kept else None


def retry_delay(retries: int) -> timedelta:
    """How long the `retries`-th retry (from 1) waits."""
    return timedelta(seconds=min(FIRST_DELAY * 2 ** (min(retries, 12) - 1), LONGEST_DELAY))


def fill(
    queue: Sequence[Record], mapping: Mapping, now: datetime, room: int, last_call: bool = False
) -> tuple[Record, ...] | None:
    """The next batch from the head of a queue, or None while it is to wait for more records.

    `room` is the payload left in bytes; one record always fits. `last_call`: nothing more can join, so do not wait.
    """
    taken, size = 0, 0
    while taken < min(len(queue), mapping.batch_size):
        size += queue[taken].size + 1  # and its comma
        if taken and size > room:
            break
        taken += 1
    full = taken == mapping.batch_size or taken < len(queue)
    if taken and (full or last_call or now >= waits_until(queue[0], mapping)):
        return tuple(queue[i] for i in range(taken))
    return None


def waits_until(first: Record, mapping: Mapping) -> datetime:
    """When the batching window that began with `first` is over."""
    return first.seen + timedelta(seconds=mapping.batching_window)


def _called(batch: Batch) -> Batch:
    return replace(batch, invocations=batch.invocations + 1, not_before=None)


def _cut(batch: Batch, index: int, mapping: Mapping, now: datetime) -> Verdict:
    done, rest = batch.records[:index], replace(batch, records=batch.records[index:])
    if mapping.bisect and index:
        return Verdict(done, again=(rest,))  # split at the returned number, the left half being done
    if mapping.bisect and len(rest.records) > 1:
        return Verdict(again=_halves(rest))  # cutting at the first record would split nothing
    return replace(_retry(rest, mapping, now, None), acknowledged=done)


def _halves(batch: Batch) -> tuple[Batch, Batch]:
    middle = len(batch.records) // 2
    return replace(batch, records=batch.records[:middle]), replace(batch, records=batch.records[middle:])


def _retry(batch: Batch, mapping: Mapping, now: datetime, error: str | None) -> Verdict:
    if mapping.max_retries != INFINITE and batch.retries >= mapping.max_retries:
        return Verdict(discard=Discard(batch, RETRIES_EXHAUSTED, error))
    retries = batch.retries + 1
    return Verdict(again=(replace(batch, retries=retries, not_before=now + retry_delay(retries)),))

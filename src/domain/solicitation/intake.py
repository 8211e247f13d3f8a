"""Rows as the warehouse unloaded them in, one unified candidate a customer and subject out, each other row with its reason."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from domain.errors import Rejected
from domain.solicitation.candidate import Candidate
from domain.solicitation.extraction import UNREADABLE, wire_name
from domain.solicitation.keys import escaped
from domain.solicitation.program import Program, Query
from domain.solicitation.run import Run
from domain.solicitation.targets import TARGETS

FACTS = frozenset({"relationship", "purchaseVerified", "botScore", "subjectEligible", "engagement"})
ATTRIBUTES = frozenset({"subjectName", "genre", "artist", "orderValue", "playCount", "completionRate"})
INSTANT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$")
WireRow = Mapping[str, Any]
MOST_ID_BYTES = 400  # escaped; two of them and our own words fit a sort key's 1,024 bytes (AWS: DynamoDB constraints)
MOST_TEXT = 10_000  # characters of any text; with all of them an item stays far below 400 KB
LEAST, MOST = 1e-100, 1e100  # within what DynamoDB can hold of a number; below the least it is zero


@dataclass(slots=True)
class Intake:
    """A bucket's rows sorted out: rows `read` (by query) = candidates + duplicates + rejects."""

    read: Counter[str] = field(default_factory=Counter)
    candidates: dict[tuple[str, ...], Candidate] = field(default_factory=dict)
    duplicates: list[dict[str, str]] = field(default_factory=list)
    rejects: list[dict[str, Any]] = field(default_factory=list)


def take_in(extracts: Iterable[tuple[Query, Iterable[WireRow]]], program: Program, run: Run) -> Intake:
    """Sort out a bucket. Of rows with the same dedupe keys the one with the latest event stays, whatever their order."""
    intake = Intake()
    for query, rows in extracts:
        read = reader(query, program, run)
        for row in rows:
            intake.read[query.name] += 1
            try:
                _keep(intake, read(row), program.dedupe_keys)
            except Rejected as reason:
                intake.rejects.append(_reject(row, str(reason)))
    intake.rejects.sort(key=_canonical)
    intake.duplicates.sort(key=_canonical)
    return intake


def in_order(intake: Intake) -> list[Candidate]:
    """The bucket's candidates by customer, then subject: the order of all work files."""
    return sorted(intake.candidates.values(), key=lambda candidate: candidate.key)


def reader(query: Query, program: Program, run: Run) -> Callable[[WireRow], Candidate]:
    """How one query's rows are read; the reader raises Rejected with a reason code that names the field."""
    columns = [(wire_name(target), target, PARSERS[TARGETS[target]]) for _, target in query.mapping]
    marketplaces = {marketplace.id for marketplace in program.marketplaces}
    oldest = run.started_at - timedelta(days=program.max_event_age_days)

    def read(row: WireRow) -> Candidate:
        if UNREADABLE in row:
            raise Rejected("row_unreadable")
        values = {target: parse(row.get(wire), target) for wire, target, parse in columns}
        marketplace = _required(values, "marketplace")
        if marketplace not in marketplaces:
            raise Rejected("marketplace_unknown")
        return Candidate(
            customer=_id(values, "customer"),
            subject=_id(values, "subject"),
            event_date=_dated(_required(values, "eventDate"), oldest, run.started_at),
            marketplace=marketplace,
            connector=query.name,
            context=_context(values, program),
            facts={name: value for name, value in values.items() if name in FACTS},
            attributes={name: value for name, value in values.items() if name in ATTRIBUTES and value is not None},
        )

    return read


def _keep(intake: Intake, candidate: Candidate, dedupe_keys: tuple[str, ...]) -> None:
    key = tuple(candidate.key[0] if name == "customer" else candidate.key[1] for name in dedupe_keys)
    held = intake.candidates.setdefault(key, candidate)
    if held is candidate:
        return
    kept, dropped = sorted((held, candidate), key=_precedence, reverse=True)
    intake.candidates[key] = kept
    intake.duplicates.append(
        {
            "customer": dropped.customer,
            "subject": dropped.subject,
            "eventDate": dropped.event_date,
            "kept": kept.event_date,
        }
    )


def _precedence(candidate: Candidate) -> tuple[str, str]:
    return (candidate.event_date, _canonical(candidate.to_row()))


def _canonical(row: Mapping[str, Any]) -> str:
    return json.dumps(row, sort_keys=True, default=str)


def _reject(row: WireRow, reason: str) -> dict[str, Any]:
    return {"customer": row.get("customer"), "subject": row.get("subject"), "reason": reason, "row": dict(row)}


def _required(values: Mapping[str, Any], target: str) -> str:
    value: str | None = values.get(target)
    if not value:
        raise Rejected(f"{target}_missing")
    return value


def _id(values: Mapping[str, Any], target: str) -> str:
    id = _required(values, target)
    if len(id) > MOST_ID_BYTES / 4 and len(escaped(id).encode()) > MOST_ID_BYTES:  # a character is at most 4 bytes
        raise Rejected(f"{target}_too_long")
    return id


def _dated(text: str, oldest: datetime, latest: datetime) -> str:
    at = instant(text)
    if at is None:
        raise Rejected("eventDate_invalid")
    if at > latest:
        raise Rejected("eventDate_in_future")
    if at < oldest:
        raise Rejected("eventDate_too_old")
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=65_536)
def instant(text: str) -> datetime | None:
    """An ISO 8601 date or instant as a UTC time, to the second; None when it is none, or carries no zone."""
    if not INSTANT.match(text):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if len(text) == len("2026-11-20") else at.astimezone(UTC).replace(microsecond=0)


def _context(values: Mapping[str, Any], program: Program) -> tuple[tuple[str, str], ...]:
    known = {**values, "program": program.id}
    return tuple((kind, known[kind]) for kind in program.context if known.get(kind) is not None)


def _text(value: Any, target: str) -> str | None:
    if not (value is None or isinstance(value, str)):
        raise Rejected(f"{target}_invalid")
    if value and len(value) > MOST_TEXT:
        raise Rejected(f"{target}_too_long")
    return value


def _flag(value: Any, target: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if value in ("1", "0"):
        return bool(value == "1")
    raise Rejected(f"{target}_invalid")


def _number(value: Any, target: str) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise Rejected(f"{target}_invalid") from error
    if isinstance(value, bool) or not abs(number) < MOST:  # NaN is not below it either
        raise Rejected(f"{target}_invalid")
    return number if abs(number) > LEAST else 0.0


PARSERS: Mapping[str, Callable[[Any, str], Any]] = {
    "text": _text,
    "instant": _text,
    "flag": _flag,
    "number": _number,
}

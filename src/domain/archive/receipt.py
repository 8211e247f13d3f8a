"""What an erasure has found, object by object, in, its receipt out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.archive.places import RECEIPTS

KEPT = (
    "the event ids of the fan's changes, in the ledger of replays; for 45 days the texts of queries, in Athena's history;"
    " what was copied elsewhere by those who asked; and what the stream still carries is archived when it arrives: erase again then"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One version of an object that held the fan. `rows` are its rows or records of the fan's, where readers could see them."""

    key: str
    version: str
    rows: int
    at: str  # when the pass began that found it, ISO 8601


def receipt_key(digest: str) -> str:
    return f"{RECEIPTS}{digest}.json"


def receipt(
    digest: str, findings: Iterable[Finding], unreadable: Iterable[str], at: str, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """`at` is when this pass began, `before` the receipt of an earlier one: where nothing was found since, it stays what it was.

    `again` are the times of later passes that found more; `unreadable` objects could not be looked into and stay.
    """
    found = sorted(findings, key=lambda one: (one.key, one.version))
    first = before["at"] if before else min((one.at for one in found), default=at)
    by_key: dict[str, list[Finding]] = {}
    for one in found:
        by_key.setdefault(one.key, []).append(one)
    return {
        "fan": digest,
        "at": first,
        "again": sorted({one.at for one in found} - {first}),
        "objects": [
            {"key": key, "rows": sum(one.rows for one in alike), "versions": len(alike)}
            for key, alike in by_key.items()
        ],
        "versions": len(found),
        "rows": sum(one.rows for one in found),
        "unreadable": sorted(unreadable),
        "kept": KEPT,
    }

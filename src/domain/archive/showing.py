"""An object of errors/ in, what an operator may look at out: its first records, without personal values unless they are asked for."""

import json
from typing import Any

from domain.archive.kinds import REDACTED
from domain.archive.quarantine import Held, Quarantined
from domain.archive.redaction import event_text


def shown(found: Quarantined, limit: int, raw: bool) -> dict[str, Any]:
    """At most `limit` records; `more` is how many are left out."""
    return {
        "key": found.key,
        "timestamp": found.at,
        "error": {"code": found.code, "message": found.message, "fingerprint": found.fingerprint},
        "source": found.source,
        "sequenceNumbers": [held.number for held in found.records[:limit]],
        "events": [_record(held, raw) for held in found.records[:limit]],
        "more": max(0, len(found.records) - limit),
    }


def _record(held: Held, raw: bool) -> Any:
    """As JSON, or as its text where it is none; then only --raw shows it, for nobody can tell what is in it."""
    try:
        record = json.loads(held.text)
    except (ValueError, RecursionError):
        return held.text if raw else REDACTED
    return record if raw else _redacted(record)


def _redacted(record: Any) -> Any:
    """As that of a removed item: a record within another does not say what happened to it."""
    within = {"record": record}
    return json.loads(event_text(json.dumps(within).encode(), within))["record"]

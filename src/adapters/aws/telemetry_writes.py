"""A delivery as it stands and the effects of an event in, the entries of the one transaction that stores them out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.aws.deliveries import count_shard
from adapters.aws.transactions import Entry, put, update
from domain.solicitation.delivery import campaign_key
from domain.solicitation.stored import iso
from domain.solicitation.telemetry import Effects, Seen, instant

Item = Mapping[str, Any]
MOST_CORRECTED = 90  # of the 100 entries that a transaction may hold


def writes(table: str, standing: Item, change: Effects) -> list[Entry]:
    """Everything that the event changes; the first entry's condition makes it the only one of its kind."""
    corrected = (_correction(table, standing["PK"], seen) for seen in change.corrected[:MOST_CORRECTED])
    counts = [_counts(table, standing, change.counted)] if change.counted else []
    return [_event(table, standing, change.seen), _delivery(table, standing, change), *corrected, *counts]


def listing(table: str, key: Mapping[str, str], reason: str | None, at: datetime, delivery: str) -> Entry:
    """Suppress an address, by its key in the Customers table; one that is listed already keeps its first reason."""
    says: dict[str, Any] = {"reason": reason, "at": iso(at), "delivery": delivery}
    sets = ", ".join(f"#{name} = if_not_exists(#{name}, :{name})" for name in says)
    return update(table, key, f"SET {sets}", **says)


def seen_of(item: Item) -> Seen:
    """An event as it was stored."""
    return Seen(item["kind"], datetime.fromisoformat(item["at"]), item["machine"], item["why"], item["unique"])


def _event(table: str, standing: Item, seen: Seen) -> Entry:
    item = {
        "PK": standing["PK"],
        "SK": seen.sort_key,
        "kind": seen.kind,
        "at": instant(seen.at),
        "machine": seen.machine,
        "why": seen.why,
        "unique": seen.unique,
        **({"expiresAt": standing["expiresAt"]} if "expiresAt" in standing else {}),
    }
    return put(table, item, "attribute_not_exists(PK)")


def _delivery(table: str, standing: Item, change: Effects) -> Entry:
    sets = {"events": standing.get("events", 0) + 1, **change.settled}
    if "timeline" in standing:  # instants one by one, since others set theirs beside ours
        instants: dict[str, Any] = dict(change.first)
        assigned = [f"#timeline.#{name} = :{name}" for name in instants]
    else:
        instants = {"timeline": dict(change.first)}
        assigned = ["#timeline = :timeline"]
    assigned += [f"#{name} = :{name}" for name in sets]
    adds = ", ".join(f"#{name} :{name}" for name in change.added)
    clauses = [
        f"SET {', '.join(assigned)}",
        f"ADD {adds}" if adds else "",
        "REMOVE #holder, #leaseUntil" if change.settled else "",  # it is in nobody's hands any more
    ]
    condition, as_read = _unmoved(standing)
    values = {**as_read, **sets, **instants, **change.added}
    return update(table, {"PK": standing["PK"], "SK": standing["SK"]}, " ".join(clauses), condition, **values)


def _unmoved(standing: Item) -> tuple[str, dict[str, Any]]:
    """`events` counts what was noted: as long as it stands as read, nobody else has judged the same events."""
    had = {"had": standing["events"]} if "events" in standing else {}
    events = "#events = :had" if had else "attribute_not_exists(#events)"
    timeline = "attribute_exists(#timeline)" if "timeline" in standing else "attribute_not_exists(#timeline)"
    return f"#status = :was AND {events} AND {timeline}", {"was": standing["status"], **had}


def _correction(table: str, pk: str, seen: Seen) -> Entry:
    key = {"PK": pk, "SK": seen.sort_key}
    return update(table, key, "SET #machine = :yes, #why = :why", "#machine = :no", yes=True, no=False, why=seen.why)


def _counts(table: str, standing: Item, counted: Item) -> Entry:
    key = {"PK": campaign_key(standing["campaign"])["PK"], "SK": count_shard(standing["id"])}
    return update(table, key, "ADD " + ", ".join(f"#{name} :{name}" for name in counted), **counted)

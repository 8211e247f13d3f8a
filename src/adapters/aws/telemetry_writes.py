"""A delivery as it stands and the effects of an event in, the entries of the one transaction that stores them out."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from adapters.aws.attribute_values import encode_item
from adapters.aws.deliveries import count_shard
from adapters.aws.submission_writes import Expression
from domain.solicitation.delivery import campaign_key
from domain.solicitation.stored import iso
from domain.solicitation.telemetry import Effects, Seen, instant

Entry = dict[str, Any]  # one of TransactWriteItems
Item = Mapping[str, Any]
MOST_CORRECTED = 90  # of the 100 entries that a transaction may hold


def writes(table: str, standing: Item, change: Effects) -> list[Entry]:
    """Everything that the event changes; the first entry's condition makes it the only one of its kind."""
    corrected = (_correction(table, standing["PK"], seen) for seen in change.corrected[:MOST_CORRECTED])
    return [
        _event(table, standing, change.seen),
        _delivery(table, standing, change),
        *corrected,
        *_counts(table, standing, change.counted),
    ]


def suppressions(
    table: str, keys: Iterable[Mapping[str, str]], reason: str | None, at: datetime, delivery: str
) -> Iterator[Entry]:
    """List addresses, by their keys, in the Customers table; one that is listed already keeps its first reason."""
    for key in keys:
        change = Expression()
        for name, value in {"reason": reason, "at": iso(at), "delivery": delivery}.items():
            placeholder = change.name(name)
            change.sets.append(f"{placeholder} = if_not_exists({placeholder}, {change.value(value)})")
        yield change.update(table, key)


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
    return {
        "Put": {"TableName": table, "Item": encode_item(item), "ConditionExpression": "attribute_not_exists(PK)"},
    }


def _delivery(table: str, standing: Item, change: Effects) -> Entry:
    """`events` counts what was noted: as long as it stands as read, nobody else has judged the same events."""
    update = Expression()
    status, events = update.name("status"), update.name("events")
    had = standing.get("events", 0)
    conditions = [
        f"{status} = {update.value(standing['status'])}",
        f"{events} = {update.value(had)}" if had else f"attribute_not_exists({events})",
        _timeline(update, standing.get("timeline"), change.first),
    ]
    update.sets.append(f"{events} = {update.value(had + 1)}")
    for name, value in change.settled.items():
        update.sets.append(f"{status if name == 'status' else update.name(name)} = {update.value(value)}")
    for name, moved in change.added.items():
        update.add(name, moved)
    return update.update(table, {"PK": standing["PK"], "SK": standing["SK"]}, " AND ".join(conditions))


def _timeline(update: Expression, timeline: Mapping[str, str] | None, first: Mapping[str, str]) -> str:
    """Set first instants one by one, since others set theirs beside ours; the condition that this relies on."""
    name = update.name("timeline")
    if timeline is None:
        update.sets.append(f"{name} = {update.value(dict(first))}")
        return f"attribute_not_exists({name})"
    update.sets += [f"{name}.{update.name(key)} = {update.value(at)}" for key, at in first.items()]
    return f"attribute_exists({name})"


def _correction(table: str, pk: str, seen: Seen) -> Entry:
    update = Expression()
    machine = update.name("machine")
    update.sets.append(f"{machine} = {update.value(True)}")
    update.set("why", seen.why)
    return update.update(table, {"PK": pk, "SK": seen.sort_key}, f"{machine} = {update.value(False)}")


def _counts(table: str, standing: Item, counted: Mapping[str, int]) -> Iterator[Entry]:
    if counted:
        update = Expression()
        for name, moved in counted.items():
            update.add(name, moved)
        key = {"PK": campaign_key(standing["campaign"])["PK"], "SK": count_shard(standing["id"])}
        yield update.update(table, key)

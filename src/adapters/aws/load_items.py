"""A load of the domain in, the attributes of its item in the Scores table out, and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.scores.drop import Arrival, Drop, sortable
from domain.scores.load import FIGURES, LOADING, Load, Place, Progress

Item = Mapping[str, Any]


def first_told(drop: Drop, now: datetime) -> dict[str, str]:
    """What an item says of its file for ever."""
    told = {
        "kind": drop.kind,
        "bucket": drop.arrival.bucket,
        "key": drop.arrival.key,
        "versionId": drop.arrival.version_id,
        "sequencer": drop.arrival.sequencer,
        "droppedAt": sortable(drop.arrival.at),
        "campaignId": drop.campaign,
        "scoredAt": sortable(drop.scored_at),
        "version": drop.version,
        "state": LOADING,
        "startedAt": sortable(now),
    }
    return told | ({"name": drop.name} if drop.name else {})


def drop_of(item: Item) -> Drop:
    return Drop(
        Arrival(
            item["bucket"], item["key"], item["versionId"], item["sequencer"], datetime.fromisoformat(item["droppedAt"])
        ),
        item["kind"],
        item["campaignId"],
        item.get("name"),
        datetime.fromisoformat(item["scoredAt"]),
    )


def written(progress: Progress) -> dict[str, Any]:
    """The attributes that a checkpoint sets."""
    figures = {name: progress.figures.get(name, 0) for name in FIGURES}
    return {**figures, "reasons": dict(progress.reasons), **progress.place._asdict()}


def progress_of(item: Item) -> Progress:
    return Progress(
        {name: item.get(name, 0) for name in FIGURES},
        item.get("reasons", {}),
        Place(*(item.get(name, 0) for name in Place._fields)),
    )


def load_of(item: Item, counted: Item, entries: Item) -> Load:
    """`counted` and `entries` are the items beside the load's own, empty where there are none yet."""
    return Load(
        drop=drop_of(item),
        state=item["state"],
        progress=progress_of(item),
        started_at=datetime.fromisoformat(item["startedAt"]),
        ended_at=_instant(item, "endedAt"),
        why=item.get("why"),
        told="told" in item,
        until=_instant(item, "until"),
        settled_at=_instant(item, "settledAt"),
        settled_as=item.get("settledAs"),
        counted=_numbers(counted),
        entries=_numbers(entries),
    )


def _instant(item: Item, name: str) -> datetime | None:
    return datetime.fromisoformat(item[name]) if name in item else None


def _numbers(item: Item) -> dict[str, int]:
    return {name: value for name, value in item.items() if isinstance(value, int)}

"""The counts of campaigns in the Scores table: read, moved together with a shard's watermark, and repaired."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from adapters.aws import batch_items
from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.transactions import Entry, transact, update
from domain.scores.counting import FIGURES, Counts, Figures, Slice
from domain.scores.keys import counted_row, counts_row, watermark_row
from domain.scores.marks import OUTCOMES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READER = "saved_scores"  # whose watermarks these are
KEPT = timedelta(hours=48)  # a watermark; the stream forgets a record after 24 (AWS)
COUNTED = ("records", "unique", *OUTCOMES)


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one shard: its `watermark`, None before the first; and the `counts` of the campaigns asked for."""

    watermark: str | None
    counts: Mapping[str, Counts]

    @property
    def fences(self) -> dict[str, datetime | None]:
        return {campaign: it.repaired_at for campaign, it in self.counts.items()}


@dataclass(frozen=True, slots=True)
class ScoreCounts:
    """Items `campaign:{id}`: `meta:counts` and `meta:load:{load}:counted`; and `watermark:saved_scores:{shard}` / `meta:watermark`.

    Every method raises Unavailable where the table is out of reach.
    """

    dynamodb: "DynamoDBClient"
    table: str
    backoff: Backoff = PATIENT

    def read(self, campaigns: Collection[str]) -> dict[str, Counts]:
        """Of each campaign asked for, as of now."""
        found = {item["PK"]: item for item in self._items(counts_row(it).attributes() for it in campaigns)}
        return {it: _counts(found.get(counts_row(it).pk, {})) for it in campaigns}

    def standing(self, shard: str, campaigns: Collection[str]) -> Standing:
        mark = watermark_row(READER, shard)
        found = {item["PK"]: item for item in self._items([mark.attributes(), *_keys(campaigns)])}
        counts = {it: _counts(found.get(counts_row(it).pk, {})) for it in campaigns}
        return Standing(found.get(mark.pk, {}).get("seq"), counts)

    def move(self, shard: str, moved: Slice, standing: Standing, watermark: str | None, now: datetime) -> bool:
        """All of the slice together with the watermark, which is at `watermark` so far.

        False, and nothing is done: another delivery has moved the watermark, or a repair has come between. Read again.
        """
        entries: list[tuple[Hashable, Entry]] = [("watermark", self._mark(shard, moved.upto, watermark, now))]
        for campaign, figures in moved.counts.items():
            entries.append((campaign, self._count(campaign, figures, standing.counts[campaign], now)))
        for (campaign, load), reached in moved.loads.items():
            key = counted_row(campaign, load).attributes()
            values: dict[str, Any] = {name: reached.get(name, 0) for name in COUNTED}
            entries.append(
                ((campaign, load), update(self.table, key, f"{_adding(COUNTED)} {AT}", **values, **_at(now)))
            )
        return not transact(self.dynamodb, entries, f"count {shard}", self.backoff)

    def repair(self, campaign: str, figures: Figures, seen: Counts, fence: datetime, now: datetime) -> bool:
        """Set the counts to what was recounted. False, and nothing is done: they have moved since they were `seen`."""
        change = ", ".join(f"#{name} = :{name}" for name in (*FIGURES, "version", "repairs", "repairedAt", "at"))
        told = {"version": seen.version + 1, "repairs": seen.repairs + 1, "repairedAt": fence.isoformat(), **_at(now)}
        conditions, were = _still(version=seen.version, repairs=seen.repairs)
        key = counts_row(campaign).attributes()
        entry = update(self.table, key, f"SET {change}", conditions, **figures.by_name(), **told, **were)
        return not transact(self.dynamodb, [(campaign, entry)], f"repair the counts of {campaign}", self.backoff)

    def _items(self, keys: Iterable[Mapping[str, str]]) -> Iterable[dict[str, Any]]:
        return batch_items.get(self.dynamodb, self.table, keys, consistent=True, backoff=self.backoff)

    def _mark(self, shard: str, upto: str, watermark: str | None, now: datetime) -> Entry:
        condition = "attribute_not_exists(#seq)" if watermark is None else "#seq = :was"
        told: dict[str, Any] = {"seq": upto, "expires": round((now + KEPT).timestamp())}
        was = {} if watermark is None else {"was": watermark}
        key = watermark_row(READER, shard).attributes()
        return update(self.table, key, "SET #seq = :seq, #expiresAt = :expires", condition, **told, **was)

    def _count(self, campaign: str, figures: Figures, seen: Counts, now: datetime) -> Entry:
        condition, were = _still(repairs=seen.repairs)
        change = f"{_adding((*FIGURES, 'version'))} {AT}"
        told = {**figures.by_name(), "version": 1, **_at(now), **were}
        return update(self.table, counts_row(campaign).attributes(), change, condition, **told)


AT = "SET #at = :at"


def _at(now: datetime) -> dict[str, str]:
    return {"at": now.isoformat()}


def _adding(names: Iterable[str]) -> str:
    return "ADD " + ", ".join(f"#{name} :{name}" for name in names)


def _still(**seen: int) -> tuple[str, dict[str, int]]:
    """A condition that counters stand where they were seen, and its values; one that was never written is at zero."""
    parts = [f"#{name} = :was_{name}" if was else f"attribute_not_exists(#{name})" for name, was in seen.items()]
    return " AND ".join(parts), {f"was_{name}": was for name, was in seen.items() if was}


def _keys(campaigns: Iterable[str]) -> list[dict[str, str]]:
    return [counts_row(it).attributes() for it in campaigns]


def _counts(item: Mapping[str, Any]) -> Counts:
    at, repaired = (datetime.fromisoformat(item[name]) if name in item else None for name in ("at", "repairedAt"))
    numbers = {name: int(item.get(name, 0)) for name in (*FIGURES, "version", "repairs")}
    return Counts(**numbers, at=at, repaired_at=repaired)

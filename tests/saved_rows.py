"""Records of the Scores table's stream as Lambda gives them, and what a handler logs and measures of them."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from counting_histories import AT_ONCE, nothing
from memory_table import MemoryTable

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.score_counts import ScoreCounts
from domain.scores.counting import TOUCHED
from domain.scores.keys import Key
from handlers.scores.process_saved_scores import process_saved_scores

AT = 1_795_000_000  # epoch seconds
Row = dict[str, Any]


def saved(
    number: int, new: Row | None, old: Row | None = None, *, pk: str = "fan:1", campaign: str = "a", at: int = AT
) -> dict[str, Any]:
    """One change of a fan's row, both images plain."""
    keys = encode_item({"PK": pk, "SK": f"campaign:{campaign}"})
    images = {"OldImage": old, "NewImage": new}
    told = {"Keys": keys, "SequenceNumber": str(number), "ApproximateCreationDateTime": at}
    return {
        "eventName": "MODIFY" if new and old else "INSERT" if new else "REMOVE",
        "dynamodb": {**told, **{name: {**keys, **encode_item(it)} for name, it in images.items() if it is not None}},
    }


def batch(*records: dict[str, Any], shard: str = "shardId-1") -> dict[str, Any]:
    """As a mapping with a tumbling window has it."""
    window = {"start": "2026-11-20T12:00:00Z", "end": "2026-11-20T12:01:00Z"}
    ends = {"isFinalInvokeForWindow": not records, "isWindowTerminatedEarly": False}
    return {"Records": list(records), "shardId": shard, "state": {}, "window": window, **ends}


@dataclass
class Saving:
    """Counting in a table in memory, where something may happen at the n-th of the next calls."""

    table: MemoryTable = field(default_factory=MemoryTable)

    def handle(self, *records: Any, touched: int = TOUCHED, shard: str = "shardId-1") -> dict[str, Any]:
        counts = ScoreCounts(self.table, "Scores", AT_ONCE)  # type: ignore[arg-type]
        return process_saved_scores(batch(*records, shard=shard), clock, counts=counts, touched=touched)

    def item(self, key: Key) -> Row | None:
        found = self.table.items.get(key)
        return None if found is None else decode_item(found)

    def put(self, key: Key, **attributes: Any) -> None:
        self.table.items[key] = encode_item({**key.attributes(), **attributes})

    def at(self, call: int, side: str, happens: Callable[[], Any]) -> None:
        planned = self.table.calls + call

        def at_call(number: int, at: str) -> None:
            if number >= planned and at.startswith(side):
                self.table.at_call = nothing
                happens()

        self.table.at_call = at_call


def clock() -> datetime:
    return datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass
class Heard:
    """What came meanwhile: the lines of a log, and metrics by name."""

    _log: StringIO = field(default_factory=StringIO)
    _printed: StringIO = field(default_factory=StringIO)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.getvalue().splitlines()]

    @property
    def metrics(self) -> Counter[str]:
        told: Counter[str] = Counter()
        for line in self._printed.getvalue().splitlines():
            document = json.loads(line)
            for name in (it["Name"] for space in document["_aws"]["CloudWatchMetrics"] for it in space["Metrics"]):
                told[name] += sum(document[name])
        return told

    @property
    def everything(self) -> str:
        return self._log.getvalue() + self._printed.getvalue()


@contextmanager
def listening(logger: Any) -> Iterator[Heard]:
    """To one handler's Powertools logger, from INFO on, and to the metrics that it prints."""
    heard, level = Heard(), logger.log_level
    ear = logging.StreamHandler(heard._log)
    ear.setFormatter(logger.registered_formatter)
    logger.addHandler(ear)
    logger.setLevel("INFO")
    try:
        with redirect_stdout(heard._printed):
            yield heard
    finally:
        logger.removeHandler(ear)
        logger.setLevel(level)

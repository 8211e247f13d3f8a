"""What comes by streams in memory: changes of a table that a mapping lets through, and statuses when they have happened."""

import base64
import heapq
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.notifications.instants import moment
from domain.notifications.routing import FILTERS
from sandbox.streams.patterns import compile_pattern


class Filters:
    """The router's mapping: what it lets through is found once for each kind of change that its patterns can tell apart."""

    def __init__(self) -> None:
        self._patterns = [compile_pattern(it) for it in FILTERS]
        self._paths = sorted({path for it in FILTERS for path in paths(it)})
        self._known: dict[tuple[Any, ...], bool] = {}

    def __call__(self, change: Any) -> bool:
        kind = tuple(at(change, path) for path in self._paths)
        if kind not in self._known:
            self._known[kind] = any(wanted(change) for wanted in self._patterns)
        return self._known[kind]


def paths(pattern: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, below in pattern.items():
        yield from paths(below, (*above, name)) if isinstance(below, Mapping) else [(*above, name)]


def at(change: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if type(change) is not dict:
            return None
        change = change.get(name)
    return change


@dataclass
class DatedStatuses:
    """What the SMS service tells, each when it has happened: in the place of its own thread."""

    told: list[tuple[float, int, bytes]] = field(default_factory=list)
    count: int = 0

    def add(self, statuses: Iterable[Mapping[str, Any]]) -> None:
        for it in statuses:
            self.count += 1
            heapq.heappush(self.told, (moment(it["timestamp"]).timestamp(), self.count, json.dumps(it).encode()))

    def due(self, now: float) -> bool:
        return bool(self.told) and self.told[0][0] <= now

    def take(self, now: float, most: int) -> list[dict[str, Any]]:
        """Records of Kinesis."""
        found = []
        while len(found) < most and self.due(now):
            at, number, data = heapq.heappop(self.told)
            kinesis = {
                "data": base64.b64encode(data).decode(),
                "sequenceNumber": str(number),
                "partitionKey": "k",
                "approximateArrivalTimestamp": at,
            }
            found.append(
                {"eventID": f"shardId-000000000000:{number}", "kinesis": kinesis, "eventSource": "aws:kinesis"}
            )
        return found

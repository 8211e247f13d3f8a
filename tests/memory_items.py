"""Items of one DynamoDB table in memory, and of its indexes, in the order of their keys."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Item = dict[str, Any]
Place = tuple[str, str]


@dataclass
class Table:
    """Keys are `PK` and `SK`, texts; `indexes` by name, their partition and sort key, holding all attributes."""

    indexes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    streamed: bool = False
    items: dict[Place, Item] = field(default_factory=dict)
    sorted: dict[tuple[str, str], list[Any]] = field(
        default_factory=lambda: defaultdict(list)
    )  # by index and partition

    def put(self, place: Place, new: Item | None) -> Item | None:
        """Write or remove; what was there."""
        old = self.items.get(place)
        if new is None:
            self.items.pop(place, None)
        else:
            self.items[place] = new
        if (old is None) != (new is None):
            self._move(("", place[0]), (place[1],), gone=new is None)
        for name, keys in self.indexes.items():
            before, after = self._entry(name, keys, place, old), self._entry(name, keys, place, new)
            if before != after:
                for entry, gone in ((before, True), (after, False)):
                    if entry:
                        self._move(*entry, gone=gone)
        return old

    def _entry(self, name: str, keys: tuple[str, str], place: Place, item: Item | None) -> Any:
        if item is None or any(key not in item for key in keys):
            return None
        return (name, item[keys[0]]["S"]), (item[keys[1]]["S"], *place)

    def _move(self, where: tuple[str, str], entry: tuple[str, ...], gone: bool) -> None:
        entries = self.sorted[where]
        if gone:
            del entries[bisect_left(entries, entry)]
        else:
            insort(entries, entry)


def stretch(entries: list[Any], sort: Any, values: Mapping[str, Any]) -> tuple[int, int]:
    """Where those that fit the sort key's condition begin and end."""
    if sort is None:
        return 0, len(entries)
    _, how, asked = sort
    first = values[asked[0]]["S"]
    after = bisect_right(entries, first, key=lambda it: it[0])
    at = bisect_left(entries, first, key=lambda it: it[0])
    match how:
        case "=":
            return at, after
        case "<" | "<=":
            return 0, at if how == "<" else after
        case ">" | ">=":
            return after if how == ">" else at, len(entries)
        case "BETWEEN":
            return at, bisect_right(entries, values[asked[1]]["S"], key=lambda it: it[0])
    assert how == "begins_with", how
    return at, bisect_left(entries, True, lo=at, key=lambda it: not it[0].startswith(first))

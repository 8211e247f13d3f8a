"""What the rows of one chunk say of its fans in, a record a fan out: members of the lowest rank, an event a rank, and the load."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import orjson

from adapters.files.score_rows import embedded
from domain.scores.drop import Drop

Said = tuple[int, str, str, int, int]  # rank; members and event, as JSON has them; the row's number and line


@dataclass(frozen=True, slots=True)
class Fans:
    """What was said first of each fan, and what was said further of some, in the file's order."""

    first: dict[str, Said] = field(default_factory=dict)
    further: dict[str, list[Said]] = field(default_factory=dict)

    def add(self, fan: str, said: Said) -> None:
        if self.first.setdefault(fan, said) is not said:
            self.further.setdefault(fan, []).append(said)

    def ranks(self, fan: str) -> Mapping[int, Said]:
        """Of two rows with the same rank the later one stays."""
        return {said[0]: said for said in (self.first[fan], *self.further.get(fan, ()))}


class Frame:
    """What all records of a load begin and end with."""

    def __init__(self, drop: Drop) -> None:
        at = drop.scored_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        self.meta: dict[str, Any] = {
            "correlation": drop.load,
            "date": at,
            "load": drop.load,
            "version": drop.version,
        }
        self.head = f'{{"campaignId":"{embedded(drop.campaign)}","globalUserId":"'

    def records(self, fans: Fans, part: int) -> Iterator[tuple[str, bytes]]:
        """Fans, as JSON has them, and their records, in the order in which the fans came."""
        head, further = self.head, fans.further
        tail = f',"__meta":{orjson.dumps({**self.meta, "part": part}).decode()}}}'
        for fan, (rank, members, event, _, _) in fans.first.items():
            events = f'"{rank}":{event}'
            if fan in further:
                members, events = _combined(fans.ranks(fan))
            yield fan, f'{head}{members},"events":{{{events}}}{tail}'.encode()


def _combined(ranks: Mapping[int, Said]) -> tuple[str, str]:
    order = sorted(ranks)
    return ranks[order[0]][1], ",".join([f'"{rank}":{ranks[rank][2]}' for rank in order])

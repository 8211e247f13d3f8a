"""What a load and a campaign count in, the sums that must hold among them out: nothing appears from nowhere, nothing is lost."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """`total` must be the sum of `parts`; both by name and figure, for people to read."""

    total: tuple[str, int]
    parts: Mapping[str, int]

    @property
    def holds(self) -> bool:
        return self.total[1] == sum(self.parts.values())

    def __str__(self) -> str:
        name, figure = self.total
        right = " + ".join(f"{part:,} {called}" for called, part in self.parts.items())
        return f"{figure:,} {name} {'=' if self.holds else '≠'} {right}"


def of_load(load: Mapping[str, int], counted: Mapping[str, int]) -> Iterator[Identity]:
    """A load that was read to its end, and what the stream has counted of it. The last one holds once the load is settled."""
    yield _sum(load, "in", "valid", "invalid", "duplicate")
    yield _sum(load, "valid", "out", "failed", "combined")
    yield _sum(counted, "unique", "created", "updated", "unchanged", "superseded")
    yield Identity(("out", load.get("out", 0)), {"counted": counted.get("records", 0)})


def of_entries(entries: Mapping[str, int]) -> Identity:
    """Records of the first rank, by what became of them at the Entry Service; a fan's earlier ones are in `combined`."""
    return _sum(entries, "input", "entries", "combined", "parked", "waiting")


def of_counts(counts: Mapping[str, int]) -> Identity:
    """A campaign's fans, each verified, rejected, or not scored."""
    return _sum(counts, "fans", "verified", "rejected", "unscored")


def _sum(figures: Mapping[str, int], total: str, *parts: str) -> Identity:
    return Identity((total, figures.get(total, 0)), {part: figures.get(part, 0) for part in parts})

"""Records of a change-carrying Kinesis stream -> the same with repeats and out of order, as AWS allows; seeded."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

COPIES = 100  # numbers a record's repeats may take, behind its own digits


@dataclass(frozen=True, slots=True)
class Disorder:
    """How unruly a change stream is: `duplicates` is the share of records sent twice, `shuffle` the records one may move."""

    seed: int = 0
    duplicates: float = 0.0
    shuffle: int = 0

    @property
    def quiet(self) -> bool:
        """Whether everything arrives once and in order."""
        return not self.duplicates and not self.shuffle

    def arrange(self, positions: Sequence[str]) -> list[tuple[str, str]]:
        """What arrives, and under which sequence number: (position, number) pairs, numbers ascending.

        Depends on the seed and the positions only, so a redelivery is as unruly as the first time.
        """
        copies = [(p, copy) for p in positions for copy in range(1 + (self._chance(p, "repeat") < self.duplicates))]
        numbers = [str(int(position) * COPIES + copy) for position, copy in copies]
        places = [
            i + self._chance(position, f"move {copy}") * self.shuffle for i, (position, copy) in enumerate(copies)
        ]
        order = sorted(range(len(copies)), key=places.__getitem__)
        return [(copies[i][0], number) for i, number in zip(order, numbers, strict=True)]

    def _chance(self, position: str, purpose: str) -> float:
        """A number in [0, 1) that belongs to this seed, record and purpose."""
        digest = blake2b(f"{self.seed}/{purpose}/{position}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64

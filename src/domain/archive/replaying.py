"""Records that shall be archived after all in, the parts of a plan out: what the function is told, in the order it works in."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Self

from domain.archive.batch import Arrival
from domain.archive.kinesis import arrived
from domain.archive.parked import Parked
from domain.archive.places import REPLAYS
from domain.errors import Rejected

STEPS_A_PART = 1_000  # as many as the archiver is given at once
BYTES_A_PART = 2_000_000  # what a part's records may take; one record is at most about 800 KB


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record lies until it is settled: its object, and what it is known by in there (`quarantine.digest`)."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Step:
    """One record of a plan. `text` is None for one that shall be dropped; `source`, `number` and `arrived` are where it came from."""

    id: str  # of the change; of a record without one the digest of its text
    at: str  # when the table changed, 27 characters; empty where the record does not say it
    text: str | None
    source: str
    number: str
    arrived: float
    lost: bool  # nobody has judged it yet: if it is rejected, it goes to errors/
    garbled: bool  # the text is what should have been base64
    origins: tuple[Origin, ...]

    def arrival(self, number: str) -> Arrival | Parked:
        """As it is sorted out; `number` names it among its like."""
        return arrival_of(self.text or "", number, self.source, self.arrived, self.garbled)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(**{**document, "origins": tuple(Origin(**origin) for origin in document["origins"])})


@dataclass(frozen=True, slots=True)
class Part:
    """A slice of a plan. `sizes`: how many different records each of its objects had when it was planned."""

    plan: str
    name: str  # its place in the plan, four digits
    steps: tuple[Step, ...]
    sizes: Mapping[str, int]

    @property
    def key(self) -> str:
        return f"{parts_of(self.plan)}{self.name}.json"

    @property
    def source(self) -> str:
        """What the names of its files derive from."""
        return f"replay/{self.plan}/{self.name}"

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "steps": [asdict(step) for step in self.steps], "sizes": dict(self.sizes)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        steps = tuple(Step.from_json(step) for step in document["steps"])
        return cls(document["plan"], document["name"], steps, document["sizes"])

    def emptied(self, settled: Iterable[Step]) -> tuple[list[str], dict[str, set[str]]]:
        """Keys of objects with nothing left in them, and of the others which records are to be taken out."""
        gone: dict[str, set[str]] = {}
        for step in settled:
            for origin in step.origins:
                gone.setdefault(origin.key, set()).add(origin.digest)
        whole = [key for key, digests in gone.items() if len(digests) == self.sizes[key]]
        return whole, {key: digests for key, digests in gone.items() if key not in set(whole)}


def arrival_of(text: str, number: str, source: str, arrived_at: float, garbled: bool) -> Arrival | Parked:
    """A record's text as a record of `source`."""
    if not garbled:
        return Arrival(number, text.encode("utf-8", "surrogatepass"), arrived_at)
    record = {"data": text, "sequenceNumber": number, "approximateArrivalTimestamp": arrived_at}
    [parked] = arrived([{"eventID": f"{source}:{number}", "kinesis": record}])
    return parked


def plan_key(plan: str) -> str:
    return f"{REPLAYS}{plan}.json"


def plan_in(key: str) -> str:
    """Rejected: it is no plan's key."""
    plan = key.removeprefix(REPLAYS).removesuffix(".json")
    if key != plan_key(plan) or not plan.isalnum():
        raise Rejected(f"{key} is no plan of a replay")
    return plan


def parts_of(plan: str) -> str:
    """Below this the parts lie that are still to be done."""
    return f"{REPLAYS}{plan}/"


def plan_id(steps: Sequence[Step]) -> str:
    """Equal plans are one."""
    content = json.dumps([asdict(step) for step in steps], sort_keys=True, separators=(",", ":"))
    return sha256(content.encode()).hexdigest()[:32]


def parts(steps: Sequence[Step], sizes: Mapping[str, int]) -> list[Part]:
    """The steps, in order, in slices that one invocation takes in hand at a time."""
    plan = plan_id(steps)
    return [
        Part(
            plan,
            f"{number:04}",
            tuple(some),
            {origin.key: sizes[origin.key] for step in some for origin in step.origins},
        )
        for number, some in enumerate(_slices(steps))
    ]


def _slices(steps: Iterable[Step]) -> Iterator[list[Step]]:
    some: list[Step] = []
    taken = 0
    for step in steps:
        size = len(step.text or "")
        if some and (len(some) == STEPS_A_PART or taken + size > BYTES_A_PART):
            yield some
            some, taken = [], 0
        some.append(step)
        taken += size
    if some:
        yield some

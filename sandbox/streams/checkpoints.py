"""What a mapping remembers of a shard, kept in memory or in a JSON file, so that a restarted dispatcher goes on."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Stamp:
    """The arrival time (ISO 8601) given to the records from position `first` to `last`."""

    first: str
    last: str
    at: str


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A tumbling window in progress: its start (ISO 8601) and the state the function returned last."""

    start: str
    state: Mapping[str, Any]
    overfull: bool = False


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything up to and including position `after` is finished; None is the shard's beginning."""

    after: str | None = None
    ended: bool = False
    window: OpenWindow | None = None
    stamps: tuple[Stamp, ...] = ()


class Checkpoints(Protocol):
    """Where checkpoints are kept."""

    def load(self, mapping: str, shard: str) -> Checkpoint | None: ...

    def save(self, mapping: str, shard: str, checkpoint: Checkpoint) -> None: ...


@dataclass(slots=True)
class MemoryCheckpoints:
    """Checkpoints that outlive a dispatcher, not the program."""

    kept: dict[tuple[str, str], Checkpoint] = field(default_factory=dict)

    def load(self, mapping: str, shard: str) -> Checkpoint | None:
        return self.kept.get((mapping, shard))

    def save(self, mapping: str, shard: str, checkpoint: Checkpoint) -> None:
        self.kept[mapping, shard] = checkpoint


@dataclass(slots=True)
class FileCheckpoints:
    """Checkpoints in one JSON file, replaced whole with every save."""

    path: Path
    _kept: dict[str, dict[str, Any]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        if self.path.exists():
            self._kept = json.loads(self.path.read_text())

    def load(self, mapping: str, shard: str) -> Checkpoint | None:
        stored = self._kept.get(f"{mapping}/{shard}")
        if stored is None:
            return None
        window = OpenWindow(**stored["window"]) if stored["window"] else None
        return Checkpoint(stored["after"], stored["ended"], window, tuple(Stamp(**s) for s in stored["stamps"]))

    def save(self, mapping: str, shard: str, checkpoint: Checkpoint) -> None:
        self._kept[f"{mapping}/{shard}"] = asdict(checkpoint)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self._kept, separators=(",", ":")))
        fresh.replace(self.path)


class Crashed(Exception):
    """The dispatcher died here, on purpose."""


@dataclass(slots=True)
class CrashingCheckpoints:
    """A store that dies instead of keeping the `survives + 1`-th move: after the function answered, before it counted."""

    inner: Checkpoints
    survives: int = 0

    def load(self, mapping: str, shard: str) -> Checkpoint | None:
        return self.inner.load(mapping, shard)

    def save(self, mapping: str, shard: str, checkpoint: Checkpoint) -> None:
        """Raises Crashed when the allowed number of moves is used up; saves that move nothing always pass."""
        before = self.inner.load(mapping, shard) or Checkpoint()
        if (before.after, before.window) != (checkpoint.after, checkpoint.window):
            if not self.survives:
                raise Crashed(f"before checkpoint {checkpoint.after} of {shard} was kept")
            self.survives -= 1
        self.inner.save(mapping, shard, checkpoint)

"""One stream record as a function will see it, with what the dispatcher has to know of it besides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """A record on its way from a shard to a function.

    `position` is the source's own sequence number, the one a checkpoint names; `number` is the one the function sees and
    reports as failed (they differ only where repeats are injected); records of one `lane_key` are kept in order;
    `arrived` is the stream's arrival time, `seen` the moment we read it; `size` is its JSON in bytes.
    """

    position: str
    number: str
    lane_key: str
    arrived: datetime
    seen: datetime
    event: Mapping[str, Any]
    size: int

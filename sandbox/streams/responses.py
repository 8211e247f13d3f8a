"""What a function answered to a batch -> the outcome of the batch, by Lambda's rules of partial responses."""

import json
from collections.abc import Mapping as Response
from dataclasses import dataclass
from typing import Any

from sandbox.streams.mapping import Mapping
from sandbox.streams.record import Record

MAX_STATE_BYTES = 1024 * 1024  # of one tumbling window and shard


@dataclass(frozen=True, slots=True)
class Invocation:
    """A function's answer: its response, or the name of the error it ended with."""

    response: Any = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The whole batch is done; `state` is what the window goes on with."""

    state: Response[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class FailedFrom:
    """The records before `index` are done, those from it on are not."""

    index: int
    state: Response[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing of the batch is done; `error` is None where the function answered, but not usably."""

    error: str | None = None


@dataclass(frozen=True, slots=True)
class NotInvoked:
    """The function was not reached (throttled): nothing has happened and no retry is used up."""


Outcome = Done | FailedFrom | Failed | NotInvoked


def outcome_of(invocation: Invocation, records: tuple[Record, ...], mapping: Mapping) -> Outcome:
    """Read the answer to `records`. With a tumbling window a response without a `state` object is a failure."""
    if invocation.error is not None:
        return Failed(invocation.error)
    state = None
    if mapping.tumbling_window:
        state = invocation.response.get("state") if isinstance(invocation.response, dict) else None
        if not isinstance(state, dict):
            return Failed()
    if not mapping.partial_response:
        return Done(state)
    first = _first_failed(invocation.response, [record.number for record in records])
    if first is None:
        return Failed()
    return Done(state) if first == len(records) else FailedFrom(first, state)


def state_is_too_large(state: Response[str, Any]) -> bool:
    """Whether Lambda would end the window early for it."""
    return len(json.dumps(state, separators=(",", ":")).encode()) > MAX_STATE_BYTES


def _first_failed(response: Any, numbers: list[str]) -> int | None:
    """Index of the first failed record, the length of the batch where none failed, None where the answer is unusable."""
    if response is None or response == {}:
        return len(numbers)
    if not isinstance(response, dict):
        return None
    failures = response.get("batchItemFailures")
    if failures is None or failures == []:
        return len(numbers)
    if not isinstance(failures, list):
        return None
    named = [str(item.get("itemIdentifier")) if isinstance(item, dict) else "" for item in failures]
    return min(numbers.index(name) for name in named) if all(name in numbers for name in named) else None

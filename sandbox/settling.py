"""An embedded AWS and a stream dispatcher in; nothing under way there any more out."""

import json
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sandbox.ministack import Ministack
from sandbox.streams import Dispatcher
from sandbox.timeline import HurriedClock

BUSY = "/_ministack/busy"  # as `embedded` answers it
PAUSE = 0.03  # seconds between two looks
LONGEST = 300.0
SURE = 2  # quiet looks in a row: what passes from one place to the next may be in neither at one look


class NotSettled(RuntimeError):
    """Something is still under way after a long time; the message says what."""


@dataclass
class Settling:
    """Waits for what follows by itself from what was done: calls of functions, queues that feed them, streams, events.

    Batching windows and retries of streams are not waited for: their clock is moved.
    """

    aws: Ministack
    streams: Dispatcher
    clock: HurriedClock  # of the dispatcher
    _sqs: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._sqs = self.aws.client("sqs")

    def settle(self) -> None:
        """Return when all is quiet. A message that waits for its next delivery counts as quiet. Raises NotSettled."""
        give_up, quiet = time.monotonic() + LONGEST, 0
        while quiet < SURE:
            if time.monotonic() > give_up:
                raise NotSettled(f"after {LONGEST:.0f} s there is still {self._under_way()}")
            self.streams.drain()
            if held_back := self.streams.wakes():
                self.clock.hurry_to(held_back)
            quiet = 0 if held_back or any(self._under_way().values()) else quiet + 1
            time.sleep(PAUSE)

    def _under_way(self) -> dict[str, int]:
        """Counts, by what it is; calls are counted on both sides of the queues that they fill and empty."""
        before = self._calls()
        waiting = sum(map(self._waiting, self._queues))
        return {"calls": before + self._calls(), "messages": waiting}

    def _calls(self) -> int:
        with urllib.request.urlopen(f"{self.aws.endpoint}{BUSY}", timeout=30) as answer:  # noqa: S310  our own address
            return sum(json.load(answer).values())

    def _waiting(self, queue: str) -> int:
        name = "ApproximateNumberOfMessages"
        return int(self._sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"][name])

    @cached_property
    def _queues(self) -> Sequence[str]:
        """Those that feed functions."""
        mappings = self.aws.client("lambda").get_paginator("list_event_source_mappings").paginate()
        arns = {mapping["EventSourceArn"] for page in mappings for mapping in page["EventSourceMappings"]}
        names = [arn.rsplit(":", 1)[1] for arn in sorted(arns) if arn.split(":")[2] == "sqs"]
        return [self._sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in names]

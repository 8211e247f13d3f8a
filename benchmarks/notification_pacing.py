"""How texts of many workers keep to one rate, on a virtual clock: the most within any second, and the least that a minute used of it."""

import random
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

from botocore.exceptions import ClientError

from adapters.aws.rate_window import RateWindow
from benchmarks.result import Line
from sandbox.virtual_workers import VirtualTime

RATE, WORKERS, MINUTES = 100, 20, 3
SLICE, TWO_PARTS = 16, 0.3  # texts of a slice, and the share of them that take two parts
SKEW = 0.003  # seconds that workers' clocks differ by
CLAIMING, CALLING, RECORDING = 0.02, 0.08, 0.03  # seconds of a slice
Call = tuple[float, int]  # its instant and its parts


def measure() -> list[Line]:
    ours, peer = calls(paced), calls(bucketed)
    used, theirs = least_used(ours), least_used(peer)
    return [
        Line(
            f"reminders: most parts in a second, {WORKERS} workers at {RATE}/s; a bucket that refills",
            "parts",
            peak(ours),
            peak(peer),
            peak(ours) / RATE,
            1,
            below=True,
        ),
        Line("reminders: of the rate, what the worst minute used", "%", used * 100, theirs * 100, used, 0.95),
    ]


def check() -> None:
    """The rate holds for a minute."""
    assert peak(calls(paced, minutes=1)) <= RATE


def calls(work: Callable[["Shift", float], None], minutes: float = MINUTES) -> list[Call]:
    """Of all workers, who have more to send than there is time for."""
    time = VirtualTime(1_000_000_000)
    shift, chance = Shift(time), random.Random(1)
    time.spawn(time.stop, time.now() + 60 * minutes + 5)
    for _ in range(WORKERS):
        time.spawn(partial(work, shift, chance.uniform(-SKEW, SKEW)), time.now() + chance.random())
    time.run()
    return shift.calls


@dataclass
class Shift:
    """What workers share."""

    time: VirtualTime
    calls: list[Call] = field(default_factory=list)
    item: "OneItem" = field(default_factory=lambda: OneItem())
    chance: random.Random = field(default_factory=lambda: random.Random(2))
    tokens: float = RATE
    filled: float = 0.0

    def slice(self) -> list[int]:
        """Parts of its texts."""
        return [2 if self.chance.random() < TWO_PARTS else 1 for _ in range(SLICE)]

    def send(self, parts: int) -> None:
        self.calls.append((self.time.now(), parts))
        self.time.sleep(CALLING + RECORDING)


def paced(shift: Shift, skew: float) -> None:
    """As `notification_send` does it: a grant, the claims, the instant, the calls."""
    item: Any = shift.item
    window = RateWindow(item, "state", "sms", clock=lambda: shift.time.now() + skew, sleep=shift.time.sleep)
    left = shift.slice()
    while True:
        grant = window.book(sum(left), RATE, least=left[0])
        if grant is None:
            continue
        room, sent = grant.count, 0
        while left and left[0] <= room:
            room, sent = room - left[0], sent + left.pop(0)
        shift.time.sleep(CLAIMING)
        if window.wait(grant):
            shift.send(sent)
        left = left or shift.slice()


def bucketed(shift: Shift, skew: float) -> None:
    """A bucket of a second's worth of tokens that refills: the usual way."""
    while True:
        wanted, now = sum(shift.slice()), shift.time.now()
        shift.tokens = min(RATE, shift.tokens + (now - (shift.filled or now)) * RATE)
        shift.filled = now
        if wanted > shift.tokens:
            shift.time.sleep((wanted - shift.tokens) / RATE + 0.001)
            continue
        shift.tokens -= wanted
        shift.time.sleep(CLAIMING)
        shift.send(wanted)


def peak(calls: list[Call]) -> int:
    """The most parts within any one second."""
    ordered = sorted(calls)
    instants, sums = [at for at, _ in ordered], [0]
    for _, parts in ordered:
        sums.append(sums[-1] + parts)
    return max(sums[n] - sums[bisect_right(instants, at - 1.0)] for n, at in enumerate(instants, 1))


def least_used(calls: list[Call], seconds: int = 60) -> float:
    """The share of the rate that the worst full minute after the first second used."""
    begin = min(calls)[0] + 1
    minutes = [begin + seconds * number for number in range(MINUTES)]
    return min(sum(parts for at, parts in calls if it <= at < it + seconds) for it in minutes) / (seconds * RATE)


@dataclass
class OneItem:
    """DynamoDB, as far as a window needs it: one item, written if its `rev` is what it was."""

    item: dict[str, Any] = field(default_factory=dict)
    writes: Any = field(default_factory=count)

    def get_item(self, **_: Any) -> Any:
        return {"Item": self.item} if self.item else {}

    def put_item(self, Item: dict[str, Any], ExpressionAttributeValues: Any = None, **_: Any) -> None:
        if self.item.get("rev") != (ExpressionAttributeValues or {}).get(":rev"):
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "PutItem")
        self.item = Item


if __name__ == "__main__":
    for line in measure():
        print(*line.cells(), sep=" | ")

"""SQS in memory, on a clock of one's own: messages in, at least once and when they are due out; and what Lambda does with them."""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

from sandbox.virtual_workers import VirtualTime

LONG_POLL = 1.0  # seconds; Lambda's own is longer, and ends when a message comes
Record = dict[str, Any]
Function = Callable[[Sequence[Record]], Mapping[str, Any]]


class Died(BaseException):
    """A function's process ended: nobody knows how far it came."""


@dataclass
class Message:
    id: str
    body: str
    attributes: dict[str, Any]
    sent: float
    receives: int = 0
    turn: int = 0  # counts its appearances: an older one is none
    gone: bool = False


@dataclass
class MemoryQueue:
    """A standard queue. `sent` counts all messages that ever came; each `doubled`-th comes twice."""

    clock: Callable[[], float]
    doubled: int = 0
    sent: int = 0
    most_receives: int = 0
    _due: list[tuple[float, int, int, Message]] = field(default_factory=list)
    _held: dict[str, Message] = field(default_factory=dict)
    _number: Any = field(default_factory=lambda: count(1))

    def send(self, body: str, attributes: dict[str, Any], delay: float) -> None:
        self.sent += 1
        if self.doubled and self.sent % self.doubled == 0:
            self._appear(Message(f"m-{self.sent}-again", body, attributes, self.clock()), self.clock() + delay + 1)
        self._appear(Message(f"m-{self.sent}", body, attributes, self.clock()), self.clock() + delay)

    def receive(self, most: int, visibility: float) -> list[Record]:
        """As Lambda is handed them."""
        found: list[Record] = []
        while len(found) < most and (message := self._next()):
            message.receives += 1
            self.most_receives = max(self.most_receives, message.receives)
            self._appear(message, self.clock() + visibility)
            receipt = f"{message.id}/{message.receives}"
            self._held[receipt] = message
            found.append(_record(message, receipt))
        return found

    def waiting(self, most: int | None = None) -> int:
        """How many can be received now; counting ends at `most`."""
        now = self.clock()
        return sum(1 for _ in islice((it for it in self._due if it[0] <= now and not self._stale(it)), most))

    def delayed(self) -> int:
        now = self.clock()
        return sum(it[0] > now and not self._stale(it) for it in self._due)

    def due(self) -> float | None:
        """When the next message can be received."""
        while self._due and self._stale(self._due[0]):
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def delete(self, receipt: str) -> None:
        self._held.pop(receipt).gone = True

    def change(self, receipt: str, seconds: float) -> None:
        self._appear(self._held[receipt], self.clock() + seconds)

    def _next(self) -> Message | None:
        at = self.due()
        return heapq.heappop(self._due)[3] if at is not None and at <= self.clock() else None

    def _appear(self, message: Message, at: float) -> None:
        message.turn += 1
        heapq.heappush(self._due, (at, next(self._number), message.turn, message))

    def _stale(self, entry: tuple[float, int, int, Message]) -> bool:
        return entry[3].gone or entry[2] != entry[3].turn


@dataclass(frozen=True)
class MemorySqs:
    """A client of some queues, by URL."""

    queues: Mapping[str, MemoryQueue]

    def send_message_batch(self, QueueUrl: str, Entries: Sequence[Mapping[str, Any]]) -> Any:
        assert len(Entries) <= 10
        for entry in Entries:
            delay = entry.get("DelaySeconds", 0)
            assert 0 <= delay <= 900
            self.queues[QueueUrl].send(entry["MessageBody"], dict(entry.get("MessageAttributes", {})), delay)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries], "Failed": []}

    def change_message_visibility(self, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:
        self.queues[QueueUrl].change(ReceiptHandle, VisibilityTimeout)

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: Sequence[str]) -> Any:
        queue = self.queues[QueueUrl]
        told = {"ApproximateNumberOfMessages": queue.waiting(), "ApproximateNumberOfMessagesDelayed": queue.delayed()}
        return {"Attributes": {name: str(told[name]) for name in AttributeNames}}


@dataclass(frozen=True)
class Poller:
    """One of the places in which Lambda handles messages of a queue. `window` as the mapping's; all in seconds."""

    time: VirtualTime
    queue: MemoryQueue
    function: Function
    batch: int
    visibility: float
    window: float = 0.0

    def __call__(self) -> None:
        while True:
            if nothing := self._nothing():
                self.time.sleep(nothing, self._nothing)
            if self.window and self.queue.waiting(self.batch) < self.batch:
                self.time.sleep(self.window)
            self.handle(self.queue.receive(self.batch, self.visibility))

    def _nothing(self) -> float:
        """For how many seconds there is nothing to do."""
        due = self.queue.due()
        return LONG_POLL if due is None else min(LONG_POLL, max(0.0, due - self.time.now()))

    def handle(self, records: Sequence[Record]) -> None:
        if not records:
            return
        try:
            answer = self.function(records)
        except Died:
            return
        failed = {it["itemIdentifier"] for it in answer.get("batchItemFailures", ())}
        for record in records:
            if record["messageId"] not in failed:
                self.queue.delete(record["receiptHandle"])


def _record(message: Message, receipt: str) -> Record:
    told = {
        name: {"dataType": it["DataType"], "stringValue": it["StringValue"]} for name, it in message.attributes.items()
    }
    return {
        "messageId": message.id,
        "receiptHandle": receipt,
        "body": message.body,
        "attributes": {
            "SentTimestamp": str(round(message.sent * 1000)),
            "ApproximateReceiveCount": str(message.receives),
        },
        "messageAttributes": told,
        "eventSource": "aws:sqs",
    }

"""Accepted texts in, what becomes of them out, told in order by a thread of its own, so that no call waits for it."""

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from domain.notifications.instants import iso

Status = Mapping[str, Any]
Tell = Callable[[Sequence[Status]], object]
A_CALL = 500  # records of one PutRecords
STEPS = {
    "queued": 0.2,
    "sent": 1.0,
    "delivered": 4.0,
    "failed": 6.0,
}  # seconds after the call, by the clock of the stand-in


def life_of(message: Mapping[str, Any], at: float, delivered: bool) -> list[dict[str, Any]]:
    """The statuses of an accepted text in their order; `at` in epoch seconds."""
    ends = "delivered" if delivered else "failed"
    told = [_status(message, name, at) for name in ("queued", "sent", ends)]
    if not delivered:
        told[-1]["error"] = {"code": "30003", "detail": "Unreachable destination handset"}
    return told


def stop_from(number: str, at: float, word: str = "STOP") -> dict[str, Any]:
    """What a fan has answered."""
    return {"type": "inbound", "from": number, "text": word, "timestamp": _iso(at)}


def to_stream(kinesis: Any, stream: str) -> Tell:
    """Put statuses in a Kinesis stream, those of one text in their order."""

    def tell(statuses: Sequence[Status]) -> None:
        records = [
            {"Data": orjson.dumps(it), "PartitionKey": str(it.get("messageId") or it["from"])} for it in statuses
        ]
        for begin in range(0, len(records), A_CALL):
            _put(kinesis, stream, records[begin : begin + A_CALL])

    return tell


def _put(kinesis: Any, stream: str, records: list[dict[str, Any]]) -> None:
    """Those turned away go again, with all after them, so that none overtakes another."""
    while records:
        answer = kinesis.put_records(StreamName=stream, Records=records)
        failed = [place for place, it in enumerate(answer["Records"]) if it.get("ErrorCode")]
        records = records[failed[0] :] if failed else []


class Teller:
    """Tells what it is given, a batch at a time. `drain` waits until all has been told."""

    def __init__(self, tell: Tell | None) -> None:
        self.tell = tell
        self._waiting: queue.SimpleQueue[Status | None] = queue.SimpleQueue()
        self._open = 0
        self._idle = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """After what waits has been told."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join(timeout=10)

    def add(self, statuses: Sequence[Status]) -> None:
        if self.tell is None:
            return
        with self._idle:
            self._open += len(statuses)
        for it in statuses:
            self._waiting.put(it)

    def drain(self, seconds: float = 30.0) -> bool:
        with self._idle:
            return self._idle.wait_for(lambda: self._open == 0, seconds)

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            while len(batch) < A_CALL and not self._waiting.empty():
                if (more := self._waiting.get()) is None:
                    self._waiting.put(None)
                    break
                batch.append(more)
            self._tell(batch)

    def _tell(self, batch: Sequence[Status]) -> None:
        assert self.tell is not None
        try:
            self.tell(batch)
        finally:
            with self._idle:
                self._open -= len(batch)
                self._idle.notify_all()


def _status(message: Mapping[str, Any], name: str, at: float) -> dict[str, Any]:
    about = {key: message[key] for key in ("messageId", "groupId", "appId", "appMetadata")}
    return {**about, "status": name, "timestamp": _iso(at + STEPS[name])}


def _iso(at: float) -> str:
    return iso(datetime.fromtimestamp(0, UTC) + timedelta(seconds=at))

"""Events in, published in order by a thread of its own, with what the faults of the bus do to them."""

import queue
import threading
from dataclasses import dataclass, field

from sandbox.ses.events import Event, EventFaults, Publish


@dataclass
class Bus:
    """`published` is all that went out, copies included; without a publisher it is only kept."""

    publish: Publish | None
    faults: EventFaults
    published: list[Event] = field(default_factory=list)
    _held: list[Event] = field(default_factory=list)
    _waiting: "queue.SimpleQueue[list[Event] | None]" = field(default_factory=queue.SimpleQueue)
    _open: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Publish what waits, then no more."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join(timeout=5.0)

    def put(self, events: list[Event]) -> None:
        now, later = self.faults.suffer(events)
        with self._changed:
            self._held += later
        self._send(now)

    def release(self) -> int:
        """Publish what was held back; how many."""
        with self._changed:
            held, self._held = self._held, []
        self._send(held)
        return len(held)

    def drain(self, timeout: float = 30.0) -> bool:
        """Wait until all that was not held back has been published."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open == 0, timeout)

    def _send(self, events: list[Event]) -> None:
        if events:
            with self._changed:
                self._open += 1
            self._waiting.put(events)

    def _work(self) -> None:
        while (events := self._waiting.get()) is not None:
            try:
                if self.publish is not None:
                    self.publish(events)
            finally:  # a publisher that fails ends this thread, but leaves nobody waiting
                with self._changed:
                    self.published += events
                    self._open -= 1
                    self._changed.notify_all()

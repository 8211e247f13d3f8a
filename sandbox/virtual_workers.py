"""Many workers on one virtual clock: each runs until it sleeps, then whoever wakes first goes on; a half hour passes in seconds."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from threading import Lock, Semaphore, Thread
from typing import Any


class Over(BaseException):
    """The time is over: whoever sleeps is woken to end."""


def _held() -> Any:
    lock = Lock()
    lock.acquire()
    return lock


@dataclass
class _Task:
    """`turn`: held while it is another's; a bare lock, for it changes hands many thousand times."""

    work: Callable[[], Any]
    turn: Any = field(default_factory=_held)
    thread: Thread | None = None
    idle: Callable[[], float] | None = None


class VirtualTime:
    """`now()` in epoch seconds. Workers are threads, of which one alone runs at a time; what they do between two sleeps takes no time."""

    def __init__(self, start: float) -> None:
        self._now = start
        self._waiting: list[tuple[float, int, _Task]] = []
        self._number, self._ended = count(), Semaphore(0)
        self._running: _Task | None = None
        self._over = False
        self._error: BaseException | None = None

    def now(self) -> float:
        return self._now

    def spawn(self, work: Callable[[], Any], at: float | None = None) -> None:
        """Begin it then, or now."""
        self._wait(self._now if at is None else at, _Task(work))

    def sleep(self, seconds: float, idle: Callable[[], float] | None = None) -> None:
        """`idle` is asked whenever it would wake: for how many seconds it would only sleep again. It spares waking a thread for that."""
        task = self._running
        assert task is not None, "only workers sleep"
        task.idle = idle
        self._wait(self._now + max(0.0, seconds), task)
        self._hand_over()
        task.turn.acquire()
        if self._over:
            raise Over

    def run(self) -> None:
        """Until all have ended, somebody called `stop`, or one has failed: then its error is raised."""
        self._hand_over()
        self._ended.acquire()
        self._over = True
        for _, _, task in self._waiting:
            if task.thread:
                task.turn.release()
                task.thread.join()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """No worker goes on after this one."""
        raise Over

    def _wait(self, until: float, task: _Task) -> None:
        heapq.heappush(self._waiting, (until, next(self._number), task))

    def _hand_over(self) -> None:
        if not self._waiting:
            self._ended.release()
            return
        self._now, _, task = heapq.heappop(self._waiting)
        while task.idle and (more := task.idle()):
            self._wait(self._now + more, task)
            self._now, _, task = heapq.heappop(self._waiting)
        self._running = task
        if task.thread is None:
            task.thread = Thread(target=self._work, args=(task,), daemon=True)
            task.thread.start()
        else:
            task.turn.release()

    def _work(self, task: _Task) -> None:
        try:
            task.work()
        except BaseException as error:  # noqa: BLE001 - whoever called `run` gets it
            if not self._over:
                self._error = None if isinstance(error, Over) else error
                self._ended.release()
        else:
            self._hand_over()

"""Calls to one service in, its circuit breaker's verdict out: the breaker as the threads of a process share it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from domain.errors import Rejected, Unavailable
from domain.solicitation.breaker import Breaker


class Open(Unavailable):
    """The breaker is open: no call was made, and none need be tried for a while."""


@dataclass
class Fuse:
    """One breaker for as long as the process lives. `clock`: seconds that never go back."""

    clock: Callable[[], float] = time.monotonic
    breaker: Breaker = field(default_factory=Breaker)
    lock: Lock = field(default_factory=Lock)

    @contextmanager
    def call(self, doing: str) -> Iterator[None]:
        """Count the outcome of the call inside: Unavailable is an error of the service, Rejected is not. Open: it must not be made."""
        with self.lock:
            admitted = self.breaker.admit(self.clock())
            if admitted is None:
                raise Open(f"{doing}: circuit breaker is open")
            self.breaker = admitted
        try:
            yield
        except Unavailable:
            with self.lock:
                self.breaker = self.breaker.failed(self.clock())
            raise
        except Rejected:
            self._answered()
            raise
        self._answered()

    def _answered(self) -> None:
        with self.lock:
            self.breaker = self.breaker.answered()
